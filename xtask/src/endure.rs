//! `cargo xtask endure`: minutes of load on a real cluster while replicas are killed, paused and cut off, never more of
//! them at once than may fail, and then a look whether all is as it should be.
//!
//! What must hold: every acknowledged write is there; all replicas come to the same state once they are left in peace;
//! none dies by itself or panics; and whenever all have been up for ten seconds, writes were acknowledged meanwhile.
//! How long writes wait while replicas are affected is reported and not judged.

mod damage;
mod faults;
mod phase;
mod relay;
mod report;
mod run;

use std::io;
use std::path::Path;

use clap::Args;

use crate::check;
use crate::cluster::Cluster;
use crate::load::KEYS_MAX;
use crate::product;
use crate::random;
use run::Run;

/// What can be chosen.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// For how long.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    minutes: u64,
    /// How many replicas.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=31))]
    replicas: u16,
    /// Writes a second, at most.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    writes_per_second: u64,
    /// How many keys are written, again and again.
    #[arg(long, value_name = "N", default_value_t = 4096)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(KEYS_MAX)))]
    keys: u32,
    /// Sometimes kill all replicas at once.
    #[arg(long)]
    all: bool,
    /// Decides what happens to whom; drawn and printed by default.
    #[arg(long)]
    seed: Option<u64>,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs it on the product of the repository at `root`. Returns whether all was as it should be.
pub(crate) fn run(root: &Path, options: &Options) -> io::Result<bool> {
    let program = product::build(root)?;
    let seed = options.seed.unwrap_or_else(random::any_seed);
    let mut cluster = Cluster::make(&program, options.replicas)?;
    eprintln!("endure: {} replicas, {} minutes, --seed {seed}", options.replicas, options.minutes);
    let result = Run::prepare(&mut cluster, options, seed).and_then(Run::through);
    check::conclude(cluster.place(), result, options.json)
}
