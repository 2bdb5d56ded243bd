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
    Tools { nextest: optional, deny: optional, mutants: optional, fuzz }
}

fn lines(name: StepName, tools: &Tools, runner: Runner) -> Vec<String> {
    match step(name, tools, runner).action {
        Action::Commands(commands) => commands.iter().map(ToString::to_string).collect(),
        Action::Tidy => vec!["tidy".to_owned()],
        Action::Skip(reason) => vec![format!("skip: {reason}")],
    }
}

#[test]
fn steps_come_cheapest_first() {
    let names: Vec<String> = all(&tools(false), Runner::Auto).iter().map(|step| step.name.to_string()).collect();
    assert_eq!(names, ["fmt", "clippy", "tidy", "test", "doc", "deny", "fuzz"]);
}

#[test]
fn cargo_alone_is_enough() {
    let steps = all(&tools(false), Runner::Auto);
    let skipped = |name: StepName| matches!(name, StepName::Deny | StepName::Fuzz);
    for step in &steps {
        assert_eq!(matches!(step.action, Action::Skip(_)), skipped(step.name), "{step:?}");
    }
    assert_eq!(lines(StepName::Test, &tools(false), Runner::Auto), ["cargo test --workspace --no-fail-fast"]);
}

#[test]
fn nextest_is_used_where_it_is_installed_and_leaves_documentation_tests_to_cargo() {
    let nextest = ["cargo nextest run --workspace --no-fail-fast", "cargo test --workspace --doc"];
    assert_eq!(lines(StepName::Test, &tools(true), Runner::Auto), nextest);
    assert_eq!(lines(StepName::Test, &tools(false), Runner::Nextest), nextest);
    assert_eq!(lines(StepName::Test, &tools(true), Runner::Cargo), ["cargo test --workspace --no-fail-fast"]);
}

#[test]
fn warnings_are_errors() {
    let clippy = ["cargo clippy --workspace --all-targets --all-features -- -D warnings"];
    assert_eq!(lines(StepName::Clippy, &tools(false), Runner::Auto), clippy);
    let doc = ["RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps"];
    assert_eq!(lines(StepName::Doc, &tools(false), Runner::Auto), doc);
}

#[test]
fn optional_tools_are_used_where_they_are_installed() {
    assert_eq!(lines(StepName::Deny, &tools(true), Runner::Auto), ["cargo deny check licenses bans sources"]);
    assert_eq!(lines(StepName::Fuzz, &tools(true), Runner::Auto).len(), 1);
    assert!(lines(StepName::Deny, &tools(false), Runner::Auto)[0].starts_with("skip: cargo-deny is not installed"));
    let all_mutants = ["cargo mutants --output target --workspace"];
    assert_eq!(lines(StepName::Mutants, &tools(true), Runner::Auto), all_mutants);
    let Action::Commands(commands) = mutants(&tools(true), Some("synod-state")) else { panic!("it is installed") };
    assert_eq!(commands[0].to_string(), "cargo mutants --output target --package synod-state");
    assert!(matches!(mutants(&tools(false), None), Action::Skip(reason) if reason.contains("not installed")));
}
