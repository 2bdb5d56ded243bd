//! What this machine can do beyond cargo itself.
//!
//! No tool is ever needed: a missing one takes a check away from this machine, and the check says so.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::fuzz::{self, Fuzzing};

/// The optional tools.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    /// Whether cargo-nextest is installed.
    pub(crate) nextest: bool,
    /// Whether cargo-deny is installed.
    pub(crate) deny: bool,
    /// Whether cargo-mutants is installed.
    pub(crate) mutants: bool,
    /// Whether there is a C++ compiler, with which the fuzzer's library is built.
    pub(crate) cxx: bool,
    /// Whether there is something to fuzz and something to fuzz it with.
    pub(crate) fuzz: Fuzzing,
}

/// Looks for the tools on this machine and for fuzz targets in the repository at `root`.
pub(crate) fn find(root: &Path) -> Tools {
    Tools {
        nextest: is_installed("nextest"),
        deny: is_installed("deny"),
        mutants: is_installed("mutants"),
        cxx: runs(Command::new(std::env::var_os("CXX").unwrap_or_else(|| "c++".into())).arg("--version")),
        fuzz: fuzz::find(root, is_installed("fuzz"), is_nightly()),
    }
}

/// The cargo that runs us, so that all steps use one toolchain.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn is_installed(subcommand: &str) -> bool {
    runs(cargo().args([subcommand, "--version"]))
}

fn runs(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn is_nightly() -> bool {
    let version = cargo().arg("--version").stderr(Stdio::null()).output();
    version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("nightly"))
}
