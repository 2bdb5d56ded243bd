//! Nothing that is shown acts on a terminal, and what is harmless is shown as it is.

use super::*;

#[test]
fn harmless_text_is_shown_as_it_is() {
    let text = "línea 1\n\tzwei \\ `drei` 4 \u{1f980}";
    assert_eq!(escaped(text.as_bytes(), Layout::Lines), text);
}

#[test]
fn what_a_terminal_obeys_is_escaped() {
    let escape = |text: &str| escaped(text.as_bytes(), Layout::Lines);
    assert_eq!(escape("\u{1b}[2J\u{7}"), "\\u{1b}[2J\\u{7}");
    assert_eq!(escape("old\rnew"), "old\\rnew");
    assert_eq!(escape("\u{9b}31m \u{7f} \u{202e}txt"), "\\u{9b}31m \\u{7f} \\u{202e}txt");
}

#[test]
fn a_cell_has_neither_lines_nor_tabs() {
    assert_eq!(escaped(b"a\nb\tc", Layout::Cell), "a\\nb\\tc");
}

#[test]
fn what_is_no_text_is_shown_byte_by_byte() {
    assert_eq!(escaped(b"a\xff\xfe b\xc3", Layout::Lines), "a\\xff\\xfe b\\xc3");
}
