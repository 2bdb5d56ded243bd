//! One timer per name, fired once, in order of time.

use super::*;

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[test]
fn timers_fire_once_in_order() {
    let start = Instant::now();
    let mut timers = Timers::new();
    timers.arm("late", start, ms(20));
    timers.arm("early", start, ms(10));
    assert_eq!(timers.next(), Some(start + ms(10)));
    assert_eq!(timers.fire(start + ms(9)), None);
    assert_eq!(timers.fire(start + ms(30)), Some("early"));
    assert_eq!(timers.fire(start + ms(30)), Some("late"));
    assert_eq!(timers.fire(start + ms(30)), None);
    assert_eq!(timers.next(), None);
}

#[test]
fn arming_replaces_and_disarming_stops() {
    let start = Instant::now();
    let mut timers = Timers::new();
    timers.arm("view", start, ms(10));
    timers.arm("view", start, ms(50));
    assert_eq!(timers.fire(start + ms(49)), None);
    timers.arm("view", start, ms(5));
    assert_eq!(timers.next(), Some(start + ms(5)));
    timers.disarm("view");
    timers.disarm("view");
    assert_eq!(timers.fire(start + ms(100)), None);
    timers.arm("view", start, Duration::MAX);
    assert!(timers.next().is_some());
}
