//! How an exploration goes, on standard error: a bar on a terminal, a line now and then elsewhere.

use super::report::who;
use crate::sim::report::count;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};
use synod_lab::Exploration;
use synod_lab::explore::{self, Choice};

/// Full when the limit on states is reached; most explorations end earlier or there.
const BAR: &str = "[{bar:30}] {msg}";
/// How often the bar changes, at most.
const REDRAW: Duration = Duration::from_millis(200);
/// How often a line is written where there is no bar.
const LINE: Duration = Duration::from_secs(10);

/// Tells how it goes.
pub(super) struct Progress {
    bar: ProgressBar,
    /// When something was told last, and how many states there were then.
    told: Instant,
    states: usize,
}

impl Progress {
    /// It begins now.
    pub(super) fn new(exploration: &Exploration) -> Self {
        let bar = ProgressBar::with_draw_target(Some(exploration.limits.states as u64), ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template(BAR).expect("the template is right").progress_chars("=> "));
        Self { bar, told: Instant::now(), states: 0 }
    }

    /// So far it got with this choice of liars.
    pub(super) fn hear(&mut self, choice: &Choice, progress: explore::Progress) {
        let every = if self.bar.is_hidden() { LINE } else { REDRAW };
        let elapsed = self.told.elapsed();
        if elapsed < every {
            return;
        }
        // The next choice of liars begins with one state.
        let news = progress.states.checked_sub(self.states).unwrap_or(progress.states) as u64;
        (self.told, self.states) = (Instant::now(), progress.states);
        let rate = news * 1000 / u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let liars: Vec<u16> = choice.liars.iter().map(|id| id.get()).collect();
        let text = format!(
            "{}: {} states, {}/s, {} steps deep",
            who(&liars),
            count(progress.states as u64),
            count(rate),
            progress.depth
        );
        if self.bar.is_hidden() {
            eprintln!("{text}");
        } else {
            self.bar.set_position(progress.states as u64);
            self.bar.set_message(text);
        }
    }

    /// It is over.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
