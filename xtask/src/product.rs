//! The `synod` command as a check runs it: built first, in the same build folder as always.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools;

/// Builds the release binary of the workspace at `root` and returns where it is.
pub(crate) fn build(root: &Path) -> io::Result<PathBuf> {
    let [synod] = build_all(root, ["synod"])?;
    Ok(synod)
}

/// The same for packages, each with a binary of its name. All at once, so that what they share is built once.
pub(crate) fn build_all<const N: usize>(root: &Path, packages: [&str; N]) -> io::Result<[PathBuf; N]> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target));
    let mut cargo = tools::cargo();
    cargo.args(["build", "--release", "--locked"]).current_dir(root);
    cargo.args(packages.iter().flat_map(|package| ["--package", package]));
    succeed(&mut cargo)?;
    Ok(packages.map(|package| target.join("release").join(package)))
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
