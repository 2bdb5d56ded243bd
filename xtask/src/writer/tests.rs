//! A loss, a wrong value and an invention are told apart.

use super::*;

fn line(number: u64) -> String {
    format!("{}\t{}\n", key(number), value(number))
}

#[test]
fn keys_are_as_long_as_the_file_of_acknowledged_keys_counts_them() {
    for number in [0, 1, 999_999_999_999] {
        assert_eq!(key(number).len() as u64 + 1, LINE_BYTES);
        assert_eq!(super::number(&key(number)), Some(number));
    }
    assert_eq!(super::number("key-1"), None);
    assert_ne!(value(1), value(2));
}

#[test]
fn what_is_acknowledged_and_found_as_written_is_right() {
    let found = [line(0), line(1), line(2)].concat();
    let comparison = compare(&found, &BTreeSet::from([0, 2]), 3);
    assert_eq!(comparison, Comparison { right: 2, ..Comparison::default() }, "the third was under way");
}

#[test]
fn what_is_acknowledged_and_not_found_is_lost() {
    let comparison = compare(&line(1), &BTreeSet::from([0, 1]), 2);
    assert_eq!(comparison, Comparison { right: 1, lost: vec![key(0)], wrong: Vec::new() });
}

#[test]
fn another_value_and_a_key_that_nobody_wrote_are_wrong() {
    let swapped = format!("{}\t{}\n", key(0), value(1));
    let found = [swapped.clone(), line(7), "else\tx\n".to_owned()].concat();
    let comparison = compare(&found, &BTreeSet::from([0]), 2);
    let wrong = [swapped, line(7), "else\tx\n".to_owned()].map(|line| line.trim_end().to_owned());
    assert_eq!(comparison, Comparison { right: 0, lost: Vec::new(), wrong: wrong.to_vec() });
}
