//! The product broken on purpose: a copy of its sources in which one thing is replaced, built on its own.
//!
//! The product itself has no switch for this, so there is none that could be left on.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::product;
use crate::scratch::Scratch;

/// The exit code of a simulation in which a rule was broken.
const VIOLATED: i32 = 1;
/// Lines of a failed run that are shown.
const LINES_SHOWN: usize = 4;

/// A text that stands in a file exactly once, and what it becomes.
struct Replacement {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

/// Neither a real disk nor the simulated one makes contents durable, and both say that they did.
const NO_FSYNC: [Replacement; 2] = [
    Replacement {
        file: "crates/storage/src/disk/real.rs",
        from: "self.file.sync_data().map_err(|error| failed(&self.path, Operation::Sync, &error))",
        to: "Ok(())",
    },
    Replacement {
        file: "crates/storage/src/disk/memory/file.rs",
        from: "Some(contents) => contents.sync(),",
        to: "Some(_) => {}",
    },
];

/// A copy of the sources that is broken.
pub(super) struct Mutant {
    scratch: Scratch,
}

/// Makes the mutant that never syncs a file, anew.
pub(super) fn without_sync(root: &Path) -> io::Result<Mutant> {
    let scratch = Scratch::make(root, "no-fsync")?;
    for Replacement { file, from, to } in NO_FSYNC {
        let path = scratch.sources().join(file);
        let text = replace_once(&fs::read_to_string(&path)?, from, to);
        let text = text.ok_or_else(|| io::Error::other(format!("{file} does not have exactly once: {from}")))?;
        fs::write(&path, text)?;
    }
    Ok(Mutant { scratch })
}

/// The text with `from` replaced, if it stands there exactly once.
fn replace_once(text: &str, from: &str, to: &str) -> Option<String> {
    (text.matches(from).count() == 1).then(|| text.replacen(from, to, 1))
}

impl Mutant {
    /// The broken `synod`.
    pub(super) fn build_product(&self) -> io::Result<PathBuf> {
        self.scratch.build(&["--package", "synod"])?;
        Ok(self.scratch.built().join("synod"))
    }

    /// Whether the simulator, with the broken simulated disk, finds in `seeds` seeds that promises are broken.
    pub(super) fn is_caught_by_simulator(&self, seeds: u64) -> io::Result<bool> {
        let mut simulator = Command::new(self.build_product()?);
        simulator.args(["sim", "--replicas", "4", "--fail-fast", "--seeds", &seeds.to_string()]);
        simulator.arg("--failures").arg(self.scratch.built().with_file_name("failures"));
        println!("durability: {}", product::name(&simulator));
        let ended = simulator.stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
        let verdict = verdict(&said);
        verdict.iter().for_each(|line| println!("  {line}"));
        Ok(ended.status.code() == Some(VIOLATED) && !verdict.is_empty())
    }
}

/// The last lines up to the one that tells how to see the failure again; nothing if no seed failed.
fn verdict(said: &str) -> Vec<&str> {
    let lines: Vec<&str> = said.lines().collect();
    let tells = |line: &&str| line.trim_start().starts_with("to see it again: ");
    let end = lines.iter().position(tells).map_or(0, |index| index + 1);
    lines[end.saturating_sub(LINES_SHOWN)..end].to_vec()
}

#[cfg(test)]
mod tests;
