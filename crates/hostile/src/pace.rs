//! How fast an attack goes: at most at its rate, and at most as fast as its share of the processor allows.
//!
//! Attacker and attacked share a small machine when this is tested. What the attacker itself computes is no merit of
//! the attack, so it is bounded, and reported.

use std::fs;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// What may be taken of the processor at once, ahead of the share.
const CREDIT: Duration = Duration::from_millis(50);
/// Actions are counted out once in so long.
const TICK: Duration = Duration::from_millis(2);

/// The time that this process has computed, if the system tells.
pub(crate) fn computed() -> Option<Duration> {
    let text = fs::read_to_string("/proc/self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Counts out actions.
#[derive(Debug)]
pub(crate) struct Pace {
    start: Instant,
    end: Instant,
    a_second: u32,
    given: u64,
    share: f64,
    computed: Option<Duration>,
}

impl Pace {
    /// So many actions a second for so long, with such a share of one core.
    pub(crate) fn new(a_second: u32, time: Duration, share: f64) -> Self {
        let start = Instant::now();
        Self { start, end: start + time, a_second, given: 0, share, computed: computed() }
    }

    /// Waits until actions are due and says how many; none when the time is over. What was missed is not made up for
    /// beyond a tenth of a second.
    pub(crate) async fn portion(&mut self) -> Option<u32> {
        loop {
            let debt = self.debt();
            let now = Instant::now();
            if now >= self.end {
                return None;
            }
            if !debt.is_zero() {
                sleep(debt.min(self.end - now)).await;
                continue;
            }
            let passed = (now - self.start).as_micros();
            let due = u64::try_from(passed * u128::from(self.a_second) / 1_000_000).unwrap_or(u64::MAX);
            self.given = self.given.max(due.saturating_sub(u64::from(self.a_second / 10).max(1)));
            if due > self.given {
                let portion = due - self.given;
                self.given = due;
                return Some(u32::try_from(portion).unwrap_or(u32::MAX));
            }
            let interval = Duration::from_secs(1) / self.a_second.max(1);
            sleep(interval.max(TICK).min(self.end - now)).await;
        }
    }

    /// What is left of the time.
    pub(crate) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// How long to compute nothing until the share is kept.
    fn debt(&self) -> Duration {
        let used = computed().zip(self.computed).map_or(Duration::ZERO, |(now, then)| now.saturating_sub(then));
        let allowed = self.start.elapsed().mul_f64(self.share) + CREDIT;
        used.saturating_sub(allowed).div_f64(self.share)
    }
}
