//! The default campaign, until a judge condemns something or a bound is reached; what came of it as one line of JSON.
//!
//! For `cargo xtask mutants`, which builds it from sources that are broken: it is small, so that it is built quickly.

use clap::Parser;
use serde_json::{Value, json};
use std::num::NonZero;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use synod_kernel::{Faults, Membership};
use synod_lab::{Assault, Campaign, Next, Protocol, Shard, Summary, Trial};

/// Runs the default campaign on four replicas.
#[derive(Debug, Parser)]
struct Arguments {
    /// Seeds, at most.
    #[arg(long, default_value_t = u64::MAX)]
    seeds: u64,
    /// Processor time, at most, in seconds: after that no seed is begun.
    #[arg(long, default_value_t = u64::MAX)]
    seconds: u64,
    /// How many seeds run at once.
    #[arg(long)]
    jobs: NonZero<usize>,
}

fn main() -> ExitCode {
    let Arguments { seeds, seconds, jobs } = Arguments::parse();
    let Ok(membership) = Membership::new(4, Faults::Byzantine(1)) else { return ExitCode::FAILURE };
    let campaign = Campaign {
        protocol: Protocol::Pbft,
        membership,
        assault: Assault::Any,
        corrupt: membership.tolerated(),
        first: 0,
        seeds: Some(seeds),
        shard: Shard::WHOLE,
    };
    let begun = Instant::now();
    let workers = u64::try_from(jobs.get()).unwrap_or(u64::MAX);
    let bound = Duration::from_secs(seconds.div_ceil(workers));
    let summary =
        campaign.run(
            jobs,
            |_: &Trial, so_far: &Summary| {
                if so_far.violations > 0 || begun.elapsed() > bound { Next::Stop } else { Next::GoOn }
            },
        );
    // Every job works all the time.
    let cpu_seconds = begun.elapsed().as_secs_f64() * f64::from(u32::try_from(workers).unwrap_or(u32::MAX));
    let failure = summary.failures.first().or(summary.defects.first()).map_or(Value::Null, |finding| json!(finding));
    println!("{}", json!({ "seeds": summary.seeds, "cpu_seconds": cpu_seconds, "failure": failure }));
    ExitCode::SUCCESS
}
