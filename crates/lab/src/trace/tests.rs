//! Traces that are written, read and played, and texts that are none.
#![allow(clippy::unwrap_used)]

use super::{Difference, Outcome, Problem, Trace};
use crate::attack::Attack;
use crate::protocol::Protocol;
use crate::setup::Setup;
use synod_kernel::chooser::{Chooser, Fit, Label, Seeded};
use synod_kernel::{Faults, Membership};
use synod_sim::Rule;
use synod_sim::options::NumberError;

/// One client with a few requests, and an attack.
fn setup(attack: &str, corrupt: u16, seed: u64) -> Setup {
    let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
    let attack = Attack::named(attack, Protocol::Pbft).unwrap();
    let mut setup = Setup::draw(Protocol::Pbft, membership, attack, corrupt, seed);
    for (name, value) in [("clients", 1), ("requests", 3), ("operations at most", 1), ("heal at", 100_000)] {
        setup.set(name, value).unwrap();
    }
    setup
}

fn trace(seed: u64) -> Trace {
    let mut trace = Trace::record(setup("equivocate", 1, seed), None, Seeded::new(seed));
    trace.notes = vec!["what this is".to_owned(), String::new()];
    trace
}

fn problem(text: &str) -> (usize, Problem) {
    let error = Trace::parse(text).unwrap_err();
    (error.line, error.problem)
}

/// The text with the first line that begins with `from` replaced.
fn with(text: &str, from: &str, to: &str) -> String {
    assert!(text.lines().any(|line| line.starts_with(from)), "no {from}");
    let mut is_done = false;
    let change = |line: &str| {
        if !is_done && line.starts_with(from) {
            is_done = true;
            return to.to_owned();
        }
        line.to_owned()
    };
    text.lines().map(change).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_written_reads_back_and_plays_the_same() {
    for seed in 0..4 {
        let trace = trace(seed);
        let text = trace.to_string();
        let read = Trace::parse(&text).unwrap();
        assert_eq!(read, trace);
        assert_eq!(read.to_string(), text);
        let replay = read.replay(Fit::Exact);
        assert_eq!((replay.outcome, replay.difference), (Outcome::Holds, None), "seed {seed}");
        assert_eq!(replay.story.events, trace.events);
        assert_eq!(read.renewed(), trace);
    }
}

#[test]
fn a_failure_ends_where_the_rule_is_broken() {
    let broken = (0..40).map(|seed| Trace::record(setup("silent", 2, seed), Some(Rule::Liveness), Seeded::new(seed)));
    let trace = broken.into_iter().find(|trace| trace.rule().is_some()).unwrap();
    assert_eq!(trace.expected, Outcome::Breaks(Rule::Liveness));
    assert_eq!(Trace::parse(&trace.to_string()).unwrap().replay(Fit::Exact).difference, None);
}

#[test]
fn a_rule_that_nobody_looked_out_for_ends_the_run_that_is_kept() {
    let setup = setup("silent", 2, 1);
    let trace = Trace::record(setup, Some(Rule::Wire), Seeded::new(1));
    assert_eq!(trace.expected, Outcome::Breaks(Rule::Liveness));
    assert_eq!(trace.replay(Fit::Exact).difference, None);
}

#[test]
fn another_question_is_a_divergence_and_so_is_what_is_left_over() {
    let trace = trace(1);
    let mut other = trace.clone();
    other.choices[0].question = Label::Own("the weather");
    let difference = other.replay(Fit::Exact).difference.unwrap();
    assert!(matches!(&difference, Difference::Question(divergence) if divergence.at == 0), "{difference}");
    assert!(difference.to_string().contains("the record has `the weather`"), "{difference}");

    let mut longer = trace.clone();
    longer.choices.extend(trace.choices.iter().cloned());
    assert!(longer.replay(Fit::Exact).difference.is_some());
    assert_eq!(longer.replay(Fit::Near).difference, None, "near is near enough");

    let other = Trace { fingerprint: trace.fingerprint ^ 1, ..trace.clone() };
    assert!(matches!(other.replay(Fit::Exact).difference, Some(Difference::Events { .. })));
}

#[test]
fn what_is_no_trace_is_refused_with_its_line() {
    let text = trace(2).to_string();
    assert_eq!(problem(""), (1, Problem::NotATrace));
    assert_eq!(problem("hello\n"), (1, Problem::NotATrace));
    assert_eq!(problem(&with(&text, "synod-trace", "synod-trace 7")), (1, Problem::Version("7".to_owned())));
    let (line, refused) = problem(&with(&text, "attack", "attack equivcoate"));
    assert!(line > 5 && refused.to_string().contains("did you mean `equivocate`?"), "{refused}");
    let (_, refused) = problem(&with(&text, "protocol", "protocol pbtf"));
    assert!(refused.to_string().contains("did you mean `pbft`?"), "{refused}");
    assert_eq!(
        problem(&with(&text, "expected", "expected breaks Everything")).1,
        Problem::Rule("Everything".to_owned())
    );
    assert_eq!(problem(&with(&text, "frail", "frail 3")).1, Problem::Coalition, "two of four");
    for corrupt in ["corrupt 4", "corrupt 1 1", "corrupt 2 1", "corrupt none"] {
        assert_eq!(problem(&with(&text, "corrupt", corrupt)).1, Problem::Coalition, "{corrupt}");
    }
    assert!(matches!(problem(&with(&text, "faults", "faults 2")).1, Problem::Membership(_)));
    let bounds = problem(&with(&text, "option clients", "option clients = 1000")).1;
    assert!(matches!(bounds, Problem::Option { why: NumberError::OutOfBounds { .. }, .. }), "{bounds}");
    let unknown = problem(&with(&text, "option clients", "option customers = 1")).1;
    assert!(matches!(unknown, Problem::Option { why: NumberError::Unknown, .. }), "{unknown}");
    assert!(matches!(problem(&with(&text, "option window", "option window = 1")).1, Problem::Sizes(_)));
    assert_eq!(problem(&with(&text, "option clients", "option requests = 1")).1, Problem::NoOption("clients"));
    assert!(matches!(problem(&with(&text, "choices", "choices 999999999")).1, Problem::Count { .. }));
    assert!(matches!(problem(&with(&text, "choices", "choices 3")).1, Problem::Count { .. } | Problem::Missing(_)));
    assert!(matches!(problem(&with(&text, "skew/", "skew/2: 5")).1, Problem::Answer { options: 2, answer: 5, .. }));
}

#[test]
fn a_trace_that_was_cut_off_anywhere_is_refused() {
    let text = trace(3).to_string();
    let lines: Vec<&str> = text.lines().collect();
    let step = (lines.len() / 40).max(1);
    for keep in (0..lines.len()).step_by(step).chain(lines.len() - 5..lines.len()) {
        assert!(Trace::parse(&lines[..keep].join("\n")).is_err(), "{keep} of {} lines", lines.len());
    }
}

#[test]
fn no_damage_makes_the_reader_panic() {
    let text = trace(3).to_string().into_bytes();
    let mut choose = Seeded::new(7);
    for _ in 0..300 {
        let mut damaged = text.clone();
        for _ in 0..=choose.choose("times", 4) {
            let at = choose.choose("at", damaged.len().min(3000));
            damaged[at] = b"0 9*/:\n|=xz"[choose.choose("letter", 11)];
        }
        let text = String::from_utf8_lossy(&damaged);
        if let Ok(read) = Trace::parse(&text) {
            assert_eq!(Trace::parse(&read.to_string()).as_ref(), Ok(&read));
        }
    }
}
