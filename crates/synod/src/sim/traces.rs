//! Traces as files: where failures are kept, and what is read back.

use crate::failure::{Cause, Failure};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use synod_lab::trace::BYTES_MAX;
use synod_lab::{Outcome, Report, Series, Trace, Trial};

/// Failures of one campaign that are kept as files. Seeds say how to see the others.
const KEPT_MAX: u64 = 20;

/// Where a campaign keeps its failures.
pub(super) struct Folder {
    path: PathBuf,
    kept: AtomicU64,
}

impl Folder {
    /// This one, which is made when the first failure is kept.
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), kept: AtomicU64::new(0) }
    }

    /// Runs a failed trial once more, keeps every choice, and returns where they are; nothing if enough are kept.
    pub(super) fn keep(&self, series: &impl Series, trial: &Trial) -> Result<Option<PathBuf>, Failure> {
        let Some((rule, _)) = trial.broken() else { return Ok(None) };
        if self.kept.fetch_add(1, Ordering::Relaxed) >= KEPT_MAX {
            return Ok(None);
        }
        let seed = trial.seed();
        let mut trace = Trace::record(series.setup(seed), Some(rule), series.chooser(seed));
        trace.notes.extend(notes(&trial.report));
        let path = self.path.join(format!("{}-{}-{rule}-{seed}.trace", trace.setup.protocol, trial.attack));
        write(&path, &trace)?;
        Ok(Some(path))
    }
}

/// What is said of a failure at the head of its trace.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let (outcome, sentence) = Outcome::of(report);
    let sentence = sentence.unwrap_or("as it should be").replace(char::is_control, " ");
    vec![format!("{outcome}: {sentence}")]
}

/// Writes a trace, and the folder for it if need be.
pub(super) fn write(path: &Path, trace: &Trace) -> Result<(), Failure> {
    let failed = |error| Failure::new(Cause::Disk, format_args!("cannot write {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, trace.to_string()).map_err(failed)
}

/// Reads a trace.
pub(super) fn read(path: &Path) -> Result<Trace, Failure> {
    let refused = |why: &dyn std::fmt::Display| Failure::new(Cause::Usage, format_args!("{}: {why}", path.display()));
    let file = File::open(path).map_err(|error| refused(&error))?;
    let mut bytes = Vec::new();
    let limit = BYTES_MAX as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|error| refused(&error))?;
    let text = String::from_utf8(bytes).map_err(|_| refused(&"this is no trace: it is not text"))?;
    Trace::parse(&text).map_err(|error| refused(&error))
}

/// What an outcome is called in a sentence.
pub(super) fn told(outcome: Outcome) -> String {
    match outcome {
        Outcome::Holds => "no rule was broken".to_owned(),
        Outcome::Breaks(rule) => format!("{rule} was broken"),
    }
}
