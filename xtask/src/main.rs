//! The repository's own checks. `cargo xtask ci` is all that CI runs, so whoever has a checkout can run what CI runs.
//!
//! It depends on no crate of ours: it must be able to judge them when they do not compile.

mod bench_etcd;
mod catchup;
mod check;
mod ci;
mod cluster;
mod convergence;
mod durability;
mod endure;
mod fuzz;
mod hostile;
mod import;
mod load;
mod memory;
mod mutants;
mod product;
mod random;
mod scratch;
mod steps;
mod storm;
mod tidy;
mod tools;
mod vitals;
mod writer;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use ci::Missing;
use steps::{Runner, StepName};

/// The repository's own checks.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run every check in order and stop at the first that fails.
    Ci {
        /// Only print the steps and their commands.
        #[arg(long)]
        list: bool,
        /// What runs the tests.
        #[arg(long, value_enum, default_value_t = Runner::Auto)]
        runner: Runner,
        /// Fail if a step cannot be done on this machine, rather than skip it.
        #[arg(long)]
        strict: bool,
    },
    /// Check that the formatter would change nothing.
    Fmt,
    /// Run the linter; warnings are errors.
    Clippy,
    /// Check the house rules of docs/STYLE.md that a machine can check.
    Tidy,
    /// Run all tests.
    Test {
        /// What runs the tests.
        #[arg(long, value_enum, default_value_t = Runner::Auto)]
        runner: Runner,
    },
    /// Build the documentation; warnings are errors.
    Doc,
    /// Check the licences, bans and sources of dependencies with cargo-deny.
    Deny,
    /// Fuzz the decoders with cargo-fuzz.
    Fuzz {
        /// How long to fuzz each target.
        #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
        seconds: u64,
        /// The one target to fuzz; all by default.
        #[arg(long)]
        target: Option<String>,
    },
    /// Break the code in one small way after the other and look whether tests notice, with cargo-mutants. Not part of
    /// ci.
    CodeMutants {
        /// The one package to break; all by default.
        #[arg(long, value_name = "NAME")]
        package: Option<String>,
    },
    /// Weaken the protocol in one way after the other and look whether the simulator notices. Not part of ci.
    Mutants(mutants::Options),
    /// Kill all replicas of a real cluster again and again while a client writes, and look for losses. Not part of ci.
    Storm(storm::Options),
    /// Attack a real cluster from outside in every way there is, and look whether an honest client notices. Not part
    /// of ci.
    Hostile(hostile::Options),
    /// Kill, pause and cut off replicas of a real cluster under load; look for losses and standstills. Not part of ci.
    Endure(endure::Options),
    /// Write the same keys again and again, and look whether replicas need ever more memory. Not part of ci.
    Memory(memory::Options),
    /// Kill one replica of a loaded cluster and measure how fast it comes back and what that costs the others. Not part
    /// of ci.
    Catchup(catchup::Options),
    /// Trace the system calls of a real cluster: nothing may leave before it is durable. Needs strace; not part of ci.
    Durability(durability::Options),
    /// Measure synod and etcd under the same load, in turns. Needs etcd; not part of ci.
    BenchEtcd(bench_etcd::Options),
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does the task and returns whether all was well.
fn run(task: Task) -> io::Result<bool> {
    let root = repository_root()?;
    let mut output = io::stdout();
    let tools = tools::find(&root);
    match task {
        Task::Ci { list: true, runner, .. } => {
            ci::list(&steps::all(&tools, runner), &mut output)?;
            Ok(true)
        }
        Task::Ci { list: false, runner, strict } => {
            let missing = if strict { Missing::Fails } else { Missing::IsSkipped };
            ci::run(&root, &steps::all(&tools, runner), missing, &mut output)
        }
        Task::Fmt => ci::run_one(&root, &steps::step(StepName::Fmt, &tools, Runner::Auto), &mut output),
        Task::Clippy => ci::run_one(&root, &steps::step(StepName::Clippy, &tools, Runner::Auto), &mut output),
        Task::Tidy => ci::run_one(&root, &steps::step(StepName::Tidy, &tools, Runner::Auto), &mut output),
        Task::Test { runner } => ci::run_one(&root, &steps::step(StepName::Test, &tools, runner), &mut output),
        Task::Doc => ci::run_one(&root, &steps::step(StepName::Doc, &tools, Runner::Auto), &mut output),
        Task::Deny => ci::run_one(&root, &steps::step(StepName::Deny, &tools, Runner::Auto), &mut output),
        Task::Fuzz { seconds, target } => {
            let action = fuzz::action(&tools.fuzz, Duration::from_secs(seconds), target.as_deref());
            ci::run_one(&root, &steps::Step { name: StepName::Fuzz, action }, &mut output)
        }
        Task::Mutants(options) => mutants::run(&root, &options),
        Task::CodeMutants { package } => {
            let action = steps::mutants(&tools, package.as_deref());
            ci::run_one(&root, &steps::Step { name: StepName::Mutants, action }, &mut output)
        }
        Task::Storm(options) => storm::run(&root, &options),
        Task::Hostile(options) => hostile::run(&root, &options),
        Task::Endure(options) => endure::run(&root, &options),
        Task::Memory(options) => memory::run(&root, &options),
        Task::Catchup(options) => catchup::run(&root, &options),
        Task::Durability(options) => durability::run(&root, &options),
        Task::BenchEtcd(options) => bench_etcd::run(&root, &options),
    }
}

/// The folder that holds the workspace, which is the one above this crate.
fn repository_root() -> io::Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("run me as `cargo xtask`"))?;
    PathBuf::from(package).join("..").canonicalize()
}
