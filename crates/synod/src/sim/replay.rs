//! `synod sim replay`: one run again, told as a story.

use super::arguments::Replay;
use super::traces::{self, told};
use crate::failure::{Cause, Failure};
use crate::output::{self, Layout};
use std::path::Path;
use synod_kernel::chooser::Fit;
use synod_lab::trace::{self, Difference, Outcome, Trace};

/// Plays a trace, tells what happened, and judges whether it is what was expected.
pub(super) fn run(arguments: &Replay) -> Result<(), Failure> {
    let trace = traces::read(&arguments.file)?;
    let fit = if arguments.near { Fit::Near } else { Fit::Exact };
    let replay = trace.replay(fit);
    output::print(&story(&trace, &replay, &arguments.file))?;
    if let Some(difference) = &replay.difference {
        return Err(diverged(&trace, difference, &arguments.file));
    }
    if replay.outcome == trace.expected { Ok(()) } else { Err(Failure::told(Cause::Failed)) }
}

/// What happened, from who is there to the verdict.
pub(super) fn story(trace: &Trace, replay: &trace::Replay, file: &Path) -> String {
    let mut text = opening(trace);
    let left_out = replay.story.events - replay.story.lines.len() as u64;
    if left_out > 0 {
        text += &format!("... {left_out} events before these ...\n");
    }
    for line in &replay.story.lines {
        text += line;
        text.push('\n');
    }
    let (outcome, sentence) = Outcome::of(&replay.report);
    let verdict = match sentence {
        Some(sentence) => format!("{}: {sentence}", told(outcome)),
        None => told(outcome),
    };
    let comparison = if outcome == trace.expected {
        "as expected".to_owned()
    } else {
        format!("NOT AS EXPECTED: in this trace {}", told(trace.expected))
    };
    text += &format!("\n{verdict}\n{comparison}\nto see it again: synod sim replay {}\n", file.display());
    // What panicked may have said anything.
    output::escaped(text.as_bytes(), Layout::Lines)
}

/// Who is there, and what the columns are.
fn opening(trace: &Trace) -> String {
    let setup = &trace.setup;
    let membership = setup.options.membership;
    let mut text = String::new();
    for note in &trace.notes {
        text += &format!("{note}\n");
    }
    text += &format!(
        "{}: replicas r0 to r{}, of which {} may lie; clients from c0 on: {}; seed {}.\n",
        setup.protocol,
        membership.size() - 1,
        membership.tolerated(),
        setup.options.load.clients,
        setup.options.seed,
    );
    if let Some(story) = setup.attack.story() {
        let liars: Vec<String> = setup.options.corrupt.iter().map(|id| format!("r{id}")).collect();
        text += &format!("The attacker owns {}. {}: {}\n", liars.join(" and "), story.name, story.tells);
    }
    if !setup.options.frail.is_empty() {
        let frail: Vec<String> = setup.options.frail.iter().map(|id| format!("r{id}")).collect();
        text += &format!("The disk of {} is damaged when it crashes, so it counts as a liar.\n", frail.join(" and "));
    }
    text +=
        "Times are milliseconds; -- is the world itself. In brackets: the rules of the protocol that were applied.\n";
    text + "\n"
}

fn diverged(trace: &Trace, difference: &Difference, file: &Path) -> Failure {
    let (made_by, ours) = (&trace.made_by, env!("CARGO_PKG_VERSION"));
    Failure::new(
        Cause::Internal,
        format_args!(
            "this is not the run of the trace: {difference}\nThe trace was made by synod {made_by}, and this is \
             {ours}; the code may have changed since. `synod sim replay --near {}` plays it as near as it goes.",
            file.display()
        ),
    )
}
