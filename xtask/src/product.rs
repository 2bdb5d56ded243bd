//! The `synod` command as a check runs it: built first, in the same build folder as always.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools;

/// Builds the release binary of the workspace at `root` and returns where it is.
pub(crate) fn build(root: &Path) -> io::Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target));
    let mut cargo = tools::cargo();
    cargo.args(["build", "--release", "--package", "synod"]).current_dir(root);
    succeed(&mut cargo)?;
    Ok(target.join("release").join("synod"))
}

/// Runs a command with our terminal, to its end.
pub(crate) fn succeed(command: &mut Command) -> io::Result<()> {
    let status = command.status().map_err(|error| io::Error::other(format!("{}: {error}", name(command))))?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{} ended with {status}", name(command)))) }
}

/// The command as one would type it, for messages.
pub(crate) fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    format!("`{}`", words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" "))
}
