//! Waits grow, are jittered, and have an end.

use super::*;

#[test]
fn waits_double_up_to_the_longest() {
    let (min, max) = (Duration::from_millis(50), Duration::from_secs(2));
    let mut backoff = Backoff::new(min, max);
    let mut whole = min;
    for _ in 0..20 {
        let wait = backoff.next();
        assert!(wait >= whole / 2 && wait <= whole, "{wait:?} of {whole:?}");
        whole = (whole * 2).min(max);
    }
    assert_eq!(whole, max);
    backoff.reset();
    assert!(backoff.next() <= min);
}

#[test]
fn waits_differ() {
    let waits: Vec<Duration> =
        (0..20).map(|_| Backoff::new(Duration::from_secs(2), Duration::from_secs(2)).next()).collect();
    assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
}
