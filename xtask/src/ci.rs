//! Runs steps, says which it runs and how long each took, and stops at the first that fails.
//!
//! What the commands print goes straight to the terminal, untouched.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fmt, fs};

use crate::steps::{Action, Invocation, Step, StepName};
use crate::{tidy, tools};

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    /// Failed; the command does the failed part again.
    Failed {
        rerun: String,
    },
    /// Could not be done on this machine.
    Skipped {
        reason: String,
    },
    /// Not reached, because an earlier step failed.
    NotRun,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Outcome::Passed => "ok",
            Outcome::Failed { .. } => "FAILED",
            Outcome::Skipped { .. } => "skipped",
            Outcome::NotRun => "not run",
        })
    }
}

/// What becomes of a step that cannot be done on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is left out, and said so.
    IsSkipped,
    /// It fails.
    Fails,
}

impl Missing {
    fn judge(self, outcome: Outcome) -> Outcome {
        match (self, outcome) {
            (Missing::Fails, Outcome::Skipped { reason }) => {
                Outcome::Failed { rerun: format!("`cargo xtask ci --strict`, once this is mended: {reason}") }
            }
            (_, outcome) => outcome,
        }
    }
}

struct Report {
    name: StepName,
    outcome: Outcome,
    took: Duration,
}

/// Prints the steps and their commands.
pub(crate) fn list(steps: &[Step], output: &mut dyn Write) -> io::Result<()> {
    for step in steps {
        writeln!(output, "{:<11} {}", step.name, summary(&step.action))?;
    }
    Ok(())
}

/// Runs the steps on the repository at `root` until one fails, then sums up. Returns whether none failed.
pub(crate) fn run(root: &Path, steps: &[Step], missing: Missing, output: &mut dyn Write) -> io::Result<bool> {
    run_with(steps, output, |step, output| Ok(missing.judge(perform(root, step, output)?)))
}

/// Runs one step that was asked for by name. Returns whether it was done and passed; having to skip it is a failure.
pub(crate) fn run_one(root: &Path, step: &Step, output: &mut dyn Write) -> io::Result<bool> {
    match perform(root, step, output)? {
        Outcome::Passed => Ok(true),
        Outcome::Failed { .. } | Outcome::NotRun => Ok(false),
        Outcome::Skipped { reason } => {
            writeln!(output, "{}: cannot run: {reason}", step.name)?;
            Ok(false)
        }
    }
}

fn run_with<F>(steps: &[Step], output: &mut dyn Write, mut perform: F) -> io::Result<bool>
where
    F: FnMut(&Step, &mut dyn Write) -> io::Result<Outcome>,
{
    let mut reports: Vec<Report> = Vec::with_capacity(steps.len());
    for step in steps {
        let failed = reports.iter().any(|report| matches!(report.outcome, Outcome::Failed { .. }));
        if failed {
            reports.push(Report { name: step.name, outcome: Outcome::NotRun, took: Duration::ZERO });
            continue;
        }
        writeln!(output, "==> {}: {}", step.name, summary(&step.action))?;
        let start = Instant::now();
        let outcome = perform(step, output)?;
        let took = start.elapsed();
        writeln!(output, "<== {}: {outcome} after {:.1} s\n", step.name, took.as_secs_f64())?;
        reports.push(Report { name: step.name, outcome, took });
    }
    sum_up(&reports, output)
}

fn sum_up(reports: &[Report], output: &mut dyn Write) -> io::Result<bool> {
    let mut rerun = None;
    for report in reports {
        let Report { name, outcome, took } = report;
        match outcome {
            Outcome::Skipped { reason } => writeln!(output, "{outcome:<7} {name:<11} {reason}")?,
            Outcome::NotRun => writeln!(output, "{outcome:<7} {name}")?,
            Outcome::Passed | Outcome::Failed { .. } => {
                writeln!(output, "{outcome:<7} {name:<11} {:7.1} s", took.as_secs_f64())?;
            }
        }
        if let Outcome::Failed { rerun: command } = outcome {
            rerun = Some((*name, command));
        }
    }
    let total: Duration = reports.iter().map(|report| report.took).sum();
    match rerun {
        None => writeln!(output, "ci: passed in {:.1} s", total.as_secs_f64())?,
        Some((name, command)) => writeln!(output, "ci: {name} failed; to run it again: {command}")?,
    }
    Ok(rerun.is_none())
}

/// One line about what a step does.
fn summary(action: &Action) -> String {
    match action {
        Action::Commands(commands) => commands.iter().map(Invocation::to_string).collect::<Vec<_>>().join(" && "),
        Action::Tidy => "the house rules (cargo xtask tidy)".to_owned(),
        Action::Skip(reason) => format!("skipped: {reason}"),
    }
}

fn perform(root: &Path, step: &Step, output: &mut dyn Write) -> io::Result<Outcome> {
    let commands = match &step.action {
        Action::Commands(commands) => commands,
        Action::Tidy if tidy::run(root, output)? => return Ok(Outcome::Passed),
        Action::Tidy => return Ok(Outcome::Failed { rerun: "cargo xtask tidy".to_owned() }),
        Action::Skip(reason) => return Ok(Outcome::Skipped { reason: reason.clone() }),
    };
    output.flush()?;
    for command in commands {
        if !call(root, command)? {
            return Ok(Outcome::Failed { rerun: command.to_string() });
        }
    }
    Ok(Outcome::Passed)
}

/// Runs a command with our terminal and returns whether it succeeded.
fn call(root: &Path, invocation: &Invocation) -> io::Result<bool> {
    for folder in &invocation.folders {
        fs::create_dir_all(root.join(folder))?;
    }
    let mut command = tools::cargo();
    command.args(&invocation.arguments).envs(invocation.variable).current_dir(root);
    let status = command.status();
    let status = status.map_err(|error| io::Error::other(format!("`{invocation}` cannot be started: {error}")))?;
    Ok(status.success())
}

#[cfg(test)]
mod tests;
