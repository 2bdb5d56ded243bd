//! Each banned word where it is condemned and where it is let pass.

use super::{FOREIGN_FOLDERS, LATER, TEMPORARY_FOLDER, UNFINISHED, UNFINISHED_CALLS, no_banned_words};
use crate::tidy::tree::Tree;

const CODE: &str = "crates/a/src/b.rs";
const TEST: &str = "crates/a/src/b/tests.rs";
const TEXT: &str = "docs/a.md";

fn lines(path: &str, text: &str) -> Vec<usize> {
    no_banned_words(&Tree::from_files(&[(path, text)])).into_iter().map(|finding| finding.line).collect()
}

#[test]
fn unfinished_business_is_condemned_in_comments_strings_and_text() {
    for word in UNFINISHED.into_iter().chain([LATER]) {
        assert_eq!(lines(CODE, &format!("\n// {word}: a\n")), [2], "{word}");
        assert_eq!(lines(CODE, &format!("const A: &str = \"{word}\";\n")), [1], "{word}");
        assert_eq!(lines(TEST, &format!("/// {word}\n")), [1], "{word}");
        assert_eq!(lines(TEXT, &format!("\n\n{word}\n")), [3], "{word}");
    }
    assert_eq!(lines(TEXT, &UNFINISHED[2].replace('f', "F")), [1]);
}

#[test]
fn an_issue_number_makes_a_promise() {
    assert_eq!(lines(CODE, &format!("// {LATER}(#12): a\n")), [0; 0]);
    for unnumbered in ["()", "(#)", "(#a)", "(12)", "(#12"] {
        assert_eq!(lines(CODE, &format!("// {LATER}{unnumbered}\n")), [1], "{unnumbered}");
    }
}

#[test]
fn words_inside_words_and_test_data_pass() {
    assert_eq!(lines(CODE, &format!("// {LATER}S a{LATER} {}where\n", UNFINISHED[2])), [0; 0]);
    assert_eq!(lines(TEST, &format!("const A: &str = \"{LATER}\";\n")), [0; 0]);
    assert_eq!(lines(CODE, &format!("struct {LATER};\n")), [0; 0]);
}

#[test]
fn unfinished_calls_are_condemned_in_code() {
    for call in UNFINISHED_CALLS {
        assert_eq!(lines(CODE, &format!("fn a() {{\n    {call}b);\n}}\n")), [2], "{call}");
        assert_eq!(lines(TEST, &format!("{call})\n")), [1], "{call}");
        assert_eq!(lines(CODE, &format!("const A: &str = \"{call}\"; // {call}\nmy_{call})\n")), [0; 0], "{call}");
    }
}

#[test]
fn paths_of_one_machine_are_condemned_everywhere() {
    for folder in FOREIGN_FOLDERS {
        for (path, text) in [(CODE, "// "), (TEST, "const A: &str = \""), (TEXT, "(")] {
            assert_eq!(lines(path, &format!("{text}{folder}a\"\n")), [1], "{path} {folder}");
        }
        assert_eq!(lines(TEXT, &format!("docs{folder}a https://a.example{folder}\n")), [0; 0], "{folder}");
    }
}

#[test]
fn the_temporary_folder_is_data_in_tests_only() {
    let text = format!("// {TEMPORARY_FOLDER}a\n");
    assert_eq!(lines(CODE, &text), [1]);
    assert_eq!(lines(TEXT, &text), [1]);
    assert_eq!(lines(TEST, &text), [0; 0]);
}
