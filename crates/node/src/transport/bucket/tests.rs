//! The bucket lets a burst through, then the rate, then a burst again after a pause.

use super::*;

#[test]
fn a_burst_passes_and_then_the_rate() {
    let mut now = Instant::now();
    let mut bucket = Bucket::new(10, now);
    for _ in 0..10 {
        assert_eq!(bucket.take(now), Duration::ZERO);
    }
    assert_eq!(bucket.take(now), Duration::from_millis(100));
    assert_eq!(bucket.take(now), Duration::from_millis(200));
    now += Duration::from_secs(60);
    for _ in 0..10 {
        assert_eq!(bucket.take(now), Duration::ZERO);
    }
    assert_eq!(bucket.take(now), Duration::from_millis(100));
}
