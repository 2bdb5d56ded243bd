//! The command line as a stranger meets it: help, mistakes, and what each ends with.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use support::{Ended, command, synod, text};

#[test]
fn help_and_version_are_results() {
    let help = synod(&["--help"]).expect(0, &[]);
    for word in ["demo", "genesis", "start", "kv", "status", "bench", "sim", "attacks", "Examples:", "Exit codes:"] {
        assert!(help.output.contains(word), "{word}");
    }
    assert!(synod(&["--version"]).expect(0, &[]).output.starts_with("synod "));
    for command in ["demo", "genesis", "start", "kv", "status", "bench", "sim", "attacks"] {
        assert!(synod(&[command, "--help"]).expect(0, &[]).output.contains("Usage:"), "{command}");
    }
}

#[test]
fn mistakes_in_the_command_line_end_with_64_and_say_what_was_meant() {
    synod(&[]).expect(64, &["subcommand"]);
    synod(&["gensis"]).expect(64, &["genesis"]);
    synod(&["genesis", "dev", "--replica", "4", "--dir", "x"]).expect(64, &["--replicas"]);
    synod(&["kv", "get"]).expect(64, &["KEY"]);
    synod(&["kv", "cas", "key", "new"]).expect(64, &["--absent"]);
    synod(&["kv", "cas", "key", "new", "--absent", "--value", "old"]).expect(64, &["cannot be used with"]);
    synod(&["kv", "get", "key", "--timeout", "5"]).expect(64, &["500ms, 30s or 2m"]);
    synod(&["kv", "put", "", "value"]).expect(64, &["the key is empty"]);
    synod(&["kv", "put", &"k".repeat(600), "value"]).expect(64, &["600 bytes: at most 512"]);
    synod(&["kv", "put", "key"]).expect(64, &["VALUE"]);
    synod(&["kv", "put", "key", "value", "--file", "file"]).expect(64, &["cannot be used with"]);
    synod(&["kv", "put", "key", "--file", "no such file"]).expect(64, &["no such file: cannot read it"]);
    synod(&["kv", "put", "key", "--file", "/dev/zero"]).expect(64, &["at most 1048576 bytes"]);
    synod(&["kv", "range", "z", "a"]).expect(64, &["FROM `z` comes after TO `a`"]);
    synod(&["bench", "--seconds", "500ms"]).expect(64, &["like 10, 10s or 2m"]);
    synod(&["bench", "--seconds", "0s"]).expect(64, &["between 1 and 86400 seconds"]);
    synod(&["bench", "--clients", "64"]).expect(64, &["64 is not in 1..=63"]);
    synod(&["status", "--interval", "2s"]).expect(64, &["--watch"]);
    synod(&["status", "--watch", "--interval", "0s"]).expect(64, &["between 1ms and one day"]);
    synod(&["start", "--dir", "x", "--lie", "silnt"]).expect(64, &["silent"]);
    synod(&["demo", "--replicas", "3", "--attack", "silent"]).expect(64, &["4 or more"]);
    synod(&["demo", "--ops", "0"]).expect(64, &["--ops"]);
    synod(&["demo", "--input", "no such file"]).expect(64, &["no such file"]);
}

#[test]
fn a_misspelt_level_of_the_log_is_refused_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("cluster");
    let genesis = |level: &str| {
        let mut genesis = command(&["genesis", "dev", "--dir", text(&dir)]);
        Ended::from(genesis.env("SYNOD_LOG", level).output().unwrap())
    };
    genesis("inof").expect(64, &["SYNOD_LOG is `inof`", "`inof` is no level"]);
    assert!(!dir.exists());
    genesis("info,synod_node=debug").expect(0, &[]);
}

#[test]
fn genesis_makes_the_folders_it_reports() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("around").join("cluster");
    let arguments = ["genesis", "dev", "--replicas", "7", "--dir", text(&dir), "--base-port", "7700", "--json"];
    let report = synod(&arguments).expect(0, &[]).json();
    assert_eq!(report["faults"], 2);
    assert_eq!(report["dev"], true);
    assert_eq!(report["cluster"].as_str().unwrap().len(), 64);
    let replicas = report["replicas"].as_array().unwrap();
    assert_eq!(replicas.len(), 7);
    assert_eq!(replicas[6]["address"], "127.0.0.1:7706");
    assert_eq!(replicas[6]["admin"], "127.0.0.1:7713");
    assert!(replicas.iter().all(|replica| dir.join(replica["dir"].as_str().unwrap()).is_dir()));
    assert!(dir.join("client").is_dir() && dir.join("operator").is_dir());
}

#[test]
fn genesis_writes_the_parameters_that_were_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let parameters = |name: &str, more: &[&str]| {
        let dir = folder.path().join(name);
        synod(&[&["genesis", "dev", "--dir", text(&dir)], more].concat()).expect(0, &[]);
        let file = synod_node::files::DescriptorFile::read(&dir.join("client").join("descriptor.toml")).unwrap();
        let parameters = file.descriptor.parameters;
        (parameters.window, parameters.checkpoint_interval, parameters.pipeline, parameters.batch_bytes)
    };
    assert_eq!(parameters("usual", &[]), (256, 128, 8, 1 << 20));
    let all = ["--window", "64", "--checkpoint-interval", "16", "--pipeline", "2", "--batch-bytes", "65536"];
    assert_eq!(parameters("all", &all), (64, 16, 2, 65536));
    assert_eq!(parameters("window", &["--window", "64"]), (64, 32, 8, 1 << 20));
    assert_eq!(parameters("interval", &["--checkpoint-interval", "200"]), (400, 200, 8, 1 << 20));
}

#[test]
fn genesis_refuses_what_makes_no_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("cluster");
    let dev = |more: &[&str]| synod(&[&["genesis", "dev", "--dir", text(&dir)], more].concat());
    dev(&["--replicas", "6", "--faults", "2"]).expect(64, &["6 replicas cannot tolerate 2", "at least 7"]);
    dev(&["--replicas", "3", "--faults", "1"]).expect(64, &["--replicas 4, or for --faults 0\n"]);
    dev(&["--window", "100", "--checkpoint-interval", "64"]).expect(64, &["window must be at least twice"]);
    dev(&["--window", "5000"]).expect(64, &["--window 5000", "window must be at most 4096"]);
    dev(&["--pipeline", "0"]).expect(64, &["pipeline must be between 1 and window"]);
    dev(&["--batch-bytes", "100"]).expect(64, &["batch_bytes must be at least 2048"]);
    dev(&["--replicas", "0"]).expect(64, &["--replicas"]);
    dev(&["--replicas", "101"]).expect(64, &["--replicas"]);
    dev(&["--base-port", "65530"]).expect(64, &["from 65530 to 65537", "lower --base-port"]);
    dev(&["--base-port", "0"]).expect(64, &["--base-port"]);
    dev(&["--base-port", "70000"]).expect(64, &["--base-port"]);
    assert!(!dir.exists(), "a refusal leaves nothing behind");
}

#[test]
fn genesis_touches_no_folder_that_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("precious"), "data").unwrap();
    let refused = synod(&["genesis", "dev", "--dir", text(folder.path())]);
    refused.expect(78, &["already exists and is not empty", "nothing was changed"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
