//! An attack that did not come about is told from one that was withstood.

use super::*;

/// An attack with this mark that did all it was made for.
fn good(mark: Mark) -> Tally {
    let tally = Tally { actions: 10, failed: 5, ..Tally::default() };
    match mark {
        Mark::Closed | Mark::ClosedOrLeft => Tally { closed: 1, ..tally },
        Mark::Left => Tally { left: 1, ..tally },
        Mark::Heard => Tally { heard: 1, ..tally },
        Mark::Answered => Tally { answered: 1, ..tally },
    }
}

const MARKS: [Mark; 5] = [Mark::Closed, Mark::Left, Mark::ClosedOrLeft, Mark::Heard, Mark::Answered];

#[test]
fn what_left_its_mark_is_an_attack() {
    for mark in MARKS {
        assert_eq!(good(mark).wrong(mark), Vec::<String>::new(), "{mark:?}");
    }
    assert!(Tally { closed: 0, left: 1, ..good(Mark::ClosedOrLeft) }.wrong(Mark::ClosedOrLeft).is_empty());
}

#[test]
fn what_left_no_mark_is_none() {
    for mark in MARKS {
        let others = MARKS.into_iter().filter(|other| good(*other).wrong(mark).is_empty());
        for other in others {
            let pair = (mark, other);
            assert!(mark == other || matches!(pair, (Mark::Closed, Mark::ClosedOrLeft) | (Mark::ClosedOrLeft, _)));
        }
        assert_eq!(Tally { actions: 10, ..Tally::default() }.wrong(mark).len(), 1, "{mark:?}");
    }
}

#[test]
fn what_failed_for_the_most_part_is_none() {
    for mark in MARKS {
        assert_eq!(Tally { failed: 6, ..good(mark) }.wrong(mark).len(), 1, "{mark:?}");
        assert_eq!(Tally { actions: 0, failed: 0, ..good(mark) }.wrong(mark).len(), 1, "{mark:?}");
    }
}

#[test]
fn every_connection_is_counted_as_it_ended() {
    let mut tally = Tally::default();
    for fate in [Ok(Fate::Closed), Ok(Fate::Left), Ok(Fate::Left), Err(io::ErrorKind::TimedOut.into())] {
        tally.count(fate);
    }
    assert_eq!((tally.closed, tally.left, tally.failed, tally.actions), (1, 2, 1, 0));
}
