//! Word boundaries and line numbers.

use super::{file_name, folder, line_at, whole_words};

#[test]
fn words_end_where_identifiers_end() {
    assert_eq!(whole_words("a Instant, Instantly, anInstant, b::Instant", "Instant").collect::<Vec<_>>(), [2, 36]);
    assert_eq!(whole_words("nostd::x std::y", "std::").collect::<Vec<_>>(), [9]);
    assert_eq!(whole_words("a-b", "-").collect::<Vec<_>>(), [1]);
}

#[test]
fn lines_count_from_one() {
    assert_eq!(line_at("a\nb", 0), 1);
    assert_eq!(line_at("a\nb", 1), 1);
    assert_eq!(line_at("a\nb", 2), 2);
}

#[test]
fn paths_split_at_the_last_slash() {
    assert_eq!((folder("a/b/c.rs"), file_name("a/b/c.rs")), ("a/b", "c.rs"));
    assert_eq!((folder("c.rs"), file_name("c.rs")), ("", "c.rs"));
}
