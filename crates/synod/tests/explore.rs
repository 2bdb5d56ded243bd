//! The explorer on the command line: verdicts, codes, and mistakes.
#![allow(clippy::unwrap_used)]

mod support;

use support::{Ended, synod};

/// Runs `synod sim explore` with these arguments.
fn explore(arguments: &[&str]) -> Ended {
    synod(&[&["sim", "explore"], arguments].concat())
}

#[test]
fn a_world_that_is_small_enough_is_looked_at_from_all_sides() {
    let ended = explore(&["--replicas", "2"]).expect(0, &[]);
    for part in ["2 replicas, 0 may lie", "1 view, 1 place, no crash", "nothing is left", "GOOD: nothing is wrong"] {
        assert!(ended.output.contains(part), "no {part} in {ended:#?}");
    }
    let json = explore(&["--replicas", "2", "--json"]).expect(0, &[]).json();
    assert_eq!((&json["complete"], &json["states"], &json["depth"]), (&true.into(), &14.into(), &5.into()));
    assert!(
        json["violation"].is_null() && json["seconds"].as_f64().unwrap() > 0.0 && json["steps"].as_u64().unwrap() >= 13
    );
    let bounds = serde_json::json!({"views": 1, "places": 1, "crashes": 0, "states": 1_000_000});
    assert_eq!(json["bounds"], bounds);
}

#[test]
fn a_limit_leaves_it_open() {
    let ended = explore(&["--states", "300", "--views", "2", "--crashes", "1"]).expect(2, &[]);
    for part in ["r0 lies: ", "r2 lies (the same as if r3 lies)", "INCONCLUSIVE: nothing is wrong within 1 step;"] {
        assert!(ended.output.contains(part), "no {part} in {ended:#?}");
    }
    let json = explore(&["--states", "300", "--liars", "1", "--json"]).expect(2, &[]).json();
    assert_eq!((&json["complete"], &json["looked"][0]["liars"][0]), (&false.into(), &1.into()));
}

#[test]
fn two_liars_among_four_are_told_as_a_story() {
    let beyond = ["--liars", "0,1", "--beyond-f"];
    let ended = explore(&beyond).expect(0, &[]);
    for part in ["r2 hears the liar r0 say PrePrepare", "[AcceptPrePrepare]", "Agreement: ", "it breaks in 6 steps"] {
        assert!(ended.output.contains(part), "no {part} in {ended:#?}");
    }
    let json = explore(&[&beyond[..], &["--json"]].concat()).expect(0, &[]).json();
    assert_eq!(json["violation"]["steps"].as_array().unwrap().len(), 6);
    assert_eq!((&json["violation"]["liars"], &json["depth"]), (&serde_json::json!([0, 1]), &6.into()));
}

#[test]
fn liars_that_do_no_harm_are_not_as_expected() {
    let ended = explore(&["--replicas", "2", "--liars", "0", "--beyond-f"]).expect(1, &[]);
    assert!(ended.output.contains("NOT AS EXPECTED: more lie than may"), "{ended:#?}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    explore(&["--corrupt", "2"]).expect(64, &["--corrupt 2", "4 replicas tolerate 1", "--beyond-f"]);
    explore(&["--beyond-f"]).expect(64, &["--corrupt 1 is not more than the 1"]);
    explore(&["--liars", "4"]).expect(64, &["no replica 4", "0 to 3"]);
    explore(&["--liars", "1,1", "--beyond-f"]).expect(64, &["1 is there twice"]);
    explore(&["--liars", "1", "--corrupt", "1"]).expect(64, &["cannot be used with"]);
    explore(&["--faults", "2"]).expect(64, &["--replicas 4 --faults 2", "at least 7"]);
    explore(&["--replicas", "8"]).expect(64, &["--replicas"]);
    explore(&["--views", "0"]).expect(64, &["--views"]);
    explore(&["--protocol", "pbtf"]).expect(64, &["did you mean `pbft`?"]);
}
