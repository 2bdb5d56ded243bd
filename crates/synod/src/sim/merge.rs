//! `synod sim merge`: the results of several machines as one.

use super::arguments::Merge;
use super::report;
use crate::failure::{Cause, Failure};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use synod_lab::Summary;

/// Bytes of one result, at most; a real one has some kilobytes.
const FILE_MAX: u64 = 16 << 20;

/// Adds them up, tells, and ends as one campaign would have.
pub(super) fn run(arguments: &Merge) -> Result<(), Failure> {
    let mut sum: Option<Summary> = None;
    for path in &arguments.files {
        let summary = read(path)?;
        match &mut sum {
            None => sum = Some(summary),
            Some(sum) => sum.merge(&summary).map_err(|error| refused(path, error))?,
        }
    }
    let Some(sum) = sum else { return Err(Failure::new(Cause::Usage, "nothing to merge")) };
    report::tell(&sum, arguments.json)?;
    super::verdict(&sum)
}

fn read(path: &Path) -> Result<Summary, Failure> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| refused(path, error))?;
    file.take(FILE_MAX + 1).read_to_end(&mut bytes).map_err(|error| refused(path, error))?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(refused(path, format_args!("longer than the {FILE_MAX} bytes that a result has at most")));
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| refused(path, format_args!("not what `synod sim --json` writes: {error}")))
}

fn refused(path: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::new(Cause::Usage, format_args!("{}: {why}", path.display()))
}
