//! One run from beginning to end.

use std::fs;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use super::Options;
use super::damage;
use super::faults::{Deed, Episode, Fault, Faults, Lasting};
use super::phase::Phase;
use super::relay::Links;
use super::report::Report;
use crate::check::Findings;
use crate::cluster::Cluster;
use crate::convergence;
use crate::load::Load;
use crate::vitals::{self, Vitals};

/// How often is looked what has happened.
const LOOK: Duration = Duration::from_millis(50);
/// How often replicas are asked for their metrics.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// How often is looked how much memory they use.
const WEIGH_EVERY: Duration = Duration::from_secs(10);
/// After so long with all replicas up and no write acknowledged, something is wrong.
const STALL_MAX: Duration = Duration::from_secs(10);
/// How long is waited then, before the run is given up.
const GIVE_UP: Duration = Duration::from_secs(180);

/// A cluster under load.
pub(super) struct Run<'a> {
    cluster: &'a mut Cluster,
    links: Links,
    load: Load,
    vitals: Vitals,
    faults: Faults,
    start: Instant,
    end: Instant,
    /// When a write was acknowledged last, as far as was seen, and how many were then.
    last: (Instant, u64),
    asked: Instant,
    weighed: Instant,
    /// Batches from one checkpoint to the next.
    interval: u64,
    /// The replicas that cannot be asked anything.
    paused: Vec<usize>,
    seed: u64,
    phases: Vec<Phase>,
    complaints: Vec<String>,
}

/// What was seen of a phase that is not over.
struct Watch {
    kind: String,
    since: Instant,
    before: u64,
    stall: Duration,
}

impl<'a> Run<'a> {
    /// Starts the cluster and the load.
    pub(super) fn prepare(cluster: &'a mut Cluster, options: &Options, seed: u64) -> io::Result<Self> {
        let links = damage::prepare(cluster)?;
        cluster.start()?;
        cluster.wait_until_connected()?;
        let load = Load::start(cluster, options.writes_per_second, options.keys)?;
        let (start, replicas) = (Instant::now(), cluster.size());
        Ok(Self {
            links,
            load,
            vitals: Vitals::new(replicas),
            faults: Faults::new(seed, options.replicas, options.all),
            start,
            end: start + Duration::from_secs(60 * options.minutes),
            last: (start, 0),
            asked: start,
            weighed: start,
            interval: cluster.checkpoint_interval()?,
            paused: Vec::new(),
            seed,
            phases: Vec::new(),
            complaints: Vec::new(),
            cluster,
        })
    }

    /// One episode after the other until time is over, and then the comparison.
    pub(super) fn through(mut self) -> io::Result<Report> {
        self.calm(STALL_MAX + Duration::from_secs(1))?;
        while Instant::now() < self.end {
            let episode = self.faults.next();
            self.episode(&episode)?;
            self.calm(episode.calm)?;
        }
        self.finish()
    }

    fn episode(&mut self, episode: &Episode) -> io::Result<()> {
        self.ask_now();
        let primary = usize::try_from(self.vitals.view()).unwrap_or_default() % self.cluster.size();
        let victims = episode.deed.victims(primary);
        let checkpoint = self.vitals.checkpoint();
        let mut watch = self.watch(&kind(&episode.deed, &victims, primary));
        if episode.deed == Deed::All {
            self.cluster.kill()?;
        }
        for (position, fault) in &victims {
            damage::inflict(self.cluster, &self.links, *position, *fault)?;
            if *fault == Fault::Pause {
                self.paused.push(*position);
            }
        }
        self.last_through(&mut watch, episode.lasting, checkpoint)?;
        let passed = self.vitals.checkpoint().saturating_sub(checkpoint);
        for (position, fault) in &victims {
            damage::heal(self.cluster, &self.links, *position, *fault)?;
        }
        self.paused.clear();
        self.cluster.start()?;
        self.tell(&victims, primary, &watch, passed);
        self.close(watch);
        Ok(())
    }

    /// Waits for as long as an episode is to last.
    fn last_through(&mut self, watch: &mut Watch, lasting: Lasting, checkpoint: u64) -> io::Result<()> {
        let Lasting { least, checkpoints, most } = lasting;
        let needed = checkpoint + checkpoints * self.interval;
        loop {
            let elapsed = watch.since.elapsed();
            let is_enough = checkpoints == 0 || self.vitals.checkpoint() >= needed || elapsed >= most;
            if elapsed >= least && is_enough {
                return Ok(());
            }
            self.look(watch)?;
        }
    }

    /// Leaves all replicas in peace for so long, and demands that they serve. If they stand still, it takes longer.
    fn calm(&mut self, time: Duration) -> io::Result<()> {
        let mut watch = self.watch("calm");
        let mut is_told = false;
        loop {
            self.look(&mut watch)?;
            let waited = self.last.0.max(watch.since).elapsed();
            if waited >= STALL_MAX && !is_told {
                is_told = true;
                self.complain(format!("no write was acknowledged for {STALL_MAX:?} with all replicas up"))?;
            }
            if waited >= GIVE_UP {
                return Err(io::Error::other(format!(
                    "no write was acknowledged for {GIVE_UP:?} with all replicas up"
                )));
            }
            if watch.since.elapsed() >= time && waited < STALL_MAX {
                self.close(watch);
                return Ok(());
            }
        }
    }

    /// Notes what is wrong, and keeps what the replicas say of themselves just now.
    fn complain(&mut self, what: String) -> io::Result<()> {
        let (time, view, busy) = (self.time().as_secs(), self.vitals.view(), vitals::busy());
        let sentence = format!("{time} s after the start, in view {view}: {what}; {busy}");
        eprintln!("endure: {sentence}");
        self.complaints.push(sentence);
        for position in 0..self.cluster.size() {
            if let Some(page) = self.cluster.metrics(position) {
                fs::write(self.cluster.path().join(format!("metrics-{position}-{time}")), page)?;
            }
        }
        Ok(())
    }

    fn time(&self) -> Duration {
        self.start.elapsed()
    }

    fn watch(&self, kind: &str) -> Watch {
        Watch { kind: kind.to_owned(), since: Instant::now(), before: self.load.acknowledged(), stall: Duration::ZERO }
    }

    fn close(&mut self, watch: Watch) {
        let Watch { kind, since, before, stall } = watch;
        let acknowledged = self.load.acknowledged() - before;
        self.phases.push(Phase { kind, time: since.elapsed(), acknowledged, stall });
    }

    /// Waits for a moment, and looks at everything for which it is time.
    fn look(&mut self, watch: &mut Watch) -> io::Result<()> {
        thread::sleep(LOOK);
        self.cluster.check()?;
        self.load.check()?;
        let (now, acknowledged) = (Instant::now(), self.load.acknowledged());
        watch.stall = watch.stall.max(now - self.last.0);
        if acknowledged > self.last.1 {
            self.last = (now, acknowledged);
        }
        if self.asked.elapsed() >= ASK_EVERY {
            self.ask_now();
        }
        if self.weighed.elapsed() >= WEIGH_EVERY {
            self.weighed = now;
            self.vitals.weigh(self.cluster, now - self.start);
        }
        Ok(())
    }

    fn ask_now(&mut self) {
        let (cluster, paused) = (&self.cluster, &self.paused);
        let running = (0..cluster.size()).filter(|position| cluster.process(*position).is_some());
        self.vitals.ask(cluster, running.filter(|position| !paused.contains(position)));
        self.asked = Instant::now();
    }

    fn tell(&self, victims: &[(usize, Fault)], primary: usize, watch: &Watch, passed: u64) {
        let role = |position| if position == primary { ", the primary," } else { "" };
        let sentences =
            victims.iter().map(|(position, fault)| format!("replica {position}{} {fault}", role(*position)));
        let sentences = sentences.collect::<Vec<_>>().join(", ");
        let what = if sentences.is_empty() { "all replicas killed" } else { &sentences };
        let transfers = self.vitals.count("FinishTransfer");
        eprintln!(
            "{:6.1} s: {what} for {:.1} s, {} checkpoints missed; {} writes in it, {:.1} s without one; view {}, \
             {transfers} transfers so far",
            self.time().as_secs_f64(),
            watch.since.elapsed().as_secs_f64(),
            passed / self.interval.max(1),
            self.load.acknowledged() - watch.before,
            watch.stall.as_secs_f64(),
            self.vitals.view(),
        );
    }

    /// Compares what is there with what should be, and has every replica end.
    fn finish(self) -> io::Result<Report> {
        let busy = vitals::busy();
        eprintln!("waiting for what is under way, then reading everything back");
        let healed = Instant::now();
        let book = self.load.finish()?;
        let (cluster, mut vitals) = (self.cluster, self.vitals);
        // Replicas that were away may hear of nothing as long as nothing happens.
        let compare = |found: &str| book.compare(found);
        let findings = Findings::look(cluster, book.keys(), compare, convergence::wait_and_nudge)?;
        let settled = healed.elapsed();
        vitals.ask(cluster, 0..cluster.size());
        vitals.weigh(cluster, self.start.elapsed());
        Ok(Report {
            seed: self.seed,
            phases: self.phases,
            complaints: self.complaints,
            acknowledged: book.acknowledged(),
            findings: findings.close(cluster)?,
            settled,
            busy,
            vitals,
        })
    }
}

/// What kind of episode it is.
fn kind(deed: &Deed, victims: &[(usize, Fault)], primary: usize) -> String {
    match (deed, victims) {
        (Deed::All, _) => "all killed".to_owned(),
        (Deed::Some { .. }, [(position, fault)]) if *position == primary => format!("{}, primary", fault.kind()),
        (Deed::Some { .. }, [(_, fault)]) => format!("{}, backup", fault.kind()),
        (Deed::Some { .. }, victims) => format!("{} at once", victims.len()),
    }
}
