//! `synod sim explore`: everything that can happen in a world that is small enough, told by a shortest way if something
//! is wrong with it.

mod arguments;
mod progress;
mod report;

pub(super) use arguments::Explore;

use crate::failure::{Cause, Failure};
use progress::Progress;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use synod_lab::summary::Verdict;

/// Explores to the end, or to the limit, and tells.
pub(super) fn run(arguments: &Explore) -> Result<(), Failure> {
    let exploration = arguments.exploration()?;
    let interrupted = super::interruption("ending with what was looked at by now")?;
    let mut progress = Progress::new(&exploration);
    let findings = exploration.run(|choice, so_far| {
        progress.hear(choice, so_far);
        if interrupted.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    progress.clear();
    report::tell(&findings, arguments.is_json())?;
    match findings.verdict() {
        Verdict::AsExpected => Ok(()),
        Verdict::Violated => Err(Failure::told(Cause::Failed)),
        Verdict::Inconclusive => Err(Failure::told(Cause::Inconclusive)),
        Verdict::TesterFailed => Err(Failure::told(Cause::Internal)),
    }
}
