//! `cargo xtask memory`: writes the same keys again and again, and looks whether replicas need ever more memory for it.
//!
//! State, sessions and window are of constant size then, so memory has to be, too, once everything has its room. What
//! is decided is remembered up to a bound (`pbft::HISTORY_BYTES`), and by default so much is written that it is reached
//! before sizes are compared.

use std::fmt;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use crate::check;
use crate::cluster::Cluster;
use crate::load::{KEYS_MAX, Load};
use crate::product;
use crate::vitals::{Pulse, Vitals};

/// Memory is compared with what it was then.
const WARM: Duration = Duration::from_secs(120);
/// How many times as much it may be in the end.
const GROWTH_MAX: f64 = 1.1;
const LOOK: Duration = Duration::from_millis(200);
const WEIGH_EVERY: Duration = Duration::from_secs(10);

/// What can be chosen.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// For how long.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(3..=10_000))]
    minutes: u64,
    /// How many replicas.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=31))]
    replicas: u16,
    /// Writes a second, at most.
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    writes_per_second: u64,
    /// How many keys are written.
    #[arg(long, value_name = "N", default_value_t = 4096)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(KEYS_MAX)))]
    keys: u32,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs it on the product of the repository at `root`. Returns whether memory stayed within the bound.
pub(crate) fn run(root: &Path, options: &Options) -> io::Result<bool> {
    let program = product::build(root)?;
    let mut cluster = Cluster::make(&program, options.replicas)?;
    let result = load(&mut cluster, options);
    check::conclude(cluster.place(), result, options.json)
}

/// What the replicas needed.
struct Report {
    minutes: u64,
    keys: u32,
    acknowledged: u64,
    vitals: Vitals,
}

impl check::Report for Report {
    fn is_good(&self) -> bool {
        self.acknowledged > 0 && self.vitals.pulses().iter().all(is_bounded)
    }

    fn to_json(&self) -> Value {
        json!({ "good": self.is_good(), "acknowledged": self.acknowledged, "each": to_json(&self.vitals) })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { minutes, keys, acknowledged, vitals } = self;
        write!(f, "{acknowledged} writes to {keys} keys acknowledged in {minutes} minutes")?;
        for (position, pulse) in vitals.pulses().iter().enumerate() {
            let (warm, end) = pulse.memory_since(WARM).unwrap_or_default();
            let ratio = pulse.growth_since(WARM).unwrap_or_default();
            let verdict = if is_bounded(pulse) { "" } else { ": TOO MUCH" };
            write!(
                f,
                "\nreplica {position}: {} KiB after two minutes, {} in the end, {ratio:.3} times as much{verdict}",
                warm >> 10,
                end >> 10
            )?;
        }
        Ok(())
    }
}

fn load(cluster: &mut Cluster, options: &Options) -> io::Result<Report> {
    let mut vitals = Vitals::new(cluster.size());
    cluster.start()?;
    cluster.wait_until_connected()?;
    let mut load = Load::start(cluster, options.writes_per_second, options.keys)?;
    let (start, time) = (Instant::now(), Duration::from_secs(60 * options.minutes));
    let mut next = start;
    while start.elapsed() < time {
        thread::sleep(LOOK);
        cluster.check()?;
        load.check()?;
        if Instant::now() >= next {
            next += WEIGH_EVERY;
            vitals.weigh(cluster, start.elapsed());
            let sizes = vitals.pulses().iter().filter_map(|pulse| pulse.memory_since(start.elapsed() / 2));
            let sizes: Vec<String> = sizes.map(|(_, last)| (last >> 10).to_string()).collect();
            let writes = load.acknowledged();
            eprintln!("{:4} s: {writes} writes, KiB: {}", start.elapsed().as_secs(), sizes.join(" "));
        }
    }
    vitals.weigh(cluster, start.elapsed());
    let acknowledged = load.finish()?.acknowledged();
    cluster.end()?;
    Ok(Report { minutes: options.minutes, keys: options.keys, acknowledged, vitals })
}

fn is_bounded(pulse: &Pulse) -> bool {
    pulse.growth_since(WARM).is_some_and(|growth| growth <= GROWTH_MAX)
}

fn to_json(vitals: &Vitals) -> Vec<Value> {
    let each = vitals.pulses().iter().map(|pulse| {
        let (warm, end) = pulse.memory_since(WARM).unzip();
        json!({ "warm_bytes": warm, "end_bytes": end, "ratio": pulse.growth_since(WARM) })
    });
    each.collect()
}
