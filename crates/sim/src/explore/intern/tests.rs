//! Every value has one number.

use super::*;

#[test]
fn equal_values_share_a_number_and_others_do_not() {
    let mut interned = Interned::default();
    assert_eq!(interned.intern("a"), (0, true));
    assert_eq!(interned.intern("b"), (1, true));
    assert_eq!(interned.intern("a"), (0, false));
    assert_eq!((*interned.get(1), interned.len()), ("b", 2));
}

#[test]
fn where_one_part_ends_matters() {
    assert_ne!(fingerprint(&("ab", "c")), fingerprint(&("a", "bc")));
}
