//! The laboratory on the command line: verdicts, codes, and mistakes.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use support::{Ended, synod, text};

/// Runs `synod sim` with these arguments.
fn sim(arguments: &[&str]) -> Ended {
    synod(&[&["sim"], arguments].concat())
}

#[test]
fn a_campaign_is_judged_and_summed_up() {
    let ended = sim(&["--attack", "any", "--seeds", "4", "--jobs", "2"]).expect(0, &[]);
    for part in ["4 seeds", "What happened", "messages", "rule StableCheckpoint", "GOOD: no rule was broken in 4 seeds"]
    {
        assert!(ended.output.contains(part), "no {part} in {ended:#?}");
    }
    let json = sim(&["--seed", "3", "--json"]).expect(0, &[]).json();
    assert_eq!((&json["seeds"], &json["violations"], &json["first"]), (&1.into(), &0.into(), &3.into()));
    assert!(json["messages"].as_u64().unwrap() > 100 && json["simulated_seconds"].as_f64().unwrap() > 0.01);
    assert!(json["sometimes"]["operations"].as_u64().unwrap() >= 200);
}

#[test]
fn too_many_liars_do_harm_and_that_is_as_expected() {
    let beyond = ["--attack", "silent", "--corrupt", "2", "--beyond-f", "--seeds", "2"];
    let ended = sim(&beyond).expect(0, &[]);
    assert!(ended.output.contains("AS EXPECTED: with more liars than are tolerated, 2 of 2 seeds"), "{ended:#?}");
    let json = sim(&[&beyond[..], &["--json"]].concat()).expect(0, &[]).json();
    assert_eq!((&json["violations"], &json["broken"]["Liveness"]), (&2.into(), &2.into()));
    let replay = json["failures"][0]["replay"].as_str().unwrap();
    let again: Vec<&str> = replay.split(' ').skip(1).collect();
    assert!(synod(&again).expect(0, &[]).output.contains("1 of 1 seeds broke a rule"));
}

#[test]
fn nothing_run_is_inconclusive() {
    let ended = sim(&["--seeds", "0"]).expect(2, &[]);
    assert!(ended.output.contains("INCONCLUSIVE"), "{ended:#?}");
}

#[test]
fn shards_are_merged_to_what_one_run_comes_to() {
    let folder = tempfile::tempdir().unwrap();
    let campaign = ["--attack", "any", "--seeds", "4", "--first", "1", "--json"];
    let mut whole = sim(&campaign).expect(0, &[]).json();
    let files = ["0/2", "1/2"].map(|shard| {
        let file = folder.path().join(shard.replace('/', "-"));
        fs::write(&file, sim(&[&campaign[..], &["--shard", shard]].concat()).expect(0, &[]).output).unwrap();
        file
    });
    let [one, other] = [text(&files[0]), text(&files[1])];
    let mut merged = sim(&["merge", one, other, "--json"]).expect(0, &[]).json();
    for summary in [&mut whole, &mut merged] {
        assert!(summary["seconds"].take().as_f64().unwrap() > 0.0);
    }
    assert_eq!(merged, whole);
    let half = sim(&["merge", one]).expect(0, &[]);
    assert!(half.output.contains("only shard 0 of 2"), "{half:#?}");
    sim(&["merge", one, one]).expect(64, &["shard 0/2 is there twice"]);
    sim(&["merge", "no such file"]).expect(64, &["no such file"]);
    fs::write(&files[1], "{}").unwrap();
    sim(&["merge", one, other]).expect(64, &["not what `synod sim --json` writes"]);
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    sim(&["--attack", "equivcoate"]).expect(64, &["no attack `equivcoate`", "did you mean `equivocate`?"]);
    sim(&["--protocol", "pbtf"]).expect(64, &["no protocol `pbtf`", "did you mean `pbft`?"]);
    sim(&["--attack", "silent", "--corrupt", "2"]).expect(64, &["--corrupt 2", "4 replicas tolerate 1", "--beyond-f"]);
    sim(&["--attack", "silent", "--beyond-f"]).expect(64, &["--corrupt 1 is not more than the 1"]);
    sim(&["--corrupt", "1"]).expect(64, &["needs an --attack"]);
    sim(&["--attack", "silent", "--corrupt", "5", "--beyond-f"]).expect(64, &["only 4 replicas"]);
    sim(&["--faults", "2"]).expect(64, &["--replicas 4 --faults 2", "at least 7"]);
    sim(&["--shard", "4/4"]).expect(64, &["0/4 for the first of four"]);
    sim(&["--seed", "1", "--seeds", "2"]).expect(64, &["cannot be used with"]);
    sim(&["--seeds", "x"]).expect(64, &["--seeds"]);
}

#[test]
fn the_gallery_has_every_attack_with_its_story() {
    let gallery = synod(&["attacks"]).expect(0, &[]).output;
    let json = synod(&["attacks", "--json"]).expect(0, &[]).json();
    let attacks = json.as_array().unwrap();
    assert!(attacks.len() >= 2);
    for attack in attacks {
        for key in ["name", "story", "withstood"] {
            assert!(!attack[key].as_str().unwrap().is_empty(), "{attack}");
        }
        assert!(gallery.contains(attack["name"].as_str().unwrap()));
        assert_eq!(attack["protocols"][0], "pbft");
    }
}

/// A run in which two of four lie, kept as a trace in `folder`, and the rule that it breaks.
fn broken(folder: &Path) -> (PathBuf, String) {
    let keep = ["--failures", text(folder), "--fail-fast", "--jobs", "1"];
    let beyond = ["--attack", "equivocate", "--corrupt", "2", "--beyond-f", "--seeds", "60"];
    let ended = sim(&[&beyond[..], &keep].concat()).expect(0, &["breaks ", "synod sim shrink"]);
    assert!(ended.output.contains("AS EXPECTED"), "{ended:#?}");
    let path = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    (path, name.split('-').nth(2).unwrap().to_owned())
}

#[test]
fn a_failure_is_kept_shrunk_and_told_and_plays_again() {
    let folder = tempfile::tempdir().unwrap();
    let (file, rule) = broken(folder.path());
    let (name, short) = (text(&file), folder.path().join("short.trace"));
    let ended = sim(&["replay", name]).expect(0, &[]);
    for part in ["r0 to r3, of which 1 may lie", "The attacker owns", &format!("{rule} was broken"), "as expected"] {
        assert!(ended.output.contains(part), "no {part} in {ended:#?}");
    }
    let shrunk = sim(&["shrink", name, "--attempts", "400", "--out", text(&short)]).expect(0, &["events and"]);
    let replayed = sim(&["replay", text(&short)]).expect(0, &[]);
    assert_eq!(shrunk.output, replayed.output);
    let told = |output: &str| output.lines().count();
    assert!(
        2 * told(&replayed.output) < told(&ended.output),
        "{} lines of {}",
        told(&replayed.output),
        told(&ended.output)
    );

    let changed = fs::read_to_string(&short).unwrap();
    let expected = changed.replace(&format!("expected breaks {rule}"), "expected breaks Wire");
    fs::write(&short, expected).unwrap();
    let other = sim(&["replay", text(&short), "--near"]).expect(1, &[]);
    assert!(other.output.contains("NOT AS EXPECTED: in this trace Wire was broken"), "{other:#?}");
    let diverging = changed.replacen("/", " or not/", 1);
    fs::write(&short, diverging).unwrap();
    sim(&["replay", text(&short)]).expect(70, &["not the run of the trace", "or not`", "--near"]);
}

#[test]
fn what_is_no_trace_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some.trace");
    let replay = |contents: &str| {
        fs::write(&file, contents).unwrap();
        sim(&["replay", text(&file)])
    };
    replay("").expect(64, &["some.trace: line 1: this is no trace"]);
    replay("synod-trace 99\n").expect(64, &["line 1: the trace has version 99, and this program reads version 1"]);
    replay("synod-trace 1\nsynod 0.1.0\n").expect(64, &["line 3: the trace ends here", "cut off"]);
    fs::write(&file, [0xff, 0xfe]).unwrap();
    sim(&["shrink", text(&file)]).expect(64, &["it is not text"]);
    sim(&["replay", "no such file"]).expect(64, &["no such file"]);
    sim(&["replay"]).expect(64, &["FILE"]);
}
