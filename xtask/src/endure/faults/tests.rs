//! A seed decides everything, and never more replicas suffer than may fail.

use super::*;
use std::collections::BTreeSet;

fn episodes(seed: u64, replicas: u16, kills_all: bool) -> Vec<Episode> {
    let mut faults = Faults::new(seed, replicas, kills_all);
    (0..200).map(|_| faults.next()).collect()
}

#[test]
fn a_seed_decides() {
    assert_eq!(episodes(5, 4, true), episodes(5, 4, true));
    assert_ne!(episodes(5, 4, true), episodes(6, 4, true));
}

#[test]
fn no_more_suffer_at_once_than_may_fail() {
    for (replicas, most) in [(4, 1), (6, 1), (7, 2), (10, 3)] {
        let mut counts = BTreeSet::new();
        for episode in episodes(1, replicas, false) {
            let victims = episode.deed.victims(0);
            let distinct: BTreeSet<usize> = victims.iter().map(|(position, _)| *position).collect();
            assert_eq!(distinct.len(), victims.len());
            assert!(distinct.iter().all(|position| *position < usize::from(replicas)));
            counts.insert(victims.len());
        }
        assert_eq!(counts, (1..=most).collect(), "of {replicas}");
    }
}

#[test]
fn everybody_suffers_everything_and_the_primary_more_often() {
    let (mut seen, mut of_primary) = (BTreeSet::new(), 0);
    for episode in episodes(2, 4, false) {
        for (position, fault) in episode.deed.victims(3) {
            seen.insert((position, fault.to_string()));
            of_primary += u32::from(position == 3);
        }
    }
    assert!((100..160).contains(&of_primary), "{of_primary} of 200");
    for position in 0..4 {
        assert!(seen.contains(&(position, Fault::Kill.to_string())));
        assert!(seen.contains(&(position, Fault::Pause.to_string())));
        assert!(seen.iter().any(|(other, fault)| *other == position && fault.starts_with("cut")));
    }
}

#[test]
fn all_are_killed_only_where_that_is_asked_for_or_nobody_may_fail() {
    let all = |episodes: Vec<Episode>| episodes.iter().filter(|episode| episode.deed == Deed::All).count();
    assert_eq!(all(episodes(3, 4, false)), 0);
    assert!((15..60).contains(&all(episodes(3, 4, true))));
    assert_eq!(all(episodes(3, 3, false)), 200);
}
