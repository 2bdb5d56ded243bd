//! Only what a killed demonstration has left is removed.
#![allow(clippy::unwrap_used)]

use super::*;
use std::os::unix::fs::symlink;

/// A folder as a demonstration has it.
fn folder(parent: &Path, name: &str) -> PathBuf {
    let folder = parent.join(name);
    fs::create_dir_all(folder.join(CLUSTER).join("replica-0")).unwrap();
    fs::write(folder.join(OWNER), "").unwrap();
    folder
}

fn swept(parent: &Path) {
    sweep(parent, parent.metadata().unwrap().uid()).unwrap();
}

#[test]
fn what_a_killed_demonstration_left_is_removed() {
    let parent = tempfile::tempdir().unwrap();
    let left = folder(parent.path(), "synod-demo-left");
    swept(parent.path());
    assert!(!left.exists());
}

#[test]
fn a_demonstration_that_runs_keeps_its_folder() {
    let parent = tempfile::tempdir().unwrap();
    let (running, owner) = make(parent.path()).unwrap();
    swept(parent.path());
    assert!(running.path().join(OWNER).exists());
    drop(owner);
    swept(parent.path());
    assert!(!running.path().exists(), "it ended without removing it");
}

#[test]
fn a_folder_that_is_kept_or_being_made_or_not_ours_stays() {
    let parent = tempfile::tempdir().unwrap();
    let kept = folder(parent.path(), "synod-demo-kept");
    fs::remove_file(kept.join(OWNER)).unwrap();
    let other = folder(parent.path(), "another-program");
    let elsewhere = tempfile::tempdir().unwrap();
    let target = folder(elsewhere.path(), "target");
    symlink(&target, parent.path().join("synod-demo-link")).unwrap();
    fs::write(parent.path().join("synod-demo-file"), "").unwrap();
    swept(parent.path());
    for stays in [kept, other, target, parent.path().join("synod-demo-link"), parent.path().join("synod-demo-file")] {
        assert!(stays.exists(), "{}", stays.display());
    }
}

#[test]
fn another_user_s_folder_stays() {
    let parent = tempfile::tempdir().unwrap();
    let left = folder(parent.path(), "synod-demo-left");
    sweep(parent.path(), parent.path().metadata().unwrap().uid() + 1).unwrap();
    assert!(left.exists());
}
