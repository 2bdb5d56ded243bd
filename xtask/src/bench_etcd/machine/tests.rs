//! Reading what the system writes about itself.

use super::*;

#[test]
fn the_closest_mount_counts_and_the_later_of_two() {
    let mounts =
        "overlay / overlay rw 0 0\n/dev/a /data xfs rw 0 0\n/dev/b /data ext4 rw 0 0\ntmpfs /data/x tmpfs rw 0 0\n";
    let found = |folder: &str| file_system(mounts, Path::new(folder)).unwrap_or_default();
    assert_eq!(found("/data/cluster"), "ext4 on /dev/b");
    assert_eq!(found("/data/x"), "tmpfs on tmpfs");
    assert_eq!(found("/database"), "overlay on overlay");
}

#[test]
fn the_processor_has_a_name() {
    assert_eq!(processor("processor: 0\nmodel name\t: Fast 3000 @ 2 GHz\n").as_deref(), Some("Fast 3000 @ 2 GHz"));
    assert_eq!(processor("processor: 0\n"), None);
}

#[test]
fn changes_since_the_commit_are_told() {
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(name_of(some("ab12"), some("")), "ab12");
    assert_eq!(name_of(some("ab12"), some(" M README.md")), "ab12 with changes");
    assert_eq!(name_of(some("ab12"), None), "ab12 with changes");
    assert_eq!(name_of(None, None), "unknown");
}
