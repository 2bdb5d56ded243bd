//! What a run came to.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::phase::{Phase, summarize};
use crate::convergence::End;
use crate::vitals::{Pulse, Vitals};
use crate::writer::Comparison;

/// Keys that are named, at most.
const NAMED_MAX: usize = 20;
/// Memory is compared with what it was at the second minute, give or take a look.
const WARM: Duration = Duration::from_secs(115);

/// What happened and what was found afterwards.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// What decided who suffered what.
    pub(super) seed: u64,
    /// How many replicas there were.
    pub(super) replicas: usize,
    /// Every phase, in order.
    pub(super) phases: Vec<Phase>,
    /// What was not as it should be meanwhile.
    pub(super) complaints: Vec<String>,
    /// How many writes were acknowledged, and to how many keys.
    pub(super) acknowledged: u64,
    /// How many keys were acknowledged.
    pub(super) keys: u64,
    /// What was read back of them.
    pub(super) comparison: Comparison,
    /// What the replicas say in the end.
    pub(super) end: Option<End>,
    /// How long they took to say the same, everything else that was done meanwhile included.
    pub(super) settled: Duration,
    /// How busy the machine was in the end.
    pub(super) busy: String,
    /// What was seen of each replica.
    pub(super) vitals: Option<Vitals>,
}

impl Report {
    /// Before anything happened.
    pub(super) fn new(seed: u64, replicas: usize) -> Self {
        Self {
            seed,
            replicas,
            phases: Vec::new(),
            complaints: Vec::new(),
            acknowledged: 0,
            keys: 0,
            comparison: Comparison::default(),
            end: None,
            settled: Duration::ZERO,
            busy: String::new(),
            vitals: None,
        }
    }

    /// Whether all was as it should be.
    pub(super) fn is_good(&self) -> bool {
        let Comparison { right, lost, wrong } = &self.comparison;
        let is_complete = *right == self.keys && lost.is_empty() && wrong.is_empty();
        let has_converged = matches!(self.end, Some(End::Converged { .. }));
        is_complete && *right > 0 && has_converged && self.complaints.is_empty()
    }

    fn pulses(&self) -> impl Iterator<Item = (usize, &Pulse)> {
        self.vitals.iter().flat_map(Vitals::pulses).enumerate()
    }

    /// For scripts.
    pub(super) fn to_json(&self) -> String {
        let Comparison { right, lost, wrong } = &self.comparison;
        let (checkpoint, digest) = match &self.end {
            Some(End::Converged { checkpoint, digest }) => (Some(*checkpoint), Some(digest)),
            Some(End::Apart(_)) | None => (None, None),
        };
        let phases: Vec<Value> = self.phases.iter().map(phase_to_json).collect();
        let replica = |(position, pulse): (usize, &Pulse)| {
            let memory = pulse.memory_since(WARM);
            json!({
                "replica": position, "transfers_started": pulse.count("StartTransfer"),
                "transfers_finished": pulse.count("FinishTransfer"), "views_left": pulse.count("LeaveView"),
                "memory_warm_bytes": memory.map(|(warm, _)| warm), "memory_end_bytes": memory.map(|(_, end)| end),
                "memory_ratio": pulse.growth_since(WARM),
            })
        };
        let replicas: Vec<Value> = self.pulses().map(replica).collect();
        let report = json!({
            "good": self.is_good(), "seed": self.seed, "replicas": self.replicas, "complaints": self.complaints,
            "acknowledged": self.acknowledged, "keys": self.keys, "right": right, "lost": lost, "wrong": wrong,
            "checkpoint": checkpoint, "digest": digest, "settled_ms": milliseconds(self.settled),
            "busy": self.busy, "view": self.vitals.as_ref().map(Vitals::view), "phases": phases, "each": replicas,
        });
        report.to_string()
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn phase_to_json(phase: &Phase) -> Value {
    let Phase { kind, time, acknowledged, stall } = phase;
    let (time, stall) = (milliseconds(*time), milliseconds(*stall));
    json!({ "kind": kind, "ms": time, "acknowledged": acknowledged, "longest_stall_ms": stall })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Comparison { right, lost, wrong } = &self.comparison;
        writeln!(
            f,
            "{:<18} {:>5} {:>9} {:>9} {:>15}",
            "what happened", "times", "seconds", "writes/s", "longest stall"
        )?;
        for (kind, summary) in summarize(&self.phases) {
            let (count, seconds, stall) = (summary.count, summary.time.as_secs_f64(), summary.stall.as_secs_f64());
            writeln!(f, "{kind:<18} {count:>5} {seconds:>9.1} {:>9.0} {stall:>13.1} s", summary.rate())?;
        }
        for (position, pulse) in self.pulses() {
            let (started, finished) = (pulse.count("StartTransfer"), pulse.count("FinishTransfer"));
            write!(f, "replica {position}: {started} transfers of state begun, {finished} finished")?;
            if let (Some((_, end)), Some(ratio)) = (pulse.memory_since(WARM), pulse.growth_since(WARM)) {
                write!(f, "; {} MiB in the end, {ratio:.2} times what it was after two minutes", end >> 20)?;
            }
            writeln!(f)?;
        }
        let view = self.vitals.as_ref().map_or(0, Vitals::view);
        writeln!(f, "{} replicas went through {view} views; {}", self.replicas, self.busy)?;
        writeln!(
            f,
            "{} writes to {} keys acknowledged; read back: {right} keys right, {} wrong, {} lost",
            self.acknowledged,
            self.keys,
            wrong.len(),
            lost.len()
        )?;
        lost.iter().take(NAMED_MAX).try_for_each(|line| writeln!(f, "lost: {line}"))?;
        wrong.iter().take(NAMED_MAX).try_for_each(|line| writeln!(f, "wrong: {line}"))?;
        self.complaints.iter().try_for_each(|complaint| writeln!(f, "BAD: {complaint}"))?;
        match &self.end {
            Some(End::Converged { checkpoint, digest }) => {
                let settled = self.settled.as_secs_f64();
                write!(f, "after {settled:.1} s all have the same state at checkpoint {checkpoint}: {digest}")
            }
            Some(End::Apart(status)) => write!(f, "the replicas did not converge:\n{status}"),
            None => write!(f, "the replicas were not asked for their states"),
        }
    }
}

#[cfg(test)]
mod tests;
