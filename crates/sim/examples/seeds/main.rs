//! Runs seeds of a PBFT cluster on all cores, and prints what happened in them.
//!
//! `cargo run --release -p synod-sim --example seeds -- --seeds 10000 --replicas 7 --adversary equivocate --corrupt 2`

mod cluster;
mod registers;

use clap::{Parser, ValueEnum};
use std::cell::RefCell;
use std::num::NonZero;
use std::panic;
use std::process::ExitCode;
use std::time::Instant;
use synod_attacks::{Silent, pbft::Equivocate};
use synod_kernel::adversary::Honest;
use synod_kernel::{Faults, Membership};
use synod_sim::{Report, campaign};

/// Simulates PBFT, seed by seed.
#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// The protocol.
    #[arg(long, value_enum, default_value_t = Protocol::Pbft)]
    protocol: Protocol,
    /// How many replicas.
    #[arg(long, default_value_t = 4)]
    replicas: u16,
    /// Who owns the corrupted replicas.
    #[arg(long, value_enum, default_value_t = Attack::None)]
    adversary: Attack,
    /// How many it owns; as many as are tolerated, if it is not said.
    #[arg(long)]
    corrupt: Option<u16>,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// One seed, run twice, with its transcript.
    #[arg(long)]
    seed: Option<u64>,
    /// How many threads; all cores, if it is not said.
    #[arg(long)]
    threads: Option<NonZero<usize>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Protocol {
    Pbft,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Attack {
    None,
    Silent,
    Equivocate,
    /// Each of the others in turn, seed by seed.
    Any,
}

impl Attack {
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Silent => "silent",
            Self::Equivocate => "equivocate",
            Self::Any => "any",
        }
    }

    /// What is meant for this seed.
    fn of(self, seed: u64) -> Self {
        match (self, seed % 3) {
            (Self::Any, 0) => Self::None,
            (Self::Any, 1) => Self::Silent,
            (Self::Any, _) => Self::Equivocate,
            (Self::None | Self::Silent | Self::Equivocate, _) => self,
        }
    }
}

thread_local! {
    /// How to repeat what this thread runs, for when it panics.
    static REPLAY: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A panic is an assertion of the code under test that does not hold; it has no report, so it names the command itself.
fn name_the_seed_of_a_panic() {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        default(info);
        REPLAY.with_borrow(|replay| eprintln!("to see it again: {replay}"));
    }));
}

fn run_seed(arguments: &Arguments, membership: Membership, seed: u64) -> Report {
    let attack = arguments.adversary.of(seed);
    let corrupt = match attack {
        Attack::None => 0,
        Attack::Silent | Attack::Equivocate | Attack::Any => arguments.corrupt.unwrap_or(membership.tolerated()),
    };
    let replay = format!(
        "cargo run --release -p synod-sim --example seeds -- --protocol pbft --replicas {} --adversary {} --corrupt \
         {corrupt} --seed {seed}",
        membership.size(),
        attack.name(),
    );
    REPLAY.set(replay.clone());
    match attack {
        Attack::None | Attack::Any => cluster::run_seed(seed, membership, Honest, corrupt, replay),
        Attack::Silent => cluster::run_seed(seed, membership, Silent, corrupt, replay),
        Attack::Equivocate => cluster::run_seed(seed, membership, Equivocate::default(), corrupt, replay),
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    name_the_seed_of_a_panic();
    let faults = arguments.replicas.saturating_sub(1) / 3;
    let membership = match Membership::new(arguments.replicas, Faults::Byzantine(faults)) {
        Ok(membership) => membership,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    match arguments.seed {
        Some(seed) => replay(&arguments, membership, seed),
        None => many(&arguments, membership),
    }
}

fn replay(arguments: &Arguments, membership: Membership, seed: u64) -> ExitCode {
    let [report, again] = [(); 2].map(|()| run_seed(arguments, membership, seed));
    assert_eq!(report.fingerprint, again.fingerprint, "the same seed is the same run");
    print!("{report}{}", report.counters);
    for (rule, sentence) in &report.tolerated {
        println!("not expected to hold: {rule:?}: {sentence}");
    }
    if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn many(arguments: &Arguments, membership: Membership) -> ExitCode {
    let all_cores = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let threads = arguments.threads.unwrap_or(all_cores);
    let start = Instant::now();
    let seeds = arguments.first..arguments.first.saturating_add(arguments.seeds);
    let step = (arguments.seeds / 10).max(1);
    let totals = campaign(
        seeds,
        threads,
        |seed| run_seed(arguments, membership, seed),
        |_, totals| {
            if totals.seeds % step == 0 {
                eprintln!("{} seeds after {:.1} s", totals.seeds, start.elapsed().as_secs_f64());
            }
        },
    );
    if let Some(report) = &totals.failure {
        print!("{report}");
    }
    print!("{}", totals.counters);
    for (rule, seeds) in &totals.tolerated {
        println!("{seeds:>14}  seeds broke {rule:?}, which was not expected to hold");
    }
    let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
    println!("{milliseconds:>14.0}  milliseconds on {threads} threads");
    if totals.failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
