//! Lines made readable.

use super::{LINE_MAX, shortened, terse};

#[test]
fn numbers_are_bare_and_names_are_said_once() {
    let line = " 1.000 r0  to *      Prepare(Prepare { view: View(0), seq: Seq(12), digest: 90d982b3 }@2)   [Prepared]";
    let told = " 1.000 r0  to *      Prepare { view: 0, seq: 12, digest: 90d982b3 }@2   [Prepared]";
    assert_eq!(terse(line), told);
    assert_eq!(terse(told), told);
    assert_eq!(terse("timer     Request(c0.1.1, View(3))"), "timer     Request(c0.1.1, 3)");
    assert_eq!(terse("a NewView(x) and a Seq(y)"), "a NewView(x) and a Seq(y)");
}

#[test]
fn what_is_too_long_is_cut_and_keeps_its_rules() {
    let line = format!("{}   [Execute]", "ä".repeat(500));
    let short = shortened(line);
    assert!(short.ends_with("…   [Execute]") && short.starts_with('ä'));
    assert!(short.chars().count() < LINE_MAX + 20);
    assert_eq!(shortened("short".to_owned()), "short");
}
