//! Reading what the system and the members write for people.

use super::*;

#[test]
fn the_name_of_a_process_may_hold_anything() {
    let stat = "12 (a) 1 (b) S 1 2 3 4 5 6 7 8 9 10 700 33 0 0 20 0 1 0";
    assert_eq!(ticks(stat), Some(733));
    assert_eq!(ticks("12 (a) S 1"), None);
}

#[test]
fn both_counters_are_added_up_and_none_may_be_missing() {
    let wal = "etcd_disk_wal_fsync_duration_seconds_count 40\n";
    let other = "etcd_disk_backend_commit_duration_seconds_sum 7\n";
    let commits = "etcd_disk_backend_commit_duration_seconds_count 2\n";
    assert_eq!(syncs(&[wal, other, commits].concat()), Some(42));
    assert_eq!(syncs(&[wal, other].concat()), None);
}
