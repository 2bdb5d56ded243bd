//! `synod bench`: what the cluster carries under a load, how long an operation takes, and what it costs.
//!
//! The load is closed: a fixed number of operations is always outstanding, and the next one begins when one ends. So a
//! stall of the cluster shows in the rate and in the latency of the operations it holds up, not in operations that
//! would have come meanwhile. An operation counts as acknowledged when f+1 replicas have signed its result.

mod arguments;
mod load;
mod probe;
mod progress;
mod recorder;
mod report;
mod usage;
mod workload;

pub(crate) use arguments::Bench;

use crate::failure::{Cause, Failure};
use crate::session;
use load::Load;
use probe::{Beside, Probe, Probes};
use progress::Progress;
use recorder::{Counts, Recorder};
use report::Report;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use usage::Snapshot;

/// Loads the cluster, measures and reports.
pub(crate) fn run(arguments: &Bench) -> Result<(), Failure> {
    let place = probe::near(&arguments.dir);
    let probe = Probe::run(&place)?;
    let report = session::block_on(measure(arguments, &place, probe))?;
    report.tell(arguments.json)?;
    verdict(report.counts())
}

async fn measure(arguments: &Bench, place: &Path, probe: Probe) -> Result<Report, Failure> {
    let recorder = Arc::new(Recorder::default());
    let load = Load::start(arguments, &recorder).await?;
    let progress = Progress::new();
    progress.run(Duration::from_secs(arguments.warmup), &recorder, "warming up").await;

    let before = Snapshot::take(load.observer(), load.membership()).await;
    let beside = Beside::start(place)?;
    recorder.restart();
    let begun = Instant::now();
    progress.run(Duration::from_secs(arguments.seconds), &recorder, "").await;
    // The interval ends when all have answered, as it began, so that what they count is what we count.
    let after = Snapshot::take(load.observer(), load.membership()).await;
    let tally = recorder.finish();
    let took = begun.elapsed();
    let probes = Probes { before: probe, beside: beside.end()? };

    let replicas = load.membership().size();
    load.end(arguments.timeout).await;
    let used = usage::between(&before, &after);
    Ok(Report::new(arguments, replicas, &tally, took, used, (place, probes)))
}

/// How the command ends.
fn verdict(counts: Counts) -> Result<(), Failure> {
    if counts.nonsense > 0 {
        let sentence = "enough replicas vouch for answers that no key-value store gives: this cluster runs another \
                        service or version, or more replicas lie than it tolerates";
        Err(Failure::new(Cause::Unverified, sentence))
    } else if counts.acknowledged > 0 {
        Ok(())
    } else if counts.refused > 0 {
        Err(Failure::new(Cause::Failed, "nothing was acknowledged: operations were refused"))
    } else {
        Err(Failure::new(Cause::Unreachable, "nothing was acknowledged in the measured time"))
    }
}

#[cfg(test)]
mod tests;
