//! Which files are read, and which are test code because of their parent.

use super::Tree;

#[test]
fn files_are_sorted_by_kind() {
    let files = [("Cargo.toml", ""), ("docs/a.md", ""), ("crates/a/src/lib.rs", ""), ("LICENSE", "")];
    let tree = Tree::from_files(&files);
    assert_eq!((tree.manifests.len(), tree.markdown.len(), tree.sources.len()), (1, 1, 1));
    assert!(tree.paths.contains("LICENSE"));
    assert!(tree.paths.contains("crates/a"));
}

#[test]
fn a_file_in_another_encoding_is_condemned() {
    let mut tree = Tree::default();
    tree.add("docs/a.md", b"caf\xe9".to_vec());
    assert_eq!(tree.unreadable.len(), 1);
    assert!(tree.markdown.is_empty());
}

#[test]
fn modules_below_a_test_module_are_test_code() {
    let tree = Tree::from_files(&[
        ("crates/a/src/lib.rs", "#[cfg(test)]\nmod fixtures;\nmod fixtures_of_users;\n"),
        ("crates/a/src/fixtures.rs", "mod deep;\n"),
        ("crates/a/src/fixtures/deep.rs", ""),
        ("crates/a/src/fixtures_of_users.rs", ""),
    ]);
    let test_files: Vec<&str> =
        tree.sources.iter().filter(|source| source.is_test_file()).map(|source| source.path.as_str()).collect();
    assert_eq!(test_files, ["crates/a/src/fixtures.rs", "crates/a/src/fixtures/deep.rs"]);
}

#[test]
fn this_repository_can_be_read() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tree = Tree::read(&root).expect("the checkout is readable");
    assert!(tree.paths.contains("xtask/src/tidy/tree.rs"));
    assert!(tree.paths.contains(".cargo/config.toml"));
    assert!(!tree.paths.iter().any(|path| path.starts_with(".git/") || path.starts_with("target/")));
}

#[test]
fn build_output_is_left_out_whether_cargo_tagged_it_or_not() {
    let root = tempfile::tempdir().expect("a temporary folder");
    for file in ["target/tools/a.md", "fuzz/out/CACHEDIR.TAG", "fuzz/out/b.md", "fuzz/.git/c.md", "docs/target/d.md"] {
        let path = root.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        std::fs::write(path, "text").expect("the file can be written");
    }
    let tree = Tree::read(root.path()).expect("the folder is readable");
    assert_eq!(tree.paths.into_iter().collect::<Vec<_>>(), ["docs", "docs/target", "docs/target/d.md", "fuzz"]);
}
