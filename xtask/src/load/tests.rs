//! The last acknowledged write of a key, or a later one, is right; anything else is not.

use super::*;

fn line(position: usize, number: u64) -> String {
    format!("{}\t{}\n", key(position), value(position, number))
}

/// Three keys: two writes of the first acknowledged, one of the second and one more under way, none of the third.
fn book() -> Book {
    let mut book = Book::new(3);
    assert_eq!(book.issue(), Some((0, 1)));
    assert_eq!(book.acknowledge(0), Some(1));
    assert_eq!([book.issue(), book.issue(), book.issue()], [Some((1, 1)), Some((2, 1)), Some((0, 2))]);
    assert_eq!(book.issue(), None, "something is under way for every key");
    assert_eq!([book.acknowledge(1), book.acknowledge(0)], [Some(1), Some(2)]);
    assert_eq!(book.issue(), Some((1, 2)));
    book
}

#[test]
fn keys_and_values_say_what_they_are() {
    for at in [0, 7, 999_999] {
        assert_eq!(position(&key(at)), Some(at));
        assert_eq!(number(at, &value(at, 12)), Some(12));
        assert_eq!(number(at + 1, &value(at, 12)), None);
    }
    assert_eq!(position("load-1"), None);
    assert_eq!(number(0, ""), None);
}

#[test]
fn what_was_not_under_way_cannot_be_acknowledged() {
    let mut book = book();
    assert_eq!([book.acknowledge(0), book.acknowledge(3)], [None, None]);
    assert_eq!((book.acknowledged(), book.keys()), (3, 2));
}

#[test]
fn the_last_acknowledged_write_and_a_later_one_are_right() {
    let right = Comparison { right: 2, ..Comparison::default() };
    assert_eq!(book().compare(&[line(0, 2), line(1, 1)].concat()), right);
    assert_eq!(book().compare(&[line(0, 2), line(1, 2), line(2, 1)].concat()), right, "they were under way");
}

#[test]
fn an_earlier_write_and_a_missing_key_are_lost() {
    let comparison = book().compare(&line(0, 1));
    assert_eq!((comparison.right, comparison.wrong), (0, Vec::new()));
    assert_eq!(comparison.lost, ["load-0000000: write 2, it holds 1", "load-0000001: it is not there"]);
}

#[test]
fn what_was_never_written_is_wrong() {
    let lines = [line(0, 3), line(1, 1).replace('-', "+"), line(3, 1), "else\tx\n".to_owned()];
    let swapped = format!("{}\t{}\n", key(1), value(0, 1));
    let comparison = book().compare(&[lines.concat(), swapped].concat());
    assert_eq!((comparison.right, comparison.wrong.len()), (0, 5));
    assert_eq!(comparison.lost, Vec::<String>::new(), "each key is named once");
}
