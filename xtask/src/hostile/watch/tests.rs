//! Fields are found where the system puts them.

use super::*;

#[test]
fn a_name_with_blanks_and_brackets_moves_no_field() {
    let stat = "71 (a ) b) S 1 71 71 0 -1 4194304 100 0 0 0 120 34 0 0 20 0 9 0 5 6 7";
    assert_eq!(computed_in(stat), Some(Duration::from_millis(1540)));
    assert_eq!(computed_in("71 (x) S 1"), None);
}
