//! `cargo xtask bench-etcd`: the same load on four replicas of synod and on three members of etcd, in turns, on the
//! same disk of the same machine.
//!
//! Both keep every acknowledged write through a power cut. etcd believes all of its members, its channels here are not
//! encrypted, and it survives one crash; synod survives one liar. What that costs is the point of the comparison.

mod etcd;
mod machine;
mod report;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use serde_json::Value;

use crate::cluster::{self, Cluster};
use crate::{product, tools};
use etcd::Etcd;
use report::Report;

/// How many replicas of synod, of which one may lie.
const REPLICAS: u16 = 4;

/// What can be chosen.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// How long each of the two is measured in a round.
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// How long the load runs before that.
    #[arg(long, value_name = "S", default_value_t = 3, value_parser = clap::value_parser!(u64).range(0..=3600))]
    warmup: u64,
    /// How often each of the two is measured.
    #[arg(long, value_name = "R", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    rounds: u64,
    /// Clients, each with connections of its own.
    #[arg(long, value_name = "C", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=63))]
    clients: u16,
    /// Puts that each client keeps outstanding.
    #[arg(long, value_name = "O", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    outstanding: u16,
    /// Bytes of each value.
    #[arg(long, value_name = "B", default_value_t = 256, value_parser = clap::value_parser!(u32).range(0..=1_048_576))]
    value_size: u32,
    /// Have all clients of etcd speak to its leader, not to all members in turn.
    #[arg(long)]
    leader_only: bool,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

impl Options {
    /// The arguments that both load generators understand.
    fn load(&self) -> Vec<String> {
        let named = [
            ("--seconds", self.seconds),
            ("--warmup", self.warmup),
            ("--clients", self.clients.into()),
            ("--outstanding", self.outstanding.into()),
            ("--value-size", self.value_size.into()),
        ];
        named.into_iter().flat_map(|(name, value)| [name.to_owned(), value.to_string()]).collect()
    }
}

/// Compares. Returns whether both could be measured without an error.
pub(crate) fn run(root: &Path, options: &Options) -> io::Result<bool> {
    let version = etcd::version()?;
    let synod = product::build(root)?;
    let generator = build_generator(root)?;
    let mut report =
        Report::new(machine::facts(&std::env::temp_dir()), machine::commit(root), version, &options.load());
    for round in 1..=options.rounds {
        eprintln!("bench-etcd: round {round} of {}: synod", options.rounds);
        report.synod.push(measure_synod(&synod, options)?);
        eprintln!("bench-etcd: round {round} of {}: etcd", options.rounds);
        report.etcd.push(measure_etcd(&generator, options)?);
    }
    if options.json {
        println!("{:#}", report.to_json());
    } else {
        println!("{report}");
    }
    Ok(report.is_clean())
}

fn measure_synod(program: &Path, options: &Options) -> io::Result<Value> {
    let mut cluster = Cluster::make(program, REPLICAS)?;
    cluster.start()?;
    cluster.wait_until_connected()?;
    let mut bench = cluster.client("bench");
    bench.arg("--json").args(options.load());
    let report = cluster::output(&mut bench)?;
    cluster.end()?;
    Ok(serde_json::from_slice(&report)?)
}

fn measure_etcd(generator: &Path, options: &Options) -> io::Result<Value> {
    let etcd = Etcd::start()?;
    let endpoints = if options.leader_only { vec![etcd.leader()?] } else { etcd.endpoints() };
    let pids: Vec<String> = etcd.pids().iter().map(u32::to_string).collect();
    let mut load = Command::new(generator);
    load.args(["--endpoints", &endpoints.join(","), "--pids", &pids.join(",")]);
    load.args(["--metrics", &etcd.endpoints().join(",")]).args(options.load());
    Ok(serde_json::from_slice(&cluster::output(&mut load)?)?)
}

/// Builds what puts the load on etcd, in its own workspace, and returns where it is.
fn build_generator(root: &Path) -> io::Result<PathBuf> {
    let folder = root.join("bench").join("etcd");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| folder.join("target"), |own| root.join(own));
    let mut cargo = tools::cargo();
    cargo.args(["build", "--release", "--locked"]).current_dir(&folder);
    product::succeed(&mut cargo)?;
    Ok(target.join("release").join("synod-bench-etcd"))
}
