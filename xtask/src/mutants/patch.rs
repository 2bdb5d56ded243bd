//! A mutant as it is written down: its id and what it weakens in the first line, its story below, then the patch.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How the files of mutants end.
const ENDING: &str = "patch";

/// A mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patch {
    /// As docs/mutants.md has it.
    pub(super) id: String,
    /// What is weakened.
    pub(super) title: String,
    /// Where it is written down.
    pub(super) path: PathBuf,
}

impl Patch {
    /// Reads one.
    fn parse(path: PathBuf, text: &str) -> Result<Self, String> {
        let first = text.lines().next().unwrap_or_default();
        let (id, title) = first.split_once(": ").ok_or("its first line is not like `MU-01: what is weakened`")?;
        if path.file_stem().is_none_or(|stem| stem != id) {
            return Err(format!("it is called otherwise than its id, {id}"));
        }
        if !text.lines().any(|line| line.starts_with("--- a/")) {
            return Err("it changes nothing".to_owned());
        }
        Ok(Self { id: id.to_owned(), title: title.to_owned(), path })
    }
}

/// Every mutant of a folder, by id.
pub(super) fn read_all(folder: &Path) -> io::Result<BTreeMap<String, Patch>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == ENDING) {
            let text = fs::read_to_string(&path)?;
            let patch = Patch::parse(path.clone(), &text);
            let patch = patch.map_err(|why| io::Error::other(format!("{}: {why}", path.display())))?;
            all.insert(patch.id.clone(), patch);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
