//! The runner with steps whose outcomes are given, so nothing is built here.

use std::io;

use super::{Missing, Outcome, list, run_one, run_with};
use crate::steps::{Action, Invocation, Step, StepName};

fn step(name: StepName) -> Step {
    Step { name, action: Action::Commands(vec![Invocation::cargo(&["version"])]) }
}

/// Runs three steps with these outcomes; returns the verdict, the steps that were reached, and the text.
fn run_three(outcomes: [Outcome; 3]) -> (bool, Vec<StepName>, String) {
    let steps = [StepName::Fmt, StepName::Test, StepName::Doc].map(step);
    let (mut reached, mut output) = (Vec::new(), Vec::new());
    let mut outcomes = outcomes.into_iter();
    let passed = run_with(&steps, &mut output, |step, _| {
        reached.push(step.name);
        outcomes.next().ok_or_else(|| io::Error::other("more steps than outcomes"))
    });
    (passed.expect("writing to memory works"), reached, String::from_utf8(output).expect("text"))
}

#[test]
fn all_steps_pass_in_order() {
    let (passed, reached, text) = run_three([Outcome::Passed, Outcome::Passed, Outcome::Passed]);
    assert!(passed);
    assert_eq!(reached, [StepName::Fmt, StepName::Test, StepName::Doc]);
    assert!(text.contains("==> fmt: cargo version\n<== fmt: ok after 0.0 s\n"), "{text}");
    assert!(text.contains("\nci: passed in 0.0 s\n"), "{text}");
}

#[test]
fn the_first_failure_stops_the_run_and_says_how_to_repeat_it() {
    let failure = Outcome::Failed { rerun: "cargo test".to_owned() };
    let (passed, reached, text) = run_three([Outcome::Passed, failure, Outcome::Passed]);
    assert!(!passed);
    assert_eq!(reached, [StepName::Fmt, StepName::Test]);
    assert!(text.contains("\nFAILED  test"), "{text}");
    assert!(text.contains("\nnot run doc\n"), "{text}");
    assert!(text.ends_with("ci: test failed; to run it again: cargo test\n"), "{text}");
}

#[test]
fn a_missing_tool_fails_nothing_in_ci_but_is_mentioned() {
    let skipped = Outcome::Skipped { reason: "no such tool".to_owned() };
    let (passed, reached, text) = run_three([Outcome::Passed, skipped, Outcome::Passed]);
    assert!(passed);
    assert_eq!(reached.len(), 3);
    assert!(text.contains("\nskipped test        no such tool\n"), "{text}");
}

#[test]
fn a_missing_tool_is_a_failure_when_asked_for_by_name() {
    let step = Step { name: StepName::Fuzz, action: Action::Skip("no such tool".to_owned()) };
    let mut output = Vec::new();
    let passed = run_one(std::path::Path::new("."), &step, &mut output).expect("writing to memory works");
    assert!(!passed);
    assert_eq!(output, b"fuzz: cannot run: no such tool\n");
}

#[test]
fn commands_run_and_their_exit_code_counts() {
    let run = |arguments: &[&str]| {
        let step = Step { name: StepName::Fmt, action: Action::Commands(vec![Invocation::cargo(arguments)]) };
        run_one(std::path::Path::new("."), &step, &mut Vec::new()).expect("cargo starts")
    };
    assert!(run(&["--version"]));
    assert!(!run(&["--this-error-is-part-of-a-test"]));
}

#[test]
fn the_list_has_a_line_for_each_step() {
    let steps = [step(StepName::Fmt), Step { name: StepName::Tidy, action: Action::Tidy }];
    let mut output = Vec::new();
    list(&steps, &mut output).expect("writing to memory works");
    assert_eq!(output, b"fmt         cargo version\ntidy        the house rules (cargo xtask tidy)\n");
}

#[test]
fn what_cannot_be_done_fails_only_where_that_is_wanted() {
    let skipped = || Outcome::Skipped { reason: "cargo-deny is not installed".to_owned() };
    assert_eq!(Missing::IsSkipped.judge(skipped()), skipped());
    let strict = Missing::Fails.judge(skipped());
    assert!(matches!(&strict, Outcome::Failed { rerun } if rerun.contains("cargo-deny")), "{strict:?}");
    assert_eq!(Missing::Fails.judge(Outcome::Passed), Outcome::Passed);
}
