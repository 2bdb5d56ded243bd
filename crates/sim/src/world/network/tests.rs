//! Links that work, lose, repeat and are cut.

use super::Network;
use crate::counters::{Count, Counters};
use crate::options;
use synod_kernel::chooser::{Chooser, Seeded};

/// Gives these answers, and then 0.
struct Told(Vec<usize>);

impl Chooser for Told {
    fn choose(&mut self, _: &'static str, options: usize) -> usize {
        let answer = if self.0.is_empty() { 0 } else { self.0.remove(0) };
        answer.min(options - 1)
    }
}

fn arrivals(network: &Network, now: u64, from: usize, to: usize, counters: &mut Counters) -> Vec<u64> {
    network.arrivals(now, from, to, counters, &mut Seeded::new(1)).collect()
}

#[test]
fn loss_and_duplication_follow_their_rates() {
    let mut counters = Counters::default();
    let rates = |loss, duplicate| options::Network { loss, duplicate, ..options::Network::calm() };
    let count = |loss, duplicate, counters: &mut Counters| {
        arrivals(&Network::new(rates(loss, duplicate), 4), 100, 0, 1, counters).len()
    };
    assert_eq!(count(0, 0, &mut counters), 1);
    assert_eq!(count(1000, 1000, &mut counters), 0);
    assert_eq!(count(0, 1000, &mut counters), 2);
    let counted = [Count::Messages, Count::Lost, Count::Duplicated].map(|count| counters.get(count));
    assert_eq!(counted, [3, 1, 1]);
}

#[test]
fn a_cut_link_works_again_after_its_time_or_when_everything_heals() {
    let mut counters = Counters::default();
    let mut network = Network::new(options::Network::calm(), 3);
    assert_eq!(network.partition(500, &mut counters, &mut Told(vec![6, 0])), "isolates one");
    assert!(arrivals(&network, 499, 0, 1, &mut counters).is_empty());
    assert!(arrivals(&network, 499, 2, 0, &mut counters).is_empty());
    assert_eq!(arrivals(&network, 499, 1, 2, &mut counters).len(), 1);
    assert_eq!(arrivals(&network, 500, 0, 1, &mut counters).len(), 1);
    assert_eq!(counters.get(Count::Cut), 2);
    network.heal();
    assert_eq!(arrivals(&network, 0, 0, 1, &mut counters).len(), 1);
}

#[test]
fn every_shape_of_partition_leaves_some_link_and_cuts_some() {
    for seed in 0..50 {
        let mut network = Network::new(options::Network::calm(), 4);
        network.partition(10, &mut Counters::default(), &mut Seeded::new(seed));
        let links = (0..5).flat_map(|from| (0..5).map(move |to| (from, to)));
        let open = links.filter(|&(from, to)| arrivals(&network, 0, from, to, &mut Counters::default()).len() == 1);
        assert!(open.count() >= 5, "nobody is cut off from itself");
    }
}

/// The messages of one second, one each millisecond, that arrive from place 0 at place 1, with their delays.
fn delays(network: &Network) -> Vec<u64> {
    let sent = (0..1000).map(|ms| ms * 1000);
    sent.flat_map(|now| {
        let times = arrivals(network, now, 0, 1, &mut Counters::default());
        times.into_iter().map(move |at| at - now)
    })
    .collect()
}

#[test]
fn a_gray_link_is_slow_and_a_flapping_one_works_half_of_the_time() {
    let (mut gray, mut flapping) =
        (Network::new(options::Network::calm(), 3), Network::new(options::Network::calm(), 3));
    let mut counters = Counters::default();
    // Which shape, from where, to where, and how much.
    assert_eq!(
        gray.partition(500_000, &mut counters, &mut Told(vec![1, 0, 1, 99_999])),
        "slows one direction of one link"
    );
    let slow = delays(&gray).into_iter().filter(|delay| *delay >= 100_000).count();
    assert_eq!((slow, delays(&gray).len()), (500, 1000));
    let what = flapping.partition(500_000, &mut counters, &mut Told(vec![2, 0, 1, 9_999]));
    assert_eq!(what, "lets one direction of one link come and go");
    assert_eq!(delays(&flapping).len(), 750);
    assert_eq!((counters.get(Count::GrayLinks), counters.get(Count::Flapping)), (1, 1));
    assert_eq!(arrivals(&flapping, 0, 1, 0, &mut counters).len(), 1, "the other direction");
}

#[test]
fn pairs_are_parted_in_both_directions() {
    let mut network = Network::new(options::Network::calm(), 3);
    let mut counters = Counters::default();
    assert_eq!(network.partition(10, &mut counters, &mut Told(vec![3, 0, 2])), "parts some pairs");
    let is_open = |from, to| arrivals(&network, 0, from, to, &mut Counters::default()).len() == 1;
    assert!(!is_open(0, 1) && !is_open(1, 0) && is_open(0, 2) && is_open(2, 1));
    assert_eq!(counters.get(Count::Pairs), 1);
}

#[test]
fn an_exile_hears_nothing_or_is_not_heard() {
    for (answer, hears, is_heard) in [(0, false, false), (1, false, true), (2, true, false)] {
        let mut network = Network::new(options::Network::calm(), 3);
        network.exile(1, &mut Told(vec![answer]));
        let is_open = |from, to| arrivals(&network, u64::MAX / 2, from, to, &mut Counters::default()).len() == 1;
        assert_eq!((is_open(0, 1), is_open(1, 0), is_open(0, 2)), (hears, is_heard, true));
    }
}

#[test]
fn places_of_different_blocks_are_parted_both_ways_until_the_round_is_over() {
    let mut counters = Counters::default();
    let mut network = Network::new(options::Network::calm(), 3);
    // The third replica and the clients are in no block.
    network.part(500, |place| [Some(0), Some(1), None, None][place]);
    let mut arrives = |now, from, to| arrivals(&network, now, from, to, &mut counters).len() == 1;
    assert!(!arrives(499, 0, 1) && !arrives(499, 1, 0));
    assert!(arrives(500, 0, 1) && arrives(500, 1, 0));
    for other in [2, 3] {
        assert!([0, 1].iter().all(|&one| arrives(0, one, other) && arrives(0, other, one)));
    }
}
