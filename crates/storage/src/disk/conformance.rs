//! What every [`Disk`] must do, as one test that each implementation runs. Durability is not part of it, because only a
//! simulated disk can lose power.
#![allow(clippy::unwrap_used)]

use super::{Disk, DiskError, DiskFile, Failure, Operation};

/// Runs the whole conformance test on an empty folder.
pub(crate) fn check<D: Disk>(disk: &D) {
    reads_what_was_written(disk);
    renames_and_removes(disk);
    names_its_failures(disk);
    locks_exclusively(disk);
}

fn reads_what_was_written<D: Disk>(disk: &D) {
    let mut file = disk.create("a").unwrap();
    assert_eq!(file.length().unwrap(), 0);
    file.write_at(3, b"def").unwrap();
    file.write_at(0, b"abc").unwrap();
    file.sync().unwrap();
    let mut buffer = [0; 6];
    file.read_at(0, &mut buffer).unwrap();
    assert_eq!(&buffer, b"abcdef");
    file.set_length(2).unwrap();
    file.set_length(4).unwrap();
    let again = disk.open("a").unwrap();
    assert_eq!(again.length().unwrap(), 4);
    let mut buffer = [9; 4];
    again.read_at(0, &mut buffer).unwrap();
    assert_eq!(&buffer, b"ab\0\0");
    disk.sync_dir().unwrap();
}

fn renames_and_removes<D: Disk>(disk: &D) {
    disk.create("b").unwrap().write_at(0, b"new").unwrap();
    assert_eq!(disk.list().unwrap(), ["a", "b"]);
    disk.rename("b", "a").unwrap();
    assert_eq!(disk.list().unwrap(), ["a"]);
    assert_eq!(disk.open("a").unwrap().length().unwrap(), 3);
    disk.remove("a").unwrap();
    assert!(disk.list().unwrap().is_empty());
}

fn names_its_failures<D: Disk>(disk: &D) {
    let expect = |result: Result<(), DiskError>, name: &str, operation, failure| {
        let error = result.unwrap_err();
        assert!(error.file.contains(name), "{error}");
        assert_eq!((error.operation, &error.failure), (operation, &failure));
    };
    let drop_file = |_file: D::File| ();
    expect(disk.open("no").map(drop_file), "no", Operation::Open, Failure::NotFound);
    expect(disk.rename("no", "x"), "no", Operation::Rename, Failure::NotFound);
    expect(disk.remove("no"), "no", Operation::Remove, Failure::NotFound);
    for name in ["", ".", "..", ".hidden", "a/b", "a b", "ä", &"x".repeat(256)] {
        expect(disk.create(name).map(drop_file), name, Operation::Create, Failure::InvalidName);
    }
    let file = disk.create("yes").unwrap();
    expect(disk.create("yes").map(drop_file), "yes", Operation::Create, Failure::AlreadyExists);
    expect(file.read_at(0, &mut [0]), "yes", Operation::Read, Failure::PastEnd);
    disk.remove("yes").unwrap();
}

fn locks_exclusively<D: Disk>(disk: &D) {
    let lock = disk.lock("one.lock").unwrap();
    let _other = disk.lock("other.lock").unwrap();
    let error = disk.lock("one.lock").unwrap_err();
    assert_eq!((error.operation, error.failure), (Operation::Lock, Failure::Locked));
    drop(lock);
    let _again = disk.lock("one.lock").unwrap();
}
