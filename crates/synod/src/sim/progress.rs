//! How a campaign goes, on standard error: a bar on a terminal, a line now and then elsewhere.

use super::arguments::Plan;
use super::report::{count, time};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use synod_lab::{Series, Summary};

const BAR: &str = "[{bar:30}] {msg}";
/// With a campaign that has no number of seeds.
const SPINNER: &str = "{spinner} {msg}";
/// How often the bar changes, at most.
const REDRAW: Duration = Duration::from_millis(200);
/// How often a line is written where there is no bar.
const LINE: Duration = Duration::from_secs(10);

/// Tells how it goes.
pub(super) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    told: Mutex<Instant>,
}

impl Progress {
    /// It begins now.
    pub(super) fn new<S: Series>(plan: &Plan<S>) -> Self {
        let bar = ProgressBar::with_draw_target(plan.series.len(), ProgressDrawTarget::stderr());
        let template = if plan.series.len().is_some() { BAR } else { SPINNER };
        bar.set_style(ProgressStyle::with_template(template).expect("the template is right").progress_chars("=> "));
        let begun = Instant::now();
        Self { bar, begun, told: Mutex::new(begun) }
    }

    /// Another seed is done.
    pub(super) fn hear(&self, summary: &Summary) {
        let every = if self.bar.is_hidden() { LINE } else { REDRAW };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() < every {
            return;
        }
        *told = Instant::now();
        let text = self.text(summary);
        if self.bar.is_hidden() {
            eprintln!("{text}");
        } else {
            self.bar.set_position(summary.seeds);
            self.bar.set_message(text);
        }
    }

    fn text(&self, summary: &Summary) -> String {
        let elapsed = self.begun.elapsed();
        // Rounded down to whole seeds a second where there are many, to seconds a seed where there are few.
        let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = summary.seeds.saturating_mul(1000) / milliseconds;
        let of = self.bar.length().map_or_else(String::new, |length| format!(" of {}", count(length)));
        let zero = summary.never_happened().count();
        let zero = if zero == 0 { String::new() } else { format!(", {zero} things not seen yet") };
        format!(
            "{} {}{of}, {rate}/s, simulated {}, {} messages, {} violations{zero}",
            count(summary.seeds),
            summary.subject.units(),
            time(summary.simulated_microseconds),
            count(summary.messages),
            summary.violations,
        )
    }

    /// Says something that is worth a line of its own.
    pub(super) fn say(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{text}"));
    }

    /// It is over.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
