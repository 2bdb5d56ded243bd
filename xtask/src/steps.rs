//! The steps of CI as data: what each is called and which commands it runs. Running them is `ci`'s.

use std::fmt;
use std::time::Duration;

use clap::ValueEnum;

use crate::fuzz;
use crate::tools::Tools;

/// How long CI fuzzes each target: long enough to see that the target works, not to find anything new.
const FUZZ_IN_CI: Duration = Duration::from_secs(5);

/// What puts a load on etcd: a workspace of its own.
const BENCH: &str = "bench/etcd/Cargo.toml";
/// The fuzz targets: another one.
const FUZZ: &str = "fuzz/Cargo.toml";

/// What runs the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runner {
    /// cargo-nextest where it is installed, else cargo itself.
    Auto,
    /// `cargo test`, which is always there.
    Cargo,
    /// cargo-nextest: each test in a process of its own.
    Nextest,
}

/// The steps, in the order in which CI takes them: the cheapest and the most often wrong first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StepName {
    /// Formatting.
    Fmt,
    /// Lints.
    Clippy,
    /// Lints of the fuzz targets.
    FuzzClippy,
    /// House rules.
    Tidy,
    /// Tests.
    Test,
    /// Documentation.
    Doc,
    /// Licences and bans.
    Deny,
    /// A short run of each fuzz target.
    Fuzz,
    /// Changes to the code that no test notices. It takes hours, so it is a task and no step of CI.
    #[value(skip)]
    Mutants,
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            StepName::Fmt => "fmt",
            StepName::Clippy => "clippy",
            StepName::FuzzClippy => "fuzz-clippy",
            StepName::Tidy => "tidy",
            StepName::Test => "test",
            StepName::Doc => "doc",
            StepName::Deny => "deny",
            StepName::Fuzz => "fuzz",
            StepName::Mutants => "mutants",
        };
        f.pad(name)
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Its name, which is also the task that runs it alone.
    pub(crate) name: StepName,
    /// What it does.
    pub(crate) action: Action,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Runs commands one after the other.
    Commands(Vec<Invocation>),
    /// Checks the house rules, in this process.
    Tidy,
    /// Nothing, for the given reason.
    Skip(String),
}

/// A call of cargo in the root of the repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Invocation {
    /// What follows `cargo`.
    pub(crate) arguments: Vec<String>,
    /// A variable set in its environment.
    pub(crate) variable: Option<(&'static str, &'static str)>,
    /// Folders that must exist before it runs.
    pub(crate) folders: Vec<String>,
}

impl Invocation {
    /// Cargo with the given arguments.
    pub(crate) fn cargo(arguments: &[&str]) -> Self {
        Invocation {
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            ..Invocation::default()
        }
    }
}

/// The line that does the same in a shell.
impl fmt::Display for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, value)) = self.variable {
            write!(f, "{name}=\"{value}\" ")?;
        }
        write!(f, "cargo {}", self.arguments.join(" "))
    }
}

/// Every step, in order.
pub(crate) fn all(tools: &Tools, runner: Runner) -> Vec<Step> {
    StepName::value_variants().iter().map(|name| step(*name, tools, runner)).collect()
}

/// The step called `name`.
pub(crate) fn step(name: StepName, tools: &Tools, runner: Runner) -> Step {
    let action = match name {
        StepName::Fmt => {
            let apart = [BENCH, FUZZ].map(|manifest| vec!["fmt", "--manifest-path", manifest, "--check"]);
            commands([vec!["fmt", "--all", "--check"]].into_iter().chain(apart))
        }
        StepName::Clippy => commands([vec!["--workspace"], vec!["--manifest-path", BENCH]].map(lints)),
        StepName::FuzzClippy if tools.cxx => commands([lints(vec!["--manifest-path", FUZZ])]),
        StepName::FuzzClippy => {
            Action::Skip("there is no compiler for C++, which the fuzzer's library is built with".to_owned())
        }
        StepName::Tidy => Action::Tidy,
        StepName::Test => tests(tools, runner),
        StepName::Doc => Action::Commands(vec![Invocation {
            variable: Some(("RUSTDOCFLAGS", "-D warnings")),
            ..Invocation::cargo(&["doc", "--workspace", "--no-deps", "--locked"])
        }]),
        // Advisories change from day to day without a change here, and need the network: they are not CI's.
        StepName::Deny if tools.deny => commands([vec!["deny", "--locked", "check", "licenses", "bans", "sources"]]),
        StepName::Deny => {
            Action::Skip("cargo-deny is not installed; `cargo install --locked cargo-deny` installs it".to_owned())
        }
        StepName::Fuzz => fuzz::action(&tools.fuzz, FUZZ_IN_CI, None),
        StepName::Mutants => mutants(tools, None),
    };
    Step { name, action }
}

/// Breaks the code of a package, or of all, in one small way after the other, and looks whether its tests notice.
pub(crate) fn mutants(tools: &Tools, package: Option<&str>) -> Action {
    if !tools.mutants {
        let reason = "cargo-mutants is not installed; `cargo install --locked cargo-mutants` installs it";
        return Action::Skip(reason.to_owned());
    }
    let which = package.map_or_else(|| vec!["--workspace"], |package| vec!["--package", package]);
    let arguments = [vec!["mutants", "--output", "target"], which].concat();
    Action::Commands(vec![Invocation { folders: vec!["target".to_owned()], ..Invocation::cargo(&arguments) }])
}

fn tests(tools: &Tools, runner: Runner) -> Action {
    let use_nextest = match runner {
        Runner::Auto => tools.nextest,
        Runner::Cargo => false,
        Runner::Nextest => true,
    };
    let apart = vec!["test", "--manifest-path", BENCH, "--locked"];
    if use_nextest {
        // nextest runs no documentation tests.
        let nextest = vec!["nextest", "run", "--workspace", "--locked", "--no-fail-fast"];
        commands([nextest, vec!["test", "--workspace", "--locked", "--doc"], apart])
    } else {
        commands([vec!["test", "--workspace", "--locked", "--no-fail-fast"], apart])
    }
}

/// The arguments that lint these packages.
fn lints(which: Vec<&str>) -> Vec<&str> {
    [vec!["clippy"], which, vec!["--all-targets", "--all-features", "--locked", "--", "-D", "warnings"]].concat()
}

fn commands<'a>(calls: impl IntoIterator<Item = Vec<&'a str>>) -> Action {
    Action::Commands(calls.into_iter().map(|arguments| Invocation::cargo(&arguments)).collect())
}

#[cfg(test)]
mod tests;
