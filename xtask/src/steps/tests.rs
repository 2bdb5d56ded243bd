//! Which commands the steps are made of, for machines with and without the optional tools.

use super::{Action, Runner, StepName, all, mutants, step};
use crate::fuzz::Fuzzing;
use crate::tools::Tools;

fn tools(optional: bool) -> Tools {
    let fuzz = if optional {
        Fuzzing::Ready { targets: vec!["frame".to_owned()], sanitizers: true }
    } else {
        Fuzzing::Missing("nothing to fuzz".to_owned())
    };
    Tools { nextest: optional, deny: optional, mutants: optional, cxx: optional, fuzz }
}

fn lines(name: StepName, tools: &Tools, runner: Runner) -> Vec<String> {
    match step(name, tools, runner).action {
        Action::Commands(commands) => commands.iter().map(ToString::to_string).collect(),
        Action::Tidy => vec!["tidy".to_owned()],
        Action::Skip(reason) => vec![format!("skip: {reason}")],
    }
}

const WITH_CARGO: [&str; 2] =
    ["cargo test --workspace --locked --no-fail-fast", "cargo test --manifest-path bench/etcd/Cargo.toml --locked"];

#[test]
fn steps_come_cheapest_first() {
    let names: Vec<String> = all(&tools(false), Runner::Auto).iter().map(|step| step.name.to_string()).collect();
    assert_eq!(names, ["fmt", "clippy", "fuzz-clippy", "tidy", "test", "doc", "deny", "fuzz"]);
}

#[test]
fn cargo_alone_is_enough() {
    let steps = all(&tools(false), Runner::Auto);
    let skipped = |name: StepName| matches!(name, StepName::FuzzClippy | StepName::Deny | StepName::Fuzz);
    for step in &steps {
        assert_eq!(matches!(step.action, Action::Skip(_)), skipped(step.name), "{step:?}");
    }
    assert_eq!(lines(StepName::Test, &tools(false), Runner::Auto), WITH_CARGO);
}

#[test]
fn nextest_is_used_where_it_is_installed_and_leaves_documentation_tests_to_cargo() {
    let nextest = [
        "cargo nextest run --workspace --locked --no-fail-fast",
        "cargo test --workspace --locked --doc",
        WITH_CARGO[1],
    ];
    assert_eq!(lines(StepName::Test, &tools(true), Runner::Auto), nextest);
    assert_eq!(lines(StepName::Test, &tools(false), Runner::Nextest), nextest);
    assert_eq!(lines(StepName::Test, &tools(true), Runner::Cargo), WITH_CARGO);
}

#[test]
fn warnings_are_errors() {
    let clippy = [StepName::Clippy, StepName::FuzzClippy].map(|name| lines(name, &tools(true), Runner::Auto));
    for clippy in clippy.concat() {
        assert!(clippy.ends_with(" --all-targets --all-features --locked -- -D warnings"), "{clippy}");
    }
    let doc = ["RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps --locked"];
    assert_eq!(lines(StepName::Doc, &tools(false), Runner::Auto), doc);
}

#[test]
fn optional_tools_are_used_where_they_are_installed() {
    assert_eq!(lines(StepName::Deny, &tools(true), Runner::Auto), ["cargo deny --locked check licenses bans sources"]);
    assert_eq!(lines(StepName::Fuzz, &tools(true), Runner::Auto).len(), 1);
    assert!(lines(StepName::Deny, &tools(false), Runner::Auto)[0].starts_with("skip: cargo-deny is not installed"));
    let all_mutants = ["cargo mutants --output target --workspace"];
    assert_eq!(lines(StepName::Mutants, &tools(true), Runner::Auto), all_mutants);
    let Action::Commands(commands) = mutants(&tools(true), Some("synod-state")) else { panic!("it is installed") };
    assert_eq!(commands[0].to_string(), "cargo mutants --output target --package synod-state");
    assert!(matches!(mutants(&tools(false), None), Action::Skip(reason) if reason.contains("not installed")));
}

#[test]
fn the_workspaces_that_stand_apart_are_checked_too() {
    let paths = |name| {
        let lines = lines(name, &tools(true), Runner::Auto);
        ["bench/etcd/Cargo.toml", "fuzz/Cargo.toml"].map(|path| lines.iter().any(|line| line.contains(path)))
    };
    assert_eq!(paths(StepName::Fmt), [true, true]);
    assert_eq!(paths(StepName::Clippy), [true, false]);
    assert_eq!(paths(StepName::FuzzClippy), [false, true]);
    assert_eq!(paths(StepName::Test), [true, false]);
    let skipped = lines(StepName::FuzzClippy, &tools(false), Runner::Auto);
    assert!(skipped[0].starts_with("skip: there is no compiler for C++"), "{skipped:?}");
}
