//! `cargo xtask durability`: shows, from the system calls of a real cluster, that nothing leaves a replica before what
//! it promises is synced; and, with a mutant, that this check and the simulator notice when it is not so.
//!
//! Each replica runs under `strace`. What leaves is encrypted, so the replica marks in its log of events what it hands
//! to the log and to the network; the marks are system calls like any other, and stand in the trace between the writes
//! and syncs of the log files. The order that is judged is the kernel's, not the replica's word.

mod mutant;
mod order;
mod trace;

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::{Args, ValueEnum};

use crate::cluster::Cluster;
use crate::product;
use crate::writer::Writer;
use order::Verdict;

const REPLICAS: u16 = 4;
const WRITES_A_SECOND: u64 = 1000;
/// What may matter, and no more, because each call costs.
const CALLS: &str = "pwrite64,write,writev,sendto,sendmsg,fdatasync,fsync,rename,renameat,renameat2";
/// What a replica listens to: itself, and the marks.
const MARKS: &str = "info,synod_node::durability=trace";

/// What can be chosen.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// How many writes.
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    writes: u64,
    /// Break the product on purpose, in a copy of the sources, and demand that the check fails.
    #[arg(long, value_enum)]
    mutant: Option<Mutant>,
    /// How many seeds of the simulator may pass before one has to catch the mutant.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
}

/// A way to break the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mutant {
    /// Files are never synced, and it is said that they were.
    NoFsync,
}

/// Checks the product of the repository at `root`, or that its mutant is caught. Returns whether that went well.
pub(crate) fn run(root: &Path, options: &Options) -> io::Result<bool> {
    if !has_strace() {
        println!("durability: cannot run: strace is not installed; on Debian `apt-get install strace` installs it");
        return Ok(false);
    }
    match options.mutant {
        None => {
            let program = product::build(root)?;
            let mut cluster = Cluster::make(&program, REPLICAS)?;
            let is_good = examine(&mut cluster, &program, options.writes)?.iter().all(Verdict::is_good);
            println!("durability: {}", if is_good { "nothing left before it was durable" } else { "NOT shown" });
            if !is_good {
                eprintln!("the traces are in {}", cluster.keep().display());
            }
            Ok(is_good)
        }
        Some(Mutant::NoFsync) => is_mutant_caught(&mutant::without_sync(root)?, options),
    }
}

/// Demands that the trace of every replica is condemned, and that a seed of the simulator fails.
fn is_mutant_caught(mutant: &mutant::Mutant, options: &Options) -> io::Result<bool> {
    println!("durability: building and tracing the mutant, in which files are never synced");
    let program = mutant.build_product()?;
    let verdicts = examine(&mut Cluster::make(&program, REPLICAS)?, &program, options.writes)?;
    let by_trace = verdicts.iter().all(|verdict| verdict.left > 0 && verdict.condemned > 0);
    println!("durability: the trace {} the mutant", if by_trace { "CAUGHT" } else { "did NOT catch" });
    let by_simulator = mutant.is_caught_by_simulator(options.seeds)?;
    println!("durability: the simulator {} the mutant", if by_simulator { "CAUGHT" } else { "did NOT catch" });
    Ok(by_trace && by_simulator)
}

fn has_strace() -> bool {
    let mut strace = Command::new("strace");
    strace.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    strace.status().is_ok_and(|status| status.success())
}

/// Traces a cluster while a client writes, and says what is to be said of each replica's trace.
fn examine(cluster: &mut Cluster, program: &Path, writes: u64) -> io::Result<Vec<Verdict>> {
    let traced = trace_cluster(cluster, program, writes);
    let verdicts = traced.and_then(|traces| traces.iter().map(|trace| judge(trace)).collect::<io::Result<Vec<_>>>());
    let verdicts = verdicts.map_err(|error| {
        let kept = cluster.keep();
        io::Error::other(format!("{error}\nwhat is left is in {}", kept.display()))
    })?;
    for (position, verdict) in verdicts.iter().enumerate() {
        println!("{}", describe(position, verdict));
    }
    Ok(verdicts)
}

/// Runs the cluster to an orderly end, and returns where the traces are.
fn trace_cluster(cluster: &mut Cluster, program: &Path, writes: u64) -> io::Result<Vec<PathBuf>> {
    let traces: Vec<PathBuf> =
        (0..cluster.size()).map(|position| cluster.path().join(format!("trace-{position}"))).collect();
    cluster.start_with(|position| {
        let mut strace = Command::new("strace");
        strace.args(["--follow-forks", "-ttt", "-y", "--string-limit=160", "--seccomp-bpf", "-e"]);
        strace.arg(format!("trace={CALLS}")).arg("-o").arg(&traces[position]).arg("--").arg(program);
        strace.env("SYNOD_LOG", MARKS);
        strace
    })?;
    cluster.wait_until_connected()?;
    let (acknowledged, _) = Writer::start(cluster, WRITES_A_SECOND, writes)?.finish()?;
    cluster.check()?;
    cluster.end()?;
    println!("durability: {} writes were acknowledged by {} traced replicas", acknowledged.len(), cluster.size());
    Ok(traces)
}

fn judge(trace: &Path) -> io::Result<Verdict> {
    let mut failure = None;
    let lines = BufReader::new(File::open(trace)?).lines();
    let lines = lines.map_while(|line| line.map_err(|error| failure = Some(error)).ok());
    let verdict = order::judge(lines);
    match failure {
        Some(error) => Err(error),
        None => verdict.map_err(|why| io::Error::other(format!("{}: {why}", trace.display()))),
    }
}

fn describe(position: usize, verdict: &Verdict) -> String {
    let Verdict { commands, replacements, syncs, left, sends, condemned, complaints } = verdict;
    let mut text = format!(
        "replica {position}: {commands} log commands, {replacements} of them replacements, {syncs} syncs of log \
         files, {left} effects that needed them, {sends} writes to sockets, {condemned} condemned"
    );
    for complaint in complaints {
        text += &format!("\n  {complaint}");
    }
    text
}
