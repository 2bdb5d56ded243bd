//! `synod sim shrink`: the shortest story of a failure.

use super::arguments::Shrink;
use super::{interruption, replay, report::count, traces};
use crate::failure::{Cause, Failure};
use crate::output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use synod_kernel::chooser::Fit;
use synod_lab::Next;
use synod_lab::shrink::{Progress, shrink};

/// How often a line is written where there is no bar.
const LINE: Duration = Duration::from_secs(10);

/// Shrinks, writes the result, and tells its story.
pub(super) fn run(arguments: &Shrink) -> Result<(), Failure> {
    let trace = traces::read(&arguments.file)?;
    let out = arguments.out.clone().unwrap_or_else(|| beside(arguments));
    let interrupted = interruption("ending with what was found by now")?;
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template("{spinner} {msg}").expect("the template is right"));
    let (begun, mut told) = (Instant::now(), Instant::now());
    let time = arguments.minutes.map(|minutes| Duration::from_secs(60 * minutes));
    let watch = |progress: &Progress| {
        let Progress { attempts, events, choices } = *progress;
        let text = format!("{} attempts: {} events, {} choices", count(attempts), count(events), count(choices as u64));
        if !bar.is_hidden() {
            bar.set_message(text);
            bar.tick();
        } else if told.elapsed() >= LINE {
            told = Instant::now();
            eprintln!("{text}");
        }
        let is_over = interrupted.load(Ordering::Relaxed) || time.is_some_and(|time| begun.elapsed() >= time);
        if is_over { Next::Stop } else { Next::GoOn }
    };
    let shrunk = shrink(&trace, arguments.attempts, watch);
    bar.finish_and_clear();
    let mut shrunk =
        shrunk.map_err(|error| Failure::new(Cause::Usage, format_args!("{}: {error}", arguments.file.display())))?;
    let replay = shrunk.replay(Fit::Exact);
    shrunk.notes = traces::notes(&replay.report);
    traces::write(&out, &shrunk)?;
    eprintln!(
        "{} events and {} choices, of {} and {}; the trace is in {}",
        count(shrunk.events),
        count(shrunk.choices.len() as u64),
        count(trace.events),
        count(trace.choices.len() as u64),
        out.display()
    );
    output::print(&replay::story(&shrunk, &replay, &out))?;
    match &replay.difference {
        None => Ok(()),
        Some(difference) => Err(Failure::new(Cause::Internal, format_args!("the shrunk run is another: {difference}"))),
    }
}

/// Where the result goes if nobody says.
fn beside(arguments: &Shrink) -> PathBuf {
    arguments.file.with_extension("min.trace")
}
