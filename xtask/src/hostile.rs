//! Attacks on a real cluster by those who may not harm it: strangers, and a registered client that lies.
//!
//! An honest client keeps a few operations outstanding (`synod bench`) before, during and after each attack. The
//! machine is shared by everybody, so only rates that lie next to each other are compared, and an attack during which
//! the rate was too low, and nothing else was wrong, is tried again. Another one (`synod kv import`) writes slowly all
//! the time, and what was acknowledged to it is read back in the end. The attacker (`crates/hostile`) takes a bounded
//! share of the processor, says how much it took and whether it reached anybody, and is a client of its own in each
//! attempt.
//!
//! What is not shown here: attacks by replicas are the simulator's, and more traffic than loopback carries is nobody's.

mod report;
mod watch;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use crate::check;
use crate::cluster::{Cluster, LOOK, output};
use crate::product;
use crate::vitals;
use crate::writer::Writer;
use report::{Attack, Report, Row};

const REPLICAS: u16 = 4;
/// The number of the first client that attacks.
const FIRST_ATTACKER: usize = 3;
/// Keys, at most.
const KEYS_MAX: u64 = 5_000_000;
/// How long the honest clients warm up.
const WARM_UP: Duration = Duration::from_secs(3);
/// Seconds by which an attack is longer than a measurement, which takes a while to begin.
const LONGER: u64 = 4;
/// Seconds of load before a measurement.
const RUN_UP: &str = "1";
/// How long an attacker may take to end once its time is over.
const ATTACKER_MAX: Duration = Duration::from_secs(30);
/// From the start of an attack to the measurement.
const HEAD_START: Duration = Duration::from_millis(500);

/// What can be chosen.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// How long each attack lasts, and each measurement before and after it.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=600))]
    seconds: u64,
    /// The one attack to do; all by default.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// How often an attack is tried before the honest rate counts as too low: other processes disturb it, too.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10))]
    attempts: u32,
    /// Operations that the honest client keeps outstanding.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=4096))]
    outstanding: u16,
    /// Writes a second that are read back in the end.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    writes_per_second: u64,
    /// Hundredths of a core that the attacker may take.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=100))]
    processor: u64,
    /// By how many MiB a replica may grow in one attack, what the honest client writes included.
    #[arg(long, value_name = "N", default_value_t = 128)]
    growth: u64,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Attacks the product of the repository at `root`. Returns whether nobody was harmed.
pub(crate) fn run(root: &Path, options: &Options) -> io::Result<bool> {
    let [program, hostile] = product::build_all(root, ["synod", "synod-hostile"])?;
    let listed = String::from_utf8(output(Command::new(&hostile).arg("attacks"))?).map_err(io::Error::other)?;
    let attacks: io::Result<Vec<Attack>> = listed.lines().map(Attack::parse).collect();
    let mut attacks = attacks?;
    attacks.retain(|attack| options.only.as_deref().is_none_or(|only| only == attack.name));
    if attacks.is_empty() {
        return Err(io::Error::other(format!("there is no such attack; there are\n{listed}")));
    }
    // The first client is the honest one, the second reads the document, and each attempt at an attack has one of its
    // own, as what replicas hold against a client outlasts the attempt.
    let clients = FIRST_ATTACKER - 1 + attacks.len() * options.attempts as usize;
    let mut cluster = Cluster::make_for(&program, REPLICAS, clients)?;
    let result = Siege { cluster: &mut cluster, options, hostile }.run(&attacks);
    check::conclude(cluster.place(), result, options.json)
}

/// What was measured in one span of time.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// Acknowledged operations a second.
    rate: f64,
    /// How long 99 of 100 operations took, at most, in milliseconds.
    slowest: f64,
    /// Cores that the replicas took together.
    cores: f64,
}

struct Siege<'a> {
    cluster: &'a mut Cluster,
    options: &'a Options,
    hostile: PathBuf,
}

impl Siege<'_> {
    fn run(mut self, attacks: &[Attack]) -> io::Result<Report> {
        self.cluster.start()?;
        self.cluster.wait_until_connected()?;
        self.try_document()?;
        let mut writer = Writer::start(self.cluster, self.options.writes_per_second, KEYS_MAX)?;
        thread::sleep(WARM_UP);
        let mut before = self.measure(&mut writer)?;
        let (mut rows, mut clients) = (Vec::new(), FIRST_ATTACKER..);
        for attack in attacks {
            let mut earlier = Vec::new();
            loop {
                let client = clients.next().expect("there is always one more number");
                let (row, after) = self.attack(attack, client, before, &mut writer)?;
                before = after;
                let ratio = row.ratio();
                let (name, failures) = (&attack.name, row.failures());
                eprintln!("{name}: {:.0} operations/s of {:.0}, {failures:?}", row.attacked, row.baseline);
                // Other processes make an attempt slow, and nothing else: whatever else failed is told.
                if !row.is_merely_slow() || earlier.len() + 1 >= self.options.attempts as usize {
                    rows.push(Row { earlier, ..row });
                    break;
                }
                earlier.push(ratio);
            }
        }
        Ok(Report { rows, findings: writer.settle(self.cluster)? })
    }

    /// The client that was made from the document alone is served, and what it writes is what others read.
    fn try_document(&self) -> io::Result<()> {
        let folder = self.cluster.client_folder(2);
        let stranger = |command: &str| {
            let mut hostile = Command::new(&self.hostile);
            hostile.arg(command).arg("--dir").arg(&folder);
            hostile
        };
        let expect = |what: &[u8], got: Vec<u8>| {
            let same = what == got.trim_ascii_end();
            let sentence = || format!("{:?} was written and {:?} read", what.escape_ascii(), got.escape_ascii());
            if same { Ok(()) } else { Err(io::Error::other(sentence())) }
        };
        output(stranger("put").args(["hostile/document", "suffices"]))?;
        expect(b"suffices", output(self.cluster.client("kv").args(["get", "hostile/document"]))?)?;
        output(self.cluster.client("kv").args(["put", "hostile/product", "agrees"]))?;
        expect(b"agrees", output(stranger("get").arg("hostile/product"))?)?;
        (0..self.cluster.size()).try_for_each(|replica| output(stranger("status").arg(replica.to_string())).map(drop))
    }

    /// What an honest client is given for as long as an attack lasts.
    fn measure(&mut self, writer: &mut Writer) -> io::Result<Span> {
        let processes = self.cluster.processes();
        let computed = || processes.iter().filter_map(|process| watch::computed(*process)).sum::<Duration>();
        let (start, before) = (Instant::now(), computed());
        let mut bench = self.cluster.client("bench");
        bench.args(["--clients", "1", "--outstanding", &self.options.outstanding.to_string(), "--warmup", RUN_UP]);
        bench.args(["--seconds", &self.options.seconds.to_string(), "--json"]);
        let measured = output(&mut bench);
        // If replicas have ended, that says more.
        self.cluster.check()?;
        writer.check()?;
        let measured: Value = serde_json::from_slice(&measured?)?;
        let rate = measured["ops_per_second"].as_f64().unwrap_or_default();
        let slowest = measured["p99_us"].as_f64().unwrap_or_default() / 1000.0;
        let cores = computed().saturating_sub(before).as_secs_f64() / start.elapsed().as_secs_f64();
        Ok(Span { rate, slowest, cores })
    }

    fn start_attacker(&self, name: &str, client: usize) -> io::Result<Child> {
        let mut command = Command::new(&self.hostile);
        command.args(["attack", name, "--dir"]).arg(self.cluster.client_folder(client));
        command.args(["--seconds", &(self.options.seconds + LONGER).to_string()]);
        command.args(["--processor", &self.options.processor.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    }

    fn highest_view(&self) -> u64 {
        self.cluster.views().into_iter().flatten().max().unwrap_or_default()
    }

    /// One attack by the client with this number, between two measurements of peace.
    fn attack(&mut self, attack: &Attack, client: usize, before: Span, writer: &mut Writer) -> io::Result<(Row, Span)> {
        let processes = self.cluster.processes();
        let resident = || -> Vec<u64> {
            let sizes = processes.iter().map(|process| vitals::resident(*process).unwrap_or_default());
            sizes.collect()
        };
        let (view, sizes) = (self.highest_view(), resident());
        let mut attacker = self.start_attacker(&attack.name, client)?;
        thread::sleep(HEAD_START);
        let attacked = self.measure(writer);
        let grown = resident().iter().zip(&sizes).map(|(now, then)| now.saturating_sub(*then)).max();
        let until = Instant::now() + ATTACKER_MAX;
        while attacker.try_wait()?.is_none() && Instant::now() < until {
            thread::sleep(LOOK);
        }
        // Without effect on one that has ended.
        let _ = attacker.kill();
        let (said, wrong) = report::said(&attacker.wait_with_output()?);
        let attacked = attacked?;
        let after = self.measure(writer)?;
        let row = Row {
            attack: attack.clone(),
            baseline: f64::midpoint(before.rate, after.rate),
            attacked: attacked.rate,
            slowest_before: f64::midpoint(before.slowest, after.slowest),
            slowest: attacked.slowest,
            earlier: Vec::new(),
            growth: grown.unwrap_or_default() >> 10,
            growth_max: self.options.growth * 1024,
            views: self.highest_view().saturating_sub(view),
            replicas_before: f64::midpoint(before.cores, after.cores),
            replicas: attacked.cores,
            attacker: said,
            wrong,
        };
        Ok((row, after))
    }
}
