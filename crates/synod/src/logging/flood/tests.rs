//! The bound, and what is told of what was left out.

use super::*;

#[test]
fn a_place_is_cut_off_until_the_while_is_over() {
    let (mut place, start) = (Place::default(), Instant::now());
    let written = (0..LINES_MAX + 5).filter(|_| place.judge(start).is_written).count();
    assert_eq!(written, LINES_MAX as usize);
    assert_eq!(place.judge(start + WHILE / 2), Verdict { is_written: false, left_out: 0 });
    assert_eq!(place.judge(start + WHILE), Verdict { is_written: true, left_out: 6 });
    assert_eq!(place.judge(start + WHILE), Verdict { is_written: true, left_out: 0 }, "told once");
}

#[test]
fn who_logs_little_is_never_cut_off() {
    let (mut place, start) = (Place::default(), Instant::now());
    for second in 0..1000 {
        let verdict = place.judge(start + Duration::from_secs(second));
        assert_eq!(verdict, Verdict { is_written: true, left_out: 0 });
    }
}
