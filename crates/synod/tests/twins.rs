//! Scenarios with twins on the command line: verdicts, codes, shards, traces, and mistakes.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use support::{Ended, synod, text};

/// Runs `synod sim twins` with these arguments.
fn twins(arguments: &[&str]) -> Ended {
    synod(&[&["sim", "twins"], arguments].concat())
}

#[test]
fn scenarios_are_counted_judged_and_summed_up() {
    let ended = twins(&["--scenarios", "4", "--sample", "3", "--jobs", "2"]).expect(0, &[]);
    for part in [
        "3 rounds, at most 2 blocks: 16,384 scenarios, 9,216 up to symmetry",
        "4 scenarios (4 twins)",
        "GOOD: no rule was broken in 4 scenarios",
    ] {
        assert!(ended.output.contains(part), "no {part} in {ended:#?}");
    }
    let json = twins(&["--rounds", "1", "--blocks", "3", "--scenario", "9", "--json"]).expect(0, &[]).json();
    assert_eq!((&json["seeds"], &json["first"], &json["corrupt"]), (&1.into(), &9.into(), &1.into()));
    // 41 partitions for each of four replicas that may have the twin.
    assert_eq!((&json["family"]["before_symmetry"], &json["family"]["blocks"]), (&164.into(), &3.into()));
}

#[test]
fn two_shards_are_merged_to_what_one_run_comes_to() {
    let folder = tempfile::tempdir().unwrap();
    let all = ["--scenarios", "5", "--sample", "8", "--json"];
    let mut whole = twins(&all).expect(0, &[]).json();
    let files = ["0/2", "1/2"].map(|shard| {
        let file = folder.path().join(shard.replace('/', "-"));
        fs::write(&file, twins(&[&all[..], &["--shard", shard]].concat()).expect(0, &[]).output).unwrap();
        file
    });
    let [one, other] = [text(&files[0]), text(&files[1])];
    let mut merged = synod(&["sim", "merge", one, other, "--json"]).expect(0, &[]).json();
    for summary in [&mut whole, &mut merged] {
        assert!(summary["seconds"].take().as_f64().unwrap() > 0.0);
    }
    assert_eq!(merged, whole);
    let elsewhere = twins(&["--scenarios", "5", "--sample", "9", "--shard", "1/2", "--json"]).expect(0, &[]).output;
    fs::write(&files[1], elsewhere).unwrap();
    synod(&["sim", "merge", one, other]).expect(64, &["not shards of one campaign"]);
}

#[test]
fn one_twin_too_many_does_harm_that_is_kept_seen_again_and_shrunk() {
    let folder = tempfile::tempdir().unwrap();
    let keep = ["--fail-fast", "--jobs", "1", "--failures", text(folder.path())];
    let ended = twins(&[&["--beyond-f", "--sample", "1"], &keep[..]].concat()).expect(0, &["scenario ", "breaks "]);
    assert!(ended.output.contains("AS EXPECTED: with more liars than are tolerated, 1 of"), "{ended:#?}");
    let (_, replay) = ended.output.split_once("to see it again: synod ").unwrap();
    let again: Vec<&str> = replay.lines().next().unwrap().split(' ').collect();
    assert!(synod(&again).expect(0, &[]).output.contains("1 of 1 scenarios broke a rule"));

    let file = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let replayed = synod(&["sim", "replay", text(&file)]).expect(0, &[]);
    for part in ["ROUND", "1 of 3: ", "twins: ", "as expected"] {
        assert!(replayed.output.contains(part), "no {part} in {replayed:#?}");
    }
    let short = folder.path().join("short.trace");
    // It takes hundreds of attempts to make it short; that it can be tried is what is shown here.
    let shrink = ["sim", "shrink", text(&file), "--attempts", "10", "--out", text(&short)];
    let shrunk = synod(&shrink).expect(0, &["events and"]);
    assert!(shrunk.output.contains("Agreement was broken") && shrunk.output.contains("as expected"), "{shrunk:#?}");
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    twins(&["--faults", "2"]).expect(64, &["--replicas 4 --faults 2", "at least 7"]);
    twins(&["--replicas", "3"]).expect(64, &["at least one replica has a twin"]);
    twins(&["--replicas", "10"]).expect(64, &["13 together", "at most 10"]);
    twins(&["--rounds", "20"]).expect(64, &["too many scenarios"]);
    twins(&["--rounds", "0"]).expect(64, &["--rounds"]);
    twins(&["--blocks", "4"]).expect(64, &["--blocks"]);
    twins(&["--scenario", "9216"]).expect(64, &["numbered from 0 to 9215"]);
    twins(&["--scenario", "1", "--sample", "2"]).expect(64, &["cannot be used with"]);
    twins(&["--shard", "4/4"]).expect(64, &["0/4 for the first of four"]);
    let nothing = twins(&["--scenarios", "0"]).expect(2, &[]);
    assert!(nothing.output.contains("INCONCLUSIVE"), "{nothing:#?}");
}
