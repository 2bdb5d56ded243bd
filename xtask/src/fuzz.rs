//! Runs the fuzz targets, where cargo-fuzz is installed and `fuzz/` exists.
//!
//! What a run finds is kept out of the committed corpus: it goes to the build folder, and whoever runs the fuzzer
//! decides what is worth keeping. The same targets run as seeded tests over the committed corpus, without any tool.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::steps::{Action, Invocation};

/// Where each target finds what it found in earlier runs. Not committed.
const FOUND: &str = "target/fuzz-corpus";
const COMMITTED: &str = "fuzz/corpus";

/// What can be fuzzed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fuzzing {
    /// Nothing, for the given reason.
    Missing(String),
    /// The targets with the given names.
    Ready {
        /// Names of the files in `fuzz/fuzz_targets`, in order.
        targets: Vec<String>,
        /// Whether the compiler can build sanitizers in, which only nightly compilers can.
        sanitizers: bool,
    },
}

/// Looks for fuzz targets in the repository at `root`.
pub(crate) fn find(root: &Path, cargo_fuzz_is_installed: bool, compiler_is_nightly: bool) -> Fuzzing {
    let entries = fs::read_dir(root.join("fuzz/fuzz_targets")).into_iter().flatten().flatten();
    let name = |path: &Path| path.file_name()?.to_str()?.strip_suffix(".rs").map(str::to_owned);
    let mut targets: Vec<String> = entries.filter_map(|entry| name(&entry.path())).collect();
    targets.sort();
    if !root.join("fuzz/Cargo.toml").exists() || targets.is_empty() {
        return Fuzzing::Missing("there are no fuzz targets, fuzz/fuzz_targets is empty".to_owned());
    }
    if !cargo_fuzz_is_installed {
        return Fuzzing::Missing("cargo-fuzz is not installed; `cargo install cargo-fuzz` installs it".to_owned());
    }
    Fuzzing::Ready { targets, sanitizers: compiler_is_nightly }
}

/// Fuzzes each target, or only the one called `only`, for the given time.
pub(crate) fn action(fuzzing: &Fuzzing, time: Duration, only: Option<&str>) -> Action {
    let (targets, sanitizers) = match fuzzing {
        Fuzzing::Missing(reason) => return Action::Skip(reason.clone()),
        Fuzzing::Ready { targets, sanitizers } => (targets, *sanitizers),
    };
    let chosen: Vec<&String> = targets.iter().filter(|target| only.is_none_or(|only| only == *target)).collect();
    if chosen.is_empty() {
        return Action::Skip(format!("there is no such fuzz target; there are: {}", targets.join(", ")));
    }
    Action::Commands(chosen.into_iter().map(|target| invocation(target, time, sanitizers)).collect())
}

fn invocation(target: &str, time: Duration, sanitizers: bool) -> Invocation {
    let found = format!("{FOUND}/{target}");
    let limit = format!("-max_total_time={}", time.as_secs());
    let committed = format!("{COMMITTED}/{target}");
    let mut arguments = vec!["fuzz", "run"];
    if !sanitizers {
        arguments.extend(["-s", "none"]);
    }
    // The fuzzer writes to the first corpus and only reads the second.
    arguments.extend([target, &found, &committed, "--", &limit]);
    Invocation { folders: vec![found.clone(), committed.clone()], ..Invocation::cargo(&arguments) }
}

#[cfg(test)]
mod tests;
