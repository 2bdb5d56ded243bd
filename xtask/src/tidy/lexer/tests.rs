//! The scanner against the corners of Rust's lexical grammar that a naive one gets wrong.

use super::views;

/// The code view with runs of blanks squeezed, to keep the expectations readable.
fn code(text: &str) -> String {
    views(text).code.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn views_keep_length_and_lines() {
    let text = "let é = \"ü\n\"; // ö\nnext";
    let views = views(text);
    for view in [&views.code, &views.comments, &views.literals] {
        assert_eq!(view.len(), text.len());
        assert_eq!(view.matches('\n').count(), 2);
    }
    assert_eq!(views.comments.trim(), "// ö");
    assert_eq!(views.literals.split_whitespace().collect::<Vec<_>>(), ["\"ü", "\""]);
}

#[test]
fn comments_are_not_code() {
    assert_eq!(code("a // b { \" \nc"), "a c");
    assert_eq!(code("a /* b /* c */ d */ e"), "a e");
    assert_eq!(code("a /* never closed"), "a");
    assert_eq!(code("a / b"), "a / b");
}

#[test]
fn strings_are_not_code() {
    assert_eq!(code(r#"a("x } \" // y") b"#), "a( ) b");
    assert_eq!(code(r##"a r#"x " y"# b"##), "a b");
    assert_eq!(code(r#"a r"\" b"#), "a b");
    assert_eq!(code(r#"a b"x" c"y" br"z" d"#), "a b c d");
    assert_eq!(code("a \"never closed"), "a");
    assert_eq!(code("a r#\"never closed\""), "a");
}

#[test]
fn raw_identifiers_are_code() {
    assert_eq!(code("r#match { }"), "r#match { }");
    assert_eq!(code("for r in bar { }"), "for r in bar { }");
}

#[test]
fn characters_are_told_from_lifetimes() {
    assert_eq!(code(r"a '{' b '\'' c '\u{7d}' d 'é' e"), "a b c d e");
    assert_eq!(code("fn f<'a>(x: &'a str) { 'outer: loop {} }"), "fn f<'a>(x: &'a str) { 'outer: loop {} }");
    assert_eq!(code("f::<'a, 'b>()"), "f::<'a, 'b>()");
    assert_eq!(code(r#"a '"' b"#), "a b");
}

#[test]
fn a_backslash_at_the_end_is_no_escape_from_bounds() {
    assert_eq!(code("a \"\\"), "a");
    assert_eq!(code("a '\\"), "a '\\");
}
