//! The real disk: conformance, exclusion between processes, and who may read the files.
#![allow(clippy::unwrap_used)]

use crate::disk::conformance;
use crate::{Disk, DiskFile, Failure, Operation, RealDisk};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

const FOLDER: &str = "SYNOD_STORAGE_TEST_FOLDER";

#[test]
fn conforms() {
    let folder = tempfile::tempdir().unwrap();
    conformance::check(&RealDisk::open(folder.path()).unwrap());
}

#[test]
fn a_second_process_is_locked_out_until_the_first_one_dies() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "disk::real::tests::holds_the_lock_until_told_otherwise", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map(Result::unwrap).any(|line| line.contains("locked")), "the child takes the lock");

    let disk = RealDisk::open(folder.path()).unwrap();
    let error = disk.lock("test.lock").unwrap_err();
    assert_eq!(error.failure, Failure::Locked);
    assert!(error.to_string().contains("stop the other process"), "{error}");

    child.kill().unwrap();
    child.wait().unwrap();
    disk.lock("test.lock").unwrap();
}

#[test]
#[ignore = "runs as the child process of another test"]
fn holds_the_lock_until_told_otherwise() {
    let folder = std::env::var(FOLDER).unwrap();
    let _lock = RealDisk::open(Path::new(&folder)).unwrap().lock("test.lock").unwrap();
    println!("locked");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn files_and_folders_are_for_their_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("replica");
    let disk = RealDisk::create(&inner).unwrap();
    disk.create("a").unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner) & 0o077, 0);
    assert_eq!(mode(&inner.join("a")) & 0o077, 0);
    assert_eq!(RealDisk::create(&inner).unwrap_err().failure, Failure::AlreadyExists);
}

#[test]
fn a_missing_folder_and_a_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = RealDisk::open(&folder.path().join("no")).unwrap_err();
    assert_eq!((error.operation, error.failure), (Operation::Open, Failure::NotFound));
    let disk = RealDisk::open(folder.path()).unwrap();
    disk.create("file").unwrap();
    assert_eq!(RealDisk::open(&folder.path().join("file")).unwrap_err().operation, Operation::Open);
}

#[test]
fn folders_inside_the_folder_are_not_listed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    std::fs::write(folder.path().join(".hidden"), b"").unwrap();
    let disk = RealDisk::open(folder.path()).unwrap();
    disk.create("file").unwrap();
    assert_eq!(disk.list().unwrap(), ["file"]);
}

#[test]
fn every_sync_is_counted_by_the_handle_it_was_made_through() {
    let folder = tempfile::tempdir().unwrap();
    let disk = RealDisk::open(folder.path()).unwrap();
    let apart = disk.counted_apart();
    let mut file = disk.create("file").unwrap();
    file.write_at(0, b"content").unwrap();
    assert_eq!((disk.syncs().get(), apart.syncs().get()), (0, 0), "a write is no sync");
    file.sync().unwrap();
    disk.clone().sync_dir().unwrap();
    assert_eq!((disk.syncs().get(), apart.syncs().get()), (2, 0));
    apart.open("file").unwrap().sync().unwrap();
    assert_eq!((disk.syncs().get(), apart.syncs().get()), (2, 1));
}
