//! Key files come back as written, and nothing else is taken for one.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::files::FileProblem;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("voting.key");
    (folder, path)
}

fn write_with(path: &Path, mode: u32, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_comes_back_and_is_private() {
    let (_folder, path) = folder();
    let seed = Zeroizing::new([7; 32]);
    write_key(&path, "voting key of replica 0", &seed).unwrap();
    assert_eq!(*read_key(&path).unwrap(), [7; 32]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# synod secret, keep private: voting key of replica 0"), "{text}");
    assert_eq!(text.lines().count(), 2);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left behind");
}

#[test]
fn a_key_is_never_overwritten() {
    let (_folder, path) = folder();
    write_key(&path, "first", &Zeroizing::new([1; 32])).unwrap();
    let error = write_key(&path, "second", &Zeroizing::new([2; 32])).unwrap_err();
    assert!(matches!(error.problem, FileProblem::Occupied), "{error}");
    assert_eq!(*read_key(&path).unwrap(), [1; 32]);
}

#[test]
fn a_key_that_others_can_reach_is_refused() {
    let digits = "07".repeat(32);
    for mode in [0o640, 0o604, 0o620, 0o602, 0o644, 0o666, 0o610] {
        let (_folder, path) = folder();
        write_with(&path, mode, &digits);
        let error = read_key(&path).unwrap_err();
        assert!(matches!(error.problem, FileProblem::Exposed { mode: found } if found == mode), "{mode:o}: {error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    for mode in [0o600, 0o400] {
        let (_folder, path) = folder();
        write_with(&path, mode, &digits);
        assert_eq!(*read_key(&path).unwrap(), [7; 32]);
    }
}

#[test]
fn a_missing_key_says_so() {
    let (_folder, path) = folder();
    let error = read_key(&path).unwrap_err();
    assert!(matches!(error.problem, FileProblem::Missing { .. }), "{error}");
    assert!(error.to_string().contains("voting.key"), "{error}");
}

#[test]
fn what_is_no_key_is_refused() {
    let good = "ab".repeat(32);
    let cases = [
        String::new(),
        "# only a comment\n".to_owned(),
        "ab".repeat(31),
        "ab".repeat(33),
        "AB".repeat(32),
        format!("{}zz", "ab".repeat(31)),
        format!("{good}\n{good}\n"),
        "x".repeat(2000),
    ];
    for content in cases {
        let (_folder, path) = folder();
        write_with(&path, 0o600, &content);
        let error = read_key(&path).unwrap_err();
        let fits = matches!(error.problem, FileProblem::BadKeyFile { .. } | FileProblem::TooLarge { .. });
        assert!(fits, "{content:?}: {error}");
        assert!(!error.to_string().contains("abab"), "an error never shows the secret: {error}");
    }
    let (_folder, path) = folder();
    fs::write(&path, [0xFF; 64]).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(read_key(&path).unwrap_err().problem, FileProblem::Syntax { .. }));
}
