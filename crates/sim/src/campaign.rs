//! Many seeds on all cores: the totals, and the first seed that failed.

use crate::counters::Counters;
use crate::judge::Rule;
use crate::run::Report;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// What a campaign came to.
#[derive(Debug, Default)]
pub struct Totals {
    /// Everything that happened, counted.
    pub counters: Counters,
    /// How many seeds broke each rule that was not expected to hold.
    pub tolerated: BTreeMap<Rule, u64>,
    /// The failed run with the smallest seed among those that were run.
    pub failure: Option<Box<Report>>,
    /// Seeds that were run.
    pub seeds: u64,
}

/// Runs `seeds` on `threads` threads until one fails; runs under way are finished, later ones are not begun.
/// `progress` hears of each report, from any thread, one at a time. A seed is its own world, so the totals of a
/// campaign without a failure do not depend on the number of threads.
pub fn campaign(
    seeds: Range<u64>,
    threads: NonZero<usize>,
    run: impl Fn(u64) -> Report + Sync,
    progress: impl Fn(&Report, &Totals) + Sync,
) -> Totals {
    let next = AtomicU64::new(seeds.start);
    let stop = AtomicU64::new(seeds.end);
    let totals = Mutex::new(Totals::default());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= stop.load(Ordering::Relaxed) {
                return;
            }
            let report = run(seed);
            let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
            totals.seeds += 1;
            totals.counters.merge(&report.counters);
            for rule in report.tolerated.keys() {
                *totals.tolerated.entry(*rule).or_default() += 1;
            }
            progress(&report, &totals);
            if !report.is_good() {
                stop.fetch_min(seed, Ordering::Relaxed);
                let earlier = totals.failure.as_ref().is_some_and(|other| other.options.seed < seed);
                if !earlier {
                    totals.failure = Some(Box::new(report));
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads.get() {
            scope.spawn(work);
        }
    });
    totals.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
