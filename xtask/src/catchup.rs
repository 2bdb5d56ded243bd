//! `cargo xtask catchup`: kills one replica of a real cluster under load, lets the others go on without it, starts it
//! again, and measures how long it takes until it votes again and what that costs the others.
//!
//! It votes again when it says that it is in its normal state, has executed what the others have but for what is under
//! way, and goes on collecting prepared certificates of its own, which is what its COMMIT votes are made of.

mod pages;
mod report;

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, value_parser};

use crate::check;
use crate::cluster::{Cluster, LOOK};
use crate::product;
use crate::writer::Writer;
use report::Report;

/// How many replicas there are.
const REPLICAS: u16 = 4;
/// The replica that is away. It is not the first primary.
const AWAY: usize = 3;
/// How long the cluster is watched before the replica goes.
const BEFORE: Duration = Duration::from_secs(5);
/// How long the others are watched from the replica's start on, at least.
const DURING: Duration = Duration::from_secs(5);
/// Batches that the replica may be behind the others and still count as with them: twice the pipeline, because they are
/// asked one after the other.
const BEHIND_MAX: u64 = 16;
/// How long writing as much as is wanted may take.
const AWAY_MAX: Duration = Duration::from_secs(600);
/// How long the replica may take to come back before that is given up.
const BACK_MAX: Duration = Duration::from_secs(120);
/// Keys, at most.
const KEYS_MAX: u64 = 50_000_000;

/// What can be chosen.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// How many writes are acknowledged while the replica is away.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = value_parser!(u64).range(1..=10_000_000))]
    writes: u64,
    /// Writes a second, at most; the client may be slower.
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = value_parser!(u64).range(1..=1_000_000))]
    writes_per_second: u64,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the measurement on the product of the repository at `root`. Returns whether the replica came back as it should.
pub(crate) fn run(root: &Path, options: &Options) -> io::Result<bool> {
    let program = product::build(root)?;
    let mut cluster = Cluster::make(&program, REPLICAS)?;
    eprintln!("catchup: {REPLICAS} replicas, {} writes while replica {AWAY} is away", options.writes);
    let result = measure(&mut cluster, options);
    check::conclude(cluster.place(), result, options.json)
}

fn measure(cluster: &mut Cluster, options: &Options) -> io::Result<Report> {
    cluster.start()?;
    cluster.wait_until_connected()?;
    let mut writer = Writer::start(cluster, options.writes_per_second, KEYS_MAX)?;
    let first = writer.wait_for(cluster, 1, BACK_MAX)?;
    let together = rate(cluster, &mut writer, BEFORE)?;
    cluster.kill_one(AWAY)?;
    let gone = Instant::now();
    let without = writer.acknowledged()?;
    eprintln!("catchup: {} writes with everybody, {together:.0} a second; replica {AWAY} is gone", without - first);
    let end = writer.wait_for(cluster, without + options.writes, AWAY_MAX)?;
    let alone = per_second(end - without, gone.elapsed());
    eprintln!("catchup: {} writes without it, {alone:.0} a second; it starts again", end - without);

    let started = Instant::now();
    cluster.start()?;
    let back = wait_until_back(cluster, &mut writer, started)?;
    let meanwhile = started.elapsed();
    thread::sleep(DURING.saturating_sub(meanwhile));
    let during = per_second(writer.acknowledged()? - end, started.elapsed());
    cluster.check()?;
    Ok(Report { missed: end - without, back, together, alone, during, findings: writer.settle(cluster)? })
}

/// Writes a second, over a while.
fn rate(cluster: &mut Cluster, writer: &mut Writer, during: Duration) -> io::Result<f64> {
    let (started, before) = (Instant::now(), writer.acknowledged()?);
    thread::sleep(during);
    cluster.check()?;
    Ok(per_second(writer.acknowledged()? - before, started.elapsed()))
}

/// From the start to the first of two looks in a row at which the replica was with the others and had voted in between;
/// none if that did not happen in time.
fn wait_until_back(cluster: &mut Cluster, writer: &mut Writer, started: Instant) -> io::Result<Option<Duration>> {
    let mut voted = None;
    while started.elapsed() < BACK_MAX {
        cluster.check()?;
        writer.check()?;
        let others = (0..AWAY).filter_map(|position| pages::progress(cluster, position));
        let furthest = others.map(|progress| progress.executed).max();
        let own = pages::progress(cluster, AWAY).zip(pages::prepared(cluster, AWAY));
        if let (Some(furthest), Some((own, prepared))) = (furthest, own) {
            let is_there = own.state == "normal" && own.executed + BEHIND_MAX >= furthest;
            if is_there && voted.is_some_and(|voted| voted < prepared) {
                return Ok(Some(started.elapsed()));
            }
            voted = Some(prepared);
        }
        thread::sleep(LOOK);
    }
    Ok(None)
}

fn per_second(count: u64, during: Duration) -> f64 {
    // Counts of writes are far below what a float tells apart.
    u32::try_from(count).map_or(f64::MAX, f64::from) / during.as_secs_f64()
}
