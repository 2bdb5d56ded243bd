//! The result of a demonstration.

use super::load::{Read, Written, rate};
use super::narrator::Narrator;
use super::pace::Latency;
use super::scene::Scene;
use super::watcher::Seen;
use crate::failure::Failure;
use crate::output;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;
use synod_kernel::ReplicaId;

/// What came of it. What is in it is in the JSON.
#[derive(Serialize)]
pub(crate) struct Report {
    replicas: u16,
    faults: u16,
    attack: String,
    operations: usize,
    /// Writes that f+1 replicas have signed for.
    acknowledged: usize,
    /// Writes of which that cannot be said.
    unacknowledged: usize,
    /// Acknowledged writes that were not there in the end.
    lost: usize,
    /// Acknowledged writes that were something else in the end.
    wrong: usize,
    /// Acknowledged writes that could not be read in the end.
    unread: usize,
    /// How often the primary was replaced.
    view_changes: u64,
    /// Pieces of evidence, each two contradictory signatures of one key, that honest replicas hold.
    evidence: usize,
    /// Against whom, and who holds it.
    accused: Vec<Accused>,
    /// The replica that was killed and started again.
    killed: Option<u16>,
    /// Whether it caught up.
    recovered: Option<bool>,
    seconds: f64,
    ops_per_second: f64,
    /// Half of the writes took at most so many microseconds, from being asked for to being acknowledged.
    p50_us: Option<u64>,
    /// All but one in a hundred.
    p99_us: Option<u64>,
    #[serde(skip)]
    latency: Option<Latency>,
    #[serde(skip)]
    complaint: Option<String>,
}

#[derive(Serialize)]
struct Accused {
    replica: u16,
    held_by: Vec<u16>,
}

impl Report {
    /// Sums up.
    pub(crate) fn new(
        scene: &Scene,
        written: &Written,
        read: &Read,
        recovered: Option<(ReplicaId, bool)>,
        seen: Seen,
    ) -> Self {
        let acknowledged = written.acknowledged.iter().filter(|acknowledged| **acknowledged).count();
        let evidence = seen.evidence.values().map(BTreeSet::len).sum();
        let accused = seen.evidence.into_iter().map(|(replica, held_by)| Accused {
            replica: replica.get(),
            held_by: held_by.into_iter().map(ReplicaId::get).collect(),
        });
        Self {
            replicas: scene.replicas(),
            faults: scene.faults(),
            attack: scene.lie().map_or_else(|| "none".to_owned(), |lie| lie.to_string()),
            operations: scene.operations(),
            acknowledged,
            unacknowledged: scene.operations() - acknowledged,
            lost: read.lost,
            wrong: read.wrong,
            unread: read.unread,
            view_changes: seen.view.get(),
            evidence,
            accused: accused.collect(),
            killed: recovered.map(|(id, _)| id.get()),
            recovered: recovered.map(|(_, recovered)| recovered),
            seconds: written.took.as_secs_f64(),
            ops_per_second: rate(acknowledged, written.took),
            p50_us: written.latency.map(|latency| microseconds(latency.p50)),
            p99_us: written.latency.map(|latency| microseconds(latency.p99)),
            latency: written.latency,
            complaint: written.complaint.clone(),
        }
    }

    /// Whether the cluster did what it promises.
    pub(crate) fn is_good(&self) -> bool {
        self.lost + self.wrong + self.unread + self.unacknowledged == 0 && self.recovered != Some(false)
    }

    /// Tells it.
    pub(crate) fn tell(&self, narrator: &Narrator) -> Result<(), Failure> {
        if narrator.is_json() { output::print_json(self) } else { output::print(&self.story()) }
    }

    fn story(&self) -> String {
        let Self { acknowledged, lost, wrong, unread, unacknowledged, .. } = self;
        let mut story = format!("\n{acknowledged} acknowledged, {lost} lost, {wrong} wrong");
        if *unread > 0 {
            story += &format!(", {unread} COULD NOT BE READ");
        }
        if *unacknowledged > 0 {
            let why = self.complaint.as_deref().unwrap_or("the store refused them");
            story += &format!("; {unacknowledged} NOT ACKNOWLEDGED: {why}");
        }
        story.push('\n');
        if let Some(latency) = self.latency {
            story += &format!("{:.0} writes a second, {latency}\n", self.ops_per_second);
        }
        match self.view_changes {
            0 => story += "The primary was never replaced.\n",
            1 => story += "The primary was replaced once.\n",
            more => story += &format!("The primary was replaced {more} times.\n"),
        }
        for Accused { replica, held_by } in &self.accused {
            let holders = held_by.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
            story += &format!(
                "Replica {replica} is proved to have lied: by its own signatures, which replicas {holders} hold.\n"
            );
        }
        if self.attack == "silent" {
            story += "Silence proves nothing, so nobody is accused: a silent replica may only be slow.\n";
        }
        story
    }
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
