//! The `synod` command: makes, runs, uses and demonstrates clusters.
//!
//! Results go to standard output, everything else to standard error; the process ends with one of the codes of
//! [`failure::Cause`], also when the command line makes no sense or an invariant of our own is broken.

mod attacks;
mod bench;
mod cli;
mod demo;
mod failure;
mod genesis;
mod interrupts;
mod kv;
mod latencies;
mod logging;
mod output;
mod requests;
mod session;
mod sim;
mod start;
mod status;

use clap::Parser;
use cli::{Cli, Command, LogFormat};
use failure::{Cause, Failure};
use std::process::{self, ExitCode};

/// Replicas and clients live on small allocations that pass from thread to thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    end_on_panic();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { Cause::Usage.code() } else { 0 };
            // Nobody is left to be told if this cannot be printed.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match run(&cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(message) = failure.message() {
                eprintln!("error: {message}");
            }
            ExitCode::from(failure.cause().code())
        }
    }
}

fn run(command: &Command) -> Result<(), Failure> {
    match command {
        // It has a format to choose, and is worth listening to.
        Command::Start(_) => {}
        Command::Attacks(_)
        | Command::Bench(_)
        | Command::Demo(_)
        | Command::Genesis(_)
        | Command::Kv(_)
        | Command::Sim(_)
        | Command::Status(_) => {
            logging::start(LogFormat::Text, "off")?;
        }
    }
    match command {
        Command::Attacks(arguments) => attacks::run(arguments),
        Command::Bench(arguments) => bench::run(arguments),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Genesis(command) => genesis::run(command),
        Command::Start(arguments) => start::run(arguments),
        Command::Kv(arguments) => kv::run(arguments),
        Command::Sim(arguments) => sim::run(arguments),
        Command::Status(arguments) => status::run(arguments),
    }
}

/// A panic anywhere is our own broken invariant: the whole process ends, with the code for it.
fn end_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        eprintln!("error: this is a defect of synod, please report it together with the lines above");
        process::exit(i32::from(Cause::Internal.code()));
    }));
}
