//! What has to be known about a machine to make something of numbers that were measured on it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// Cores, processor, kernel, load, and the file system that holds `folder`; null where the system does not tell.
pub(super) fn facts(folder: &Path) -> Value {
    let read = |path: &str| fs::read_to_string(path).ok();
    let cpu = read("/proc/cpuinfo").and_then(|text| processor(&text));
    let mounts = read("/proc/mounts").unwrap_or_default();
    let file_system = folder.canonicalize().ok().and_then(|folder| file_system(&mounts, &folder));
    json!({
        "cores": std::thread::available_parallelism().ok().map(usize::from),
        "cpu": cpu,
        "kernel": read("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned()),
        "load_average": load(),
        "folder": folder.display().to_string(),
        "file_system": file_system,
    })
}

/// The commit that the repository at `root` is at, and whether anything was changed since.
pub(super) fn commit(root: &Path) -> String {
    let git = |arguments: &[&str]| {
        let ended = Command::new("git").args(arguments).current_dir(root).stdin(Stdio::null()).output().ok()?;
        ended.status.success().then(|| String::from_utf8_lossy(&ended.stdout).trim().to_owned())
    };
    name_of(git(&["rev-parse", "--short", "HEAD"]), git(&["status", "--porcelain"]))
}

fn name_of(commit: Option<String>, changes: Option<String>) -> String {
    match (commit, changes) {
        (Some(commit), Some(changes)) if changes.is_empty() => commit,
        (Some(commit), _) => format!("{commit} with changes"),
        (None, _) => "unknown".to_owned(),
    }
}

/// The averages over one, five and fifteen minutes.
pub(super) fn load() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    Some(text.split(' ').take(3).collect::<Vec<_>>().join(" "))
}

fn processor(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

/// Kind and device of what is mounted closest above a folder.
fn file_system(mounts: &str, folder: &Path) -> Option<String> {
    let entries = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?, Path::new(words.next()?), words.next()?))
    });
    let above = entries.filter(|(_, point, _)| folder.starts_with(point));
    // Of two that are mounted at one place, the later hides the earlier.
    let (device, _, kind) = above.max_by_key(|(_, point, _)| point.components().count())?;
    Some(format!("{kind} on {device}"))
}

#[cfg(test)]
mod tests;
