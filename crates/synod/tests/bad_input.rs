//! What strangers, disks and operators may do to a replica, and how it takes it.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use support::{Cluster, Ended, Running, sign_again, start, synod, text};
use synod_node::files::DescriptorFile;

const ALONE: &str = "waiting: 1 of 3 needed";

/// The files of a folder and what is in them.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (text(&path).to_owned(), fs::read(&path).unwrap())).collect()
}

#[test]
fn a_log_damaged_before_its_tail_is_refused_and_left_as_it_is() {
    let cluster = Cluster::new();
    drop(Running::start(&cluster, "replica-0", ALONE));
    let data = cluster.path("replica-0").join("data");
    let log = data.join("log-00000000000000000001");
    let good = fs::read(&log).unwrap();
    for (byte, offset) in [(40, "offset 0:"), (4096 + 20, "offset 4096:")] {
        let mut damaged = good.clone();
        damaged[byte] ^= 1;
        fs::write(&log, damaged).unwrap();
        let before = contents(&data);
        start(&cluster, "replica-0")
            .expect(74, &["log-00000000000000000001", offset, "damaged", "nothing was changed"]);
        assert!(contents(&data) == before, "something was changed");
    }
    fs::write(&log, good).unwrap();
    drop(Running::start(&cluster, "replica-0", ALONE));
}

#[test]
fn a_disk_that_takes_no_more_is_named_and_a_later_start_succeeds() {
    let cluster = Cluster::new();
    // Files may have 32 KiB and a segment has more; the signal that comes with it is ignored, so writing fails.
    let limited = "trap '' XFSZ; ulimit -f 64; exec \"$0\" start --dir \"$1\"";
    let binary = env!("CARGO_BIN_EXE_synod");
    let dir = cluster.path("replica-0");
    let ended: Ended = Command::new("sh").args(["-c", limited, binary, text(&dir)]).output().unwrap().into();
    ended.expect(74, &["data/log-spare-", "write"]);
    drop(Running::start(&cluster, "replica-0", ALONE));
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_takes_no_more_while_a_replica_runs_ends_it() {
    let cluster = Cluster::of(1);
    let (dir, client, errors) = (cluster.path("replica-0"), cluster.path("client"), cluster.path("errors"));
    let ignoring = ["-c", "trap '' XFSZ; exec \"$0\" start --dir \"$1\"", env!("CARGO_BIN_EXE_synod"), text(&dir)];
    let child = Command::new("sh").args(ignoring).stderr(fs::File::create(&errors).unwrap()).spawn().unwrap();
    let mut running = Running(child);
    let put = |timeout: &str| synod(&["kv", "--dir", text(&client), "--timeout", timeout, "put", "key", "value"]);
    put("30s").expect(0, &[]);
    let lowered = Command::new("prlimit").args(["--pid", &running.0.id().to_string(), "--fsize=4096"]).status();
    assert!(lowered.unwrap().success());
    put("2s").expect(3, &["THE OUTCOME IS UNKNOWN"]);
    assert_eq!(running.0.wait().unwrap().code(), Some(74));
    let said = fs::read_to_string(&errors).unwrap();
    assert!(["error: ", "data/log-00000000000000000001", "write"].iter().all(|word| said.contains(word)), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_cannot_be_written_to_is_named() {
    let cluster = Cluster::new();
    let data = cluster.path("replica-0").join("data");
    // Nobody can make files there, whoever runs the test.
    std::os::unix::fs::symlink("/sys", &data).unwrap();
    start(&cluster, "replica-0").expect(74, &["replica-0/data/checkpoint.lock"]);
    fs::remove_file(&data).unwrap();
    fs::write(&data, "not a folder").unwrap();
    start(&cluster, "replica-0").expect(74, &["replica-0/data"]);
}

#[test]
fn a_descriptor_with_keys_that_prove_nothing_is_refused_although_it_is_signed() {
    let cluster = Cluster::new();
    let untouched = fs::read(cluster.path("replica-0").join("descriptor.toml")).unwrap();
    sign_again(&cluster, "replica-0", |descriptor| {
        descriptor.replicas[2].voting_key = descriptor.replicas[1].voting_key;
    });
    let same = "voting key of replica 1 and the voting key of replica 2 are the same key";
    start(&cluster, "replica-0").expect(78, &["descriptor.toml", same]);
    fs::write(cluster.path("replica-0").join("descriptor.toml"), untouched).unwrap();
    // The neutral element: every signature verifies under it.
    sign_again(&cluster, "replica-0", |descriptor| {
        descriptor.replicas[2].voting_key = std::array::from_fn(|place| u8::from(place == 0));
    });
    start(&cluster, "replica-0").expect(78, &["descriptor.toml", "voting key of replica 2", "small-order"]);
}

#[test]
fn a_client_whose_key_is_not_in_the_descriptor_is_refused() {
    let (cluster, other) = (Cluster::new(), Cluster::new());
    let client = cluster.path("client");
    fs::copy(other.path("client").join("client.key"), client.join("client.key")).unwrap();
    synod(&["kv", "--dir", text(&client), "get", "key"]).expect(78, &["client.key", "key of any client"]);
}

/// Says something to a port and returns when the other side has ended the connection, with what it answered.
#[track_caller]
fn say(address: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // It may be cut off before it has said everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        let was_cut_off = matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
        assert!(was_cut_off, "it is still listened to: {error}");
    }
    answer
}

#[test]
fn garbage_on_any_port_ends_its_connection_and_nothing_else() {
    let cluster = Cluster::new();
    let descriptor = DescriptorFile::read(&cluster.path("replica-0").join("descriptor.toml")).unwrap().descriptor;
    let replica = &descriptor.replicas[0];
    let _running = Running::start(&cluster, "replica-0", ALONE);
    let noise: Vec<u8> = (0..100_000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    let endless_header = [b"GET /healthz HTTP/1.1\r\nX: ".as_slice(), &[b'x'; 100_000]].concat();
    // A TLS record that claims all the length there is, and a frame that does.
    let record = [&[0x16, 3, 1, 0xff, 0xff], noise.as_slice()].concat();
    let frame = [&[0xff; 4], noise.as_slice()].concat();
    for address in [&replica.address, &replica.admin] {
        for garbage in [&noise, &endless_header, &record, &frame] {
            say(address, garbage);
        }
    }
    let alive = say(&replica.admin, b"GET /healthz HTTP/1.1\r\nHost: admin\r\n\r\n");
    assert!(alive.ends_with(b"alive\n"), "{}", String::from_utf8_lossy(&alive));
}
