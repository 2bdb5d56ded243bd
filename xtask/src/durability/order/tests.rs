//! Traces of a log that keeps the order are good, and each way of breaking it is condemned.
#![allow(clippy::unwrap_used)]

use super::*;

const SEGMENT: &str = "/c/data/log-00000000000000000001";
const NEXT: &str = "/c/data/log-00000000000000000002";
const SPARE: &str = "/c/data/log-spare-00000000000000000000";

fn say(thread: u32, mark: &str, position: u64) -> String {
    format!(r#"{thread} 1.1 write(2</c/replica-0.log>, "2026 TRACE {mark} position={position}\n", 50) = 50"#)
}

fn append(position: u64) -> String {
    say(7, "append", position)
}

fn leaves(position: u64) -> String {
    say(1, "leaves", position)
}

fn write_to(file: &str, offset: u64) -> String {
    format!(r#"7 1.1 pwrite64(9<{file}>, "\1\2"..., 4096, {offset}) = 4096"#)
}

fn sync(file: &str) -> String {
    format!("7 1.1 fdatasync(9<{file}>) = 0")
}

fn sync_folder() -> String {
    "7 1.1 fsync(4</c/data>) = 0".to_owned()
}

fn rename(from: &str, to: &str) -> String {
    format!(r#"7 1.1 rename("{from}", "{to}") = 0"#)
}

fn send() -> String {
    r#"1 1.1 sendto(12<socket:[33]>, "\27\3"..., 100, MSG_NOSIGNAL, NULL, 0) = 100"#.to_owned()
}

/// A good trace: a group of two, then one command, and what each allows to leave.
fn two_groups() -> Vec<String> {
    vec![
        leaves(0),
        append(1),
        append(2),
        write_to(SEGMENT, 4096),
        sync(SEGMENT),
        say(7, "durable", 2),
        leaves(1),
        leaves(2),
        send(),
        append(3),
        write_to(SEGMENT, 8192),
        sync(SEGMENT),
        leaves(3),
    ]
}

fn verdict(lines: &[String]) -> Verdict {
    judge(lines.iter().cloned()).unwrap()
}

#[track_caller]
fn condemned(lines: &[String], why: &str) {
    let verdict = verdict(lines);
    assert!(!verdict.is_good() && verdict.condemned > 0, "{verdict:?}");
    assert!(verdict.complaints[0].contains(why), "{verdict:?}");
}

fn without(lines: &[String], index: usize) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.remove(index);
    lines
}

#[test]
fn a_log_that_syncs_before_anything_leaves_is_good() {
    let verdict = verdict(&two_groups());
    let expected = Verdict { commands: 3, syncs: 2, left: 3, sends: 1, ..Verdict::default() };
    assert_eq!(verdict, expected);
    assert!(verdict.is_good());
}

#[test]
fn a_trace_in_which_nothing_leaves_proves_nothing() {
    let quiet: Vec<String> = two_groups().into_iter().filter(|line| !line.contains("leaves")).collect();
    assert!(!verdict(&quiet).is_good());
    let unsent: Vec<String> = two_groups().into_iter().filter(|line| !line.contains("sendto")).collect();
    assert!(!verdict(&unsent).is_good());
    assert!(!verdict(&[]).is_good());
}

#[test]
fn a_missing_sync_is_condemned_whatever_the_replica_claims() {
    condemned(&without(&two_groups(), 4), "position 2 is said to be durable, but what was written to log-");
    condemned(&without(&two_groups(), 11), "position 3 is needed by something that leaves");
    condemned(&two_groups().into_iter().filter(|line| !line.contains("sync")).collect::<Vec<_>>(), "not synced");
}

#[test]
fn a_missing_write_is_condemned() {
    condemned(&without(&two_groups(), 10), "nothing was written that carries position 3");
    let mut header_only = two_groups();
    header_only[10] = write_to(SEGMENT, 0);
    condemned(&header_only, "nothing was written that carries position 3");
    let mut short = two_groups();
    short[10] = short[10].replace("= 4096", "= 512");
    condemned(&short, "nothing was written that carries position 3");
    condemned(&[append(1), leaves(2)], "the log was never given it");
}

#[test]
fn a_sync_of_another_file_or_one_that_fails_is_no_sync() {
    let mut other = two_groups();
    other[11] = sync(SPARE);
    condemned(&other, "was not synced");
    let mut failed = two_groups();
    failed[11] = failed[11].replace("= 0", "= -1 EIO (Input/output error)");
    condemned(&failed, "was not synced");
}

#[test]
fn a_sync_that_began_before_the_write_ended_does_not_cover_it() {
    let start = format!("8 1.1 fdatasync(9<{SEGMENT}> <unfinished ...>");
    let end = "8 1.1 <... fdatasync resumed>) = 0".to_owned();
    condemned(&[append(1), start, write_to(SEGMENT, 4096), end, leaves(1)], "was not synced");
}

#[test]
fn what_leaves_while_the_sync_is_under_way_is_condemned() {
    let start = format!("7 1.1 fdatasync(9<{SEGMENT}> <unfinished ...>");
    let end = "7 1.1 <... fdatasync resumed>) = 0".to_owned();
    let early = [append(1), write_to(SEGMENT, 4096), start.clone(), leaves(1), end.clone(), send()];
    condemned(&early, "was not synced");
    let late = [append(1), write_to(SEGMENT, 4096), start, end, leaves(1), send()];
    assert!(verdict(&late).is_good());
}

#[test]
fn what_was_not_synced_before_condemns_what_comes_after() {
    let lines = [append(1), write_to(SEGMENT, 4096), append(2), write_to(NEXT, 4096), sync(NEXT), leaves(2), send()];
    condemned(&lines, "what was written to log-00000000000000000001 was not synced");
    let lines = [append(1), write_to(SPARE, 4096), append(2), write_to(NEXT, 4096), sync(NEXT), leaves(2), send()];
    condemned(&lines, "nothing was written that carries position 1");
}

/// The log goes on in a segment made of a spare.
fn next_segment() -> Vec<String> {
    vec![
        append(1),
        write_to(SPARE, 0),
        sync(SPARE),
        rename(SPARE, NEXT),
        sync_folder(),
        write_to(NEXT, 4096),
        sync(NEXT),
        leaves(1),
        send(),
    ]
}

#[test]
fn a_segment_needs_its_header_its_name_and_its_records_synced() {
    assert!(verdict(&next_segment()).is_good());
    condemned(&without(&next_segment(), 4), "a new name in data was not synced since");
    condemned(&without(&next_segment(), 5), "nothing was written that carries position 1");
    condemned(&without(&next_segment(), 6), "was not synced since");
    let mut header_unsynced = without(&next_segment(), 2);
    header_unsynced.retain(|line| !line.contains("fdatasync"));
    condemned(&header_unsynced, "was not synced since");
}

/// The log is replaced, which leaves a spare; then idle time is used to make another.
fn replacement() -> Vec<String> {
    vec![
        append(1),
        say(7, "replace", 2),
        write_to(SPARE, 0),
        write_to(SPARE, 4096),
        sync(SPARE),
        rename(SPARE, NEXT),
        sync_folder(),
        rename(SEGMENT, SPARE),
        leaves(2),
        write_to("/c/data/log-spare-00000000000000000001", 4096),
        leaves(2),
        send(),
    ]
}

#[test]
fn a_replacement_counts_when_its_name_is_durable() {
    assert_eq!(verdict(&replacement()).replacements, 1);
    assert!(verdict(&replacement()).is_good(), "spares that are being made hold nothing back");
    condemned(&without(&replacement(), 3), "nothing was written that carries position 2");
    condemned(&without(&replacement(), 4), "was not synced since");
    condemned(&without(&replacement(), 5), "nothing was written that carries position 2");
    condemned(&without(&replacement(), 6), "a new name in data was not synced since");
}

#[test]
fn a_trace_that_is_not_understood_is_no_good_trace() {
    assert!(judge([append(2)].into_iter()).unwrap_err().contains("out of order"));
    assert!(judge([append(1), say(8, "append", 2)].into_iter()).unwrap_err().contains("another thread"));
    assert!(judge(["7 1.1 fdatasync(9) = 0".to_owned()].into_iter()).unwrap_err().contains("line 1"));
}
