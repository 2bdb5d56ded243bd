//! What a stranger makes of docs/WIRE.md: a client, and attackers.
//!
//! Nothing here is shared with the product, and nothing was taken from it but that document: that this client is served
//! shows that the document suffices, and what the attackers send is what others would send. Attacks are bounded in
//! time, in numbers and in what they take of the processor, and go to the replicas of one descriptor only, which must
//! be marked as a development cluster's.

mod attack;
mod channel;
mod client;
mod codec;
mod descriptor;
mod digest;
mod folder;
mod frame;
mod kv;
mod line;
mod pace;
mod reply;
mod request;
mod status;
mod tls;

use attack::{Attack, Bounds};
use clap::{Parser, Subcommand, ValueEnum};
use client::Client;
use folder::Folder;
use kv::Answer;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// A client of synod that was written from its document, and attackers.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a key, and believe it when f+1 replicas say so.
    Put {
        /// The client's folder.
        #[arg(long)]
        dir: PathBuf,
        /// Which key.
        key: String,
        /// What it shall hold.
        value: String,
    },
    /// Read a key.
    Get {
        /// The client's folder.
        #[arg(long)]
        dir: PathBuf,
        /// Which key.
        key: String,
    },
    /// Ask a replica how it is.
    Status {
        /// The client's folder.
        #[arg(long)]
        dir: PathBuf,
        /// Which replica, counted from 0.
        replica: usize,
    },
    /// Do what no correct client does, for a while, and report as JSON what came of it.
    Attack {
        /// How.
        attack: Attack,
        /// The folder of a client of a development cluster.
        #[arg(long)]
        dir: PathBuf,
        /// For how long.
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
        seconds: u64,
        /// Hundredths of one core that the attacker itself takes, at most.
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
        processor: u32,
    },
    /// List the attacks, one in a line: its name, what part of its rate an honest client must keep, and why.
    Attacks,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("synod-hostile: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> io::Result<()> {
    match command {
        Command::Put { dir, key, value } => {
            let answer = call(&dir, &kv::put(key.as_bytes(), value.as_bytes()))?;
            writeln!(io::stdout(), "{answer:?}")
        }
        Command::Get { dir, key } => match call(&dir, &kv::get(key.as_bytes()))? {
            Answer::Value { entry: Some(entry), .. } => io::stdout().write_all(&entry.value),
            answer => Err(io::Error::other(format!("{answer:?}"))),
        },
        Command::Status { dir, replica } => {
            let status = runtime()?.block_on(status::ask(&Folder::open(&dir)?, replica))?;
            writeln!(io::stdout(), "{status:?}")
        }
        Command::Attack { attack, dir, seconds, processor } => {
            let folder = Arc::new(Folder::open(&dir)?);
            folder.descriptor.check_that_it_may_be_attacked()?;
            let bounds = Bounds { time: Duration::from_secs(seconds), processor: f64::from(processor) / 100.0 };
            let report = runtime()?.block_on(attack::run(attack, folder, bounds))?;
            writeln!(io::stdout(), "{report}")
        }
        Command::Attacks => Attack::value_variants().iter().try_for_each(|attack| {
            let (rate, why) = attack.rate_kept();
            writeln!(io::stdout(), "{}\t{rate}\t{why}", attack.name())
        }),
    }
}

/// One thread: what it takes of the processor is what the whole attacker takes.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn call(dir: &std::path::Path, operation: &[u8]) -> io::Result<Answer> {
    let folder = Arc::new(Folder::open(dir)?);
    runtime()?.block_on(async {
        let mut client = Client::connect(folder, client::new_session()).await;
        let results = client.call(&[operation.to_vec()]).await?;
        match results.as_slice() {
            [result] => Answer::decode(result),
            _ => Err(io::Error::other("one operation, and not one result")),
        }
    })
}

#[cfg(test)]
mod tests;
