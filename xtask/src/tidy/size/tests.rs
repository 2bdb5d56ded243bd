//! Both sides of each limit, and the scanner that finds functions.

use super::{files_are_short, functions, functions_are_short, lines_are_short};
use crate::tidy::findings::{Finding, Severity};
use crate::tidy::lexer;
use crate::tidy::tree::Tree;

fn check(rule: fn(&Tree) -> Vec<Finding>, path: &str, text: &str) -> Vec<(usize, Severity)> {
    let findings = rule(&Tree::from_files(&[(path, text)]));
    findings.into_iter().map(|finding| (finding.line, finding.severity)).collect()
}

fn function_of(lines: usize) -> String {
    format!("\nfn long() {{\n{}}}\n", "    a();\n".repeat(lines - 2))
}

#[test]
fn long_files_are_warned_about_then_condemned() {
    assert_eq!(check(files_are_short, "a.rs", &"\n".repeat(400)), []);
    assert_eq!(check(files_are_short, "a.rs", &"\n".repeat(401)), [(401, Severity::Warning)]);
    assert_eq!(check(files_are_short, "a.rs", &"\n".repeat(600)), [(600, Severity::Warning)]);
    assert_eq!(check(files_are_short, "a.rs", &"\n".repeat(601)), [(601, Severity::Error)]);
}

#[test]
fn long_functions_are_condemned() {
    assert_eq!(check(functions_are_short, "src/a.rs", &function_of(70)), []);
    assert_eq!(check(functions_are_short, "src/a.rs", &function_of(71)), [(2, Severity::Error)]);
}

#[test]
fn tests_may_be_longer() {
    assert_eq!(check(functions_are_short, "src/a/tests.rs", &function_of(120)), []);
    assert_eq!(check(functions_are_short, "src/a/tests.rs", &function_of(121)), [(2, Severity::Error)]);
}

#[test]
fn wide_lines_are_condemned_even_in_comments() {
    assert_eq!(check(lines_are_short, "a.rs", &format!("// {}", "é".repeat(117))), []);
    assert_eq!(check(lines_are_short, "a.rs", &format!("\n// {}", "é".repeat(118))), [(2, Severity::Error)]);
}

#[test]
fn functions_are_found_with_their_bodies() {
    let text = "trait A {\n    fn declared(&self) -> [u8; { 2 }];\n    fn given(&self) {\n    }\n}\n\
        const fn generic<T: Fn(u8) -> u8>(f: fn(u8)) -> u8\nwhere\n    T: Copy,\n{\n    // }\n    let c = '}';\n    \
        fn inner() {}\n    if x { y } else { \"}\" }\n}\n";
    let found = functions(&lexer::views(text).code);
    let found: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.first_line, f.last_line)).collect();
    assert_eq!(found, [("given", 3, 4), ("generic", 6, 14), ("inner", 12, 12)]);
}

#[test]
fn half_a_function_is_no_function() {
    assert_eq!(functions("fn a() {"), []);
    assert_eq!(functions("fn"), []);
    assert_eq!(functions("type A = fn (u8) -> u8;"), []);
}
