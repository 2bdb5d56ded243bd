//! Rates are kept, low ones as well as high ones, and what was missed is not made up for.

use super::*;

/// What is counted out in a second of looks that lie so far apart.
fn in_a_second(a_second: u64, apart: Duration) -> usize {
    let mut portions = Portions::new(a_second);
    let looks = u32::try_from(Duration::from_secs(1).as_millis() / apart.as_millis()).unwrap_or_default();
    (1..=looks).map(|look| portions.due_after(apart * look)).sum()
}

#[test]
fn as_many_are_due_as_were_asked_for() {
    for a_second in [1, 2, 99, 100, 101, 2000, 1_000_000] {
        assert_eq!(in_a_second(a_second, PORTION), usize::try_from(a_second).unwrap_or_default());
        assert_eq!(in_a_second(a_second, 4 * PORTION), usize::try_from(a_second).unwrap_or_default());
    }
}

#[test]
fn a_client_that_was_held_up_is_not_flooded() {
    let mut portions = Portions::new(1000);
    assert_eq!(portions.due_after(Duration::from_secs(10)), 100);
    assert_eq!(portions.due_after(Duration::from_secs(10)), 0);
    assert_eq!(portions.due_after(Duration::from_millis(10_010)), 10);
}
