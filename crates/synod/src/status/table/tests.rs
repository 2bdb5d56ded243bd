//! The table and the JSON of a cluster in which one replica leads, one lies and one is gone.
#![allow(clippy::unwrap_used)]

use super::*;
use synod_kernel::{Digest, Faults, Membership, View};
use synod_node::status::{PeerLink, Queues};

fn status(state: &str, accused: &[u16]) -> Word {
    Ok(Status {
        state: state.to_owned(),
        view: View::new(1),
        executed: Seq::new(130),
        checkpoint: Seq::new(128),
        digest: Digest::of("test", b"state"),
        pending: 2,
        accused: accused.iter().copied().map(ReplicaId::new).collect(),
    })
}

fn vitals() -> Option<Vitals> {
    let link = |replica, outbound| PeerLink { replica: ReplicaId::new(replica), inbound: true, outbound };
    let usage = Usage {
        resident_bytes: Some(64 << 20),
        queues: Queues { inputs: 1, held_effects: 2, log: 3, tasks: 4 },
        peers: vec![link(0, true), link(2, true), link(3, false)],
        ..Usage::default()
    };
    Some(Vitals { usage, rates: Some(Rates { operations: 12_345.0, cpu_percent: Some(42.0), syncs: 310.0 }) })
}

fn shown<T>(words: Vec<Word>, show: impl FnOnce(&Shown<'_>) -> T) -> T {
    let assessment = Assessment::new(&Membership::new(4, Faults::Byzantine(1)).unwrap(), words);
    let addresses: Vec<String> = (0..4).map(|number| format!("10.0.0.{number}:7600")).collect();
    let vitals = [vitals(), vitals(), None, None];
    show(&Shown { assessment: &assessment, addresses: &addresses, vitals: &vitals })
}

#[test]
fn the_table_shows_who_leads_who_lags_and_who_is_gone() {
    let gone = Err("connection refused".to_owned());
    let words = vec![status("normal", &[]), status("normal", &[]), status("transfer", &[]), gone];
    let text = shown(words, to_text);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("tolerates 0 more faults: "), "{text}");
    let cells = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(cells(lines[2]), HEADER, "no column for accusers");
    let digest = Digest::of("test", b"state").to_string();
    let leader = ["1", "*", "normal", "1", "130", "0", "128", &digest, "12.3k", "42%", "64", "MiB", "310", "1/2/3/4"];
    assert_eq!(cells(lines[4]), [&leader[..], &["2/3"]].concat());
    assert_eq!(lines[6].trim_start_matches("3").trim_start(), "unreachable at 10.0.0.3:7600: connection refused");
    let start = |line: &str, word: &str| line.find(word).unwrap();
    assert_eq!(start(lines[2], "STATE"), start(lines[5], "transfer"), "{text}");
}

#[test]
fn a_liar_and_its_accusers_have_a_column() {
    let mut words = vec![status("normal", &[]), status("normal", &[0]), status("normal", &[0])];
    words.push(status("normal", &[]).map(|status| Status { digest: Digest::ZERO, ..status }));
    let text = shown(words, to_text);
    assert!(text.contains("DIVERGED: replicas report different states at checkpoint 128"), "{text}");
    assert!(text.contains("ACCUSED BY"), "{text}");
    let liar = text.lines().find(|line| line.starts_with("0 ")).unwrap();
    assert!(liar.contains("ACCUSED") && liar.contains("DIFFERS") && liar.ends_with("1, 2"), "{liar}");
}

#[test]
fn the_json_has_what_the_table_has() {
    let json = shown(vec![status("normal", &[]); 4], |shown| serde_json::to_value(to_json(shown)).unwrap());
    assert_eq!((&json["tolerates"], &json["view"]), (&1.into(), &1.into()));
    let replica = &json["replicas"][1];
    assert_eq!((&replica["primary"], &replica["sequence"]), (&true.into(), &130.into()));
    let usage = &replica["usage"];
    assert_eq!((&usage["operations_per_second"], &usage["peers"]), (&12_345.0.into(), &vec![0, 2].into()));
    assert!(json["replicas"][2].get("usage").is_none());
}
