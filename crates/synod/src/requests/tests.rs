//! Requests are bounded in number and bytes, and keep the order.

use super::*;

fn sizes(items: &[usize], at_most: usize) -> Vec<Vec<usize>> {
    let parts = parted(items.iter().copied(), at_most, |bytes| *bytes);
    assert_eq!(parts.concat(), items);
    parts
}

#[test]
fn requests_are_bounded_in_bytes_unless_one_alone_has_more() {
    let parts = sizes(&[10, REQUEST_BYTES, REQUEST_BYTES - 10, 10, 1, 2 * REQUEST_BYTES, 1], 100);
    assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 2, 1, 1, 1]);
}

#[test]
fn requests_are_bounded_in_number() {
    assert_eq!(sizes(&[1, 2, 3, 4, 5], 2), [vec![1, 2], vec![3, 4], vec![5]]);
    assert_eq!(sizes(&[], 2), Vec::<Vec<usize>>::new());
}
