//! `synod sim`: whole clusters in one thread each, in virtual time, seed by seed, with everything going wrong that a
//! seed can think of, under judges.
//!
//! The codes with which it ends are its own: a verdict is not a failure of the command.

mod arguments;
mod explore;
mod merge;
mod progress;
mod replay;
mod report;
mod shrink;
mod traces;
mod twins;

pub(crate) use arguments::Sim;

use crate::failure::{Cause, Failure};
use crate::interrupts::Interrupts;
use crate::output::{self, Layout};
use crate::session;
use arguments::{Command, Plan};
use progress::Progress;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;
use synod_lab::campaign::run_all;
use synod_lab::summary::{Finding, Verdict};
use synod_lab::{Next, Series, Summary, Trial};
use traces::Folder;

/// Carries out what was asked for.
pub(crate) fn run(arguments: &Sim) -> Result<(), Failure> {
    match &arguments.command {
        Some(Command::Replay(arguments)) => replay::run(arguments),
        Some(Command::Shrink(arguments)) => shrink::run(arguments),
        Some(Command::Merge(arguments)) => merge::run(arguments),
        Some(Command::Twins(arguments)) => campaign(&arguments.plan()?),
        Some(Command::Explore(arguments)) => explore::run(arguments),
        None => campaign(&arguments.campaign.plan()?),
    }
}

/// Runs a campaign, or scenarios, to the end, and tells.
fn campaign<S: Series>(plan: &Plan<S>) -> Result<(), Failure> {
    let interrupted = interruption("ending with the runs that are under way")?;
    let progress = Progress::new(plan);
    let (folder, mut failure) = (plan.failures.as_deref().map(Folder::new), None);
    let begun = Instant::now();
    let hear = |trial: &Trial, summary: &Summary| {
        progress.hear(summary);
        if trial.broken().is_some()
            && let Some(folder) = &folder
        {
            match keep(plan, folder, trial) {
                Ok(Some(text)) => progress.say(&text),
                Ok(None) => {}
                Err(why) => failure = Some(why),
            }
        }
        let is_over = interrupted.load(Ordering::Relaxed) || plan.time.is_some_and(|time| begun.elapsed() >= time);
        let is_enough = plan.fail_fast && summary.violations > 0;
        if is_over || is_enough || failure.is_some() { Next::Stop } else { Next::GoOn }
    };
    let mut summary = run_all(&plan.series, plan.jobs, hear);
    progress.clear();
    summary.seconds = begun.elapsed().as_secs_f64();
    summary.interrupted = interrupted.load(Ordering::Relaxed);
    report::tell(&summary, plan.is_json)?;
    match failure {
        Some(failure) => Err(failure),
        None => verdict(&summary),
    }
}

/// Keeps a failed run, and says how to go on from there.
fn keep<S: Series>(plan: &Plan<S>, folder: &Folder, trial: &Trial) -> Result<Option<String>, Failure> {
    let (Some((rule, sentence)), Some(path)) = (trial.broken(), folder.keep(&plan.series, trial)?) else {
        return Ok(None);
    };
    let (unit, seed, path) = (plan.series.summary().subject.unit(), trial.seed(), path.display());
    let text = format!(
        "{unit} {seed} breaks {rule}: {sentence}\n  its trace is in {path}; to read what happened, as short as it \
         goes: synod sim shrink {path}"
    );
    Ok(Some(output::escaped(text.as_bytes(), Layout::Lines)))
}

/// Becomes true when the process is asked to end; asked a second time, it ends at once.
fn interruption(consequence: &'static str) -> Result<Arc<AtomicBool>, Failure> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let (sender, ready) = mpsc::channel();
    let flag = interrupted.clone();
    let wait = move || {
        session::block_on(async {
            let mut interrupts = match Interrupts::new() {
                Ok(interrupts) => interrupts,
                Err(failure) => {
                    let _ = sender.send(Err(failure));
                    return Ok(());
                }
            };
            let _ = sender.send(Ok(()));
            let signal = interrupts.next().await;
            flag.store(true, Ordering::Relaxed);
            eprintln!("{signal}: {consequence}; once more ends at once");
            interrupts.next().await;
            std::process::exit(130)
        })
    };
    let spawned = thread::Builder::new().name("signals".to_owned()).spawn(wait);
    spawned.map_err(|error| Failure::new(Cause::Disk, format_args!("cannot wait for signals: {error}")))?;
    ready.recv().unwrap_or_else(|_| Err(Failure::new(Cause::Internal, "nobody waits for signals")))?;
    Ok(interrupted)
}

/// How the command ends.
fn verdict(summary: &Summary) -> Result<(), Failure> {
    match summary.verdict() {
        Verdict::AsExpected => Ok(()),
        Verdict::Violated => Err(Failure::told(Cause::Failed)),
        Verdict::Inconclusive => Err(Failure::told(Cause::Inconclusive)),
        Verdict::TesterFailed => {
            let defects: Vec<String> = summary.defects.iter().map(defect).collect();
            Err(Failure::new(Cause::Internal, format_args!("the simulator itself failed\n{}", defects.join("\n"))))
        }
    }
}

fn defect(finding: &Finding) -> String {
    format!("number {}: {}; to see it again: {}", finding.seed, finding.sentence, finding.replay)
}
