//! `cargo xtask storm`: kills all replicas of a real cluster at once, again and again, while a client writes, and then
//! looks whether everything that was acknowledged is there.
//!
//! A power cut would lose more than SIGKILL does: what a process wrote, the system still has. What is shown here is
//! that start-up, recovery, reconnection and the client hold together; `durability` shows what was synced when.

mod report;

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;

use crate::check;
use crate::cluster::{Cluster, LOOK};
use crate::product;
use crate::random::{self, Random};
use crate::writer::Writer;
use report::{Kills, Report};

/// How long replicas may take, after they were killed, until a write is acknowledged again.
const SERVE_MAX: Duration = Duration::from_secs(120);
/// In one of so many rounds the replicas are killed once more while they start.
const KILL_AT_START: u64 = 4;
/// How long after the start that is, at most.
const START_MILLISECONDS: u64 = 500;
/// Keys, at most.
const KEYS_MAX: u64 = 5_000_000;

/// What can be chosen.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// How often all replicas are killed.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// How many replicas.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=31))]
    replicas: u16,
    /// How long replicas serve before they are killed, at most.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds_per_round: u64,
    /// Writes a second, at most.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    writes_per_second: u64,
    /// Decides when replicas are killed; drawn and printed by default.
    #[arg(long)]
    seed: Option<u64>,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs the storm on the product of the repository at `root`. Returns whether nothing was lost.
pub(crate) fn run(root: &Path, options: &Options) -> io::Result<bool> {
    let program = product::build(root)?;
    let seed = options.seed.unwrap_or_else(random::any_seed);
    let mut cluster = Cluster::make(&program, options.replicas)?;
    eprintln!("storm: {} replicas, {} rounds, --seed {seed}", options.replicas, options.rounds);
    let result = Storm { cluster: &mut cluster, options, random: Random::new(seed) }.run(seed);
    check::conclude(cluster.place(), result, options.json)
}

struct Storm<'a> {
    cluster: &'a mut Cluster,
    options: &'a Options,
    random: Random,
}

impl Storm<'_> {
    fn run(mut self, seed: u64) -> io::Result<Report> {
        self.cluster.start()?;
        self.cluster.wait_until_connected()?;
        let mut writer = Writer::start(self.cluster, self.options.writes_per_second, KEYS_MAX)?;
        writer.wait_for(self.cluster, 1, SERVE_MAX)?;
        let mut kills = Kills::default();
        for round in 1..=self.options.rounds {
            self.round(round, &mut writer, &mut kills)?;
        }
        let replicas = self.cluster.size();
        Ok(Report { seed, replicas, kills, findings: writer.settle(self.cluster)? })
    }

    /// Lets the replicas serve for a while, kills them, starts them, and waits until they serve again.
    fn round(&mut self, round: u64, writer: &mut Writer, kills: &mut Kills) -> io::Result<()> {
        let served = Duration::from_millis(self.random.below(1000 * self.options.seconds_per_round));
        let until = Instant::now() + served;
        while Instant::now() < until {
            self.cluster.check()?;
            writer.check()?;
            thread::sleep(LOOK.min(until.saturating_duration_since(Instant::now())));
        }
        self.cluster.kill()?;
        kills.count += 1;
        let before = writer.acknowledged()?;
        let killed = Instant::now();
        let mut note = "";
        if self.random.below(KILL_AT_START) == 0 {
            self.cluster.start()?;
            thread::sleep(Duration::from_millis(self.random.below(START_MILLISECONDS)));
            self.cluster.kill()?;
            kills.count += 1;
            note = ", killed again while they started";
        }
        self.cluster.start()?;
        self.cluster.wait_until_connected()?;
        writer.wait_for(self.cluster, before + 1, SERVE_MAX)?;
        let down = killed.elapsed();
        kills.slowest = kills.slowest.max(down);
        eprintln!(
            "round {round}/{}: killed after {:.3} s with {before} writes acknowledged{note}; served again after \
             {:.3} s",
            self.options.rounds,
            served.as_secs_f64(),
            down.as_secs_f64()
        );
        Ok(())
    }
}
