//! The copy of the sources that is broken and mended, and the campaign that runs on it.

use std::fmt;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::product;
use crate::scratch::Scratch;

use super::patch::Patch;

/// What runs the campaign.
const PACKAGE: &str = "synod-lab";
const EXAMPLE: &str = "hunt";

/// What came of a trial.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// A judge condemned it.
    Noticed {
        /// The first seed that did.
        seed: u64,
        /// The rule that was broken.
        rule: String,
        /// How.
        sentence: String,
        /// Processor time until then, in seconds.
        seconds: f64,
        /// The command that shows it again, with the mutant in place.
        replay: String,
    },
    /// Nobody noticed.
    Survived {
        /// How many seeds were run.
        seeds: u64,
        /// Processor time, in seconds.
        seconds: f64,
    },
    /// A judge condemned it, but by then the sound sources are condemned as well.
    Unclear {
        /// The first seed that did.
        seed: u64,
        /// Processor time until then, in seconds.
        seconds: f64,
    },
    /// The compiler noticed, which is no merit of the tester.
    DoesNotBuild,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Noticed { seed, rule, seconds, sentence, .. } => {
                write!(f, "noticed after {seconds:.1} s by seed {seed}: {rule}: {sentence}")
            }
            Self::Survived { seeds, seconds } => write!(f, "unnoticed in {seeds} seeds and {seconds:.1} s"),
            Self::Unclear { seed, .. } => {
                write!(f, "noticed by seed {seed}, up to which the sound sources are condemned as well")
            }
            Self::DoesNotBuild => write!(f, "does not build"),
        }
    }
}

impl Outcome {
    /// Takes the credit away if the sound sources are condemned by the same seed or an earlier one: it need not be the
    /// mutation that was noticed.
    pub(super) fn beside(self, sound: &Self) -> Self {
        match (self, sound) {
            (Self::Noticed { seed, seconds, .. }, Self::Noticed { seed: first, .. }) if seed >= *first => {
                Self::Unclear { seed, seconds }
            }
            (outcome, _) => outcome,
        }
    }
}

/// A copy of the sources, sound between trials.
pub(super) struct Hunt {
    scratch: Scratch,
    jobs: NonZero<usize>,
}

impl Hunt {
    /// Copies the sources anew, and keeps what was built of them before.
    pub(super) fn prepare(root: &Path, jobs: NonZero<usize>) -> io::Result<Self> {
        Ok(Self { scratch: Scratch::make(root, "hunt")?, jobs })
    }

    /// Puts a mutant on trial.
    pub(super) fn try_mutant(&mut self, patch: &Patch, seconds: u64) -> io::Result<Outcome> {
        apply(self.scratch.sources(), &patch.path, false)?;
        let outcome = match self.build() {
            Ok(program) => self.campaign(&program, &["--seconds".to_owned(), seconds.to_string()]),
            Err(_) => Ok(Outcome::DoesNotBuild),
        };
        apply(self.scratch.sources(), &patch.path, true)?;
        outcome
    }

    /// Puts the sound sources on trial.
    pub(super) fn try_sound(&mut self, seeds: u64) -> io::Result<Outcome> {
        let program = self.build()?;
        self.campaign(&program, &["--seeds".to_owned(), seeds.to_string()])
    }

    fn build(&self) -> io::Result<PathBuf> {
        self.scratch.build(&["--package", PACKAGE, "--example", EXAMPLE])?;
        Ok(self.scratch.built().join("examples").join(EXAMPLE))
    }

    fn campaign(&self, program: &Path, bound: &[String]) -> io::Result<Outcome> {
        let mut command = Command::new(program);
        command.args(["--jobs", &self.jobs.to_string()]).args(bound);
        let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let report = serde_json::from_str(&text).map_err(|error| {
            io::Error::other(format!("{} ended with {}: {error}", product::name(&command), output.status))
        })?;
        read(&report).ok_or_else(|| io::Error::other(format!("{} printed {text}", product::name(&command))))
    }
}

/// What the campaign printed.
fn read(report: &Value) -> Option<Outcome> {
    let (seeds, seconds) = (report["seeds"].as_u64()?, report["cpu_seconds"].as_f64()?);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match &report["failure"] {
        Value::Null => Some(Outcome::Survived { seeds, seconds }),
        failure => Some(Outcome::Noticed {
            seed: failure["seed"].as_u64()?,
            rule: text(&failure["rule"])?,
            sentence: text(&failure["sentence"])?,
            seconds,
            replay: text(&failure["replay"])?,
        }),
    }
}

/// Applies a patch to a copy of the sources, or takes it back.
pub(super) fn apply(sources: &Path, patch: &Path, backwards: bool) -> io::Result<()> {
    git_apply(sources, patch, if backwards { &["--reverse"] } else { &[] })
}

/// Whether a patch applies to the sources as they are.
#[cfg(test)]
pub(super) fn check(sources: &Path, patch: &Path) -> io::Result<()> {
    git_apply(sources, patch, &["--check"])
}

fn git_apply(sources: &Path, patch: &Path, arguments: &[&str]) -> io::Result<()> {
    let mut git = Command::new("git");
    git.arg("apply").args(arguments).arg(patch).current_dir(sources);
    // A copy below a repository is no part of it, and its files are not that repository's.
    git.env("GIT_CEILING_DIRECTORIES", sources.parent().unwrap_or(sources));
    product::succeed(&mut git)
}

#[cfg(test)]
mod tests;
