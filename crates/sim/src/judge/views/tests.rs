//! Views that go by, one after the other.
#![allow(clippy::unwrap_used)]

use super::Views;
use crate::judge::Rule;
use crate::judge::fixture::replica;
use synod_kernel::View;

#[test]
fn too_many_in_a_row_are_condemned_once_everything_is_healed() {
    let mut views = Views::new(3);
    views.seen(replica(0), View::new(50)).unwrap();
    views.heal();
    (51..=53).for_each(|view| views.seen(replica(0), View::new(view)).unwrap());
    let violation = views.seen(replica(2), View::new(54)).unwrap_err();
    assert_eq!(violation.rule, Rule::ViewsTerminate);
    assert!(violation.sentence.contains("replica 2 is in view 54, 4 views after"), "{violation}");
}

#[test]
fn what_is_executed_starts_the_count_again() {
    let mut views = Views::new(3);
    views.heal();
    for view in 0..30 {
        views.seen(replica(0), View::new(view)).unwrap();
        if view % 3 == 0 {
            views.executed();
        }
    }
}
