//! Phases of one kind add up, and their stalls do not.

use super::*;

#[test]
fn phases_of_one_kind_are_taken_together() {
    let phase = |kind: &str, seconds, acknowledged, stall| Phase {
        kind: kind.to_owned(),
        time: Duration::from_secs(seconds),
        acknowledged,
        stall: Duration::from_secs(stall),
    };
    let phases = [phase("calm", 10, 100, 1), phase("kill", 5, 0, 5), phase("calm", 30, 500, 3)];
    let summaries = summarize(&phases);
    let calm = &summaries["calm"];
    assert_eq!((calm.count, calm.acknowledged, calm.stall), (2, 600, Duration::from_secs(3)));
    assert_eq!(calm.rate().to_bits(), 15.0_f64.to_bits());
    assert_eq!(summaries["kill"].rate().to_bits(), 0.0_f64.to_bits());
    assert_eq!(Summary::default().rate().to_bits(), 0.0_f64.to_bits());
}
