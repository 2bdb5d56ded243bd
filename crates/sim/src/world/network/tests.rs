//! Links that work, lose, repeat and are cut.

use super::Network;
use crate::counters::{Count, Counters};
use crate::options;
use synod_kernel::chooser::{Chooser, Seeded};

/// Always gives the same answer, if it is one.
struct Stubborn(usize);

impl Chooser for Stubborn {
    fn choose(&mut self, _: &'static str, options: usize) -> usize {
        self.0.min(options - 1)
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
    // The first answer isolates the first place.
    assert_eq!(network.partition(500, &mut Stubborn(0)), "isolates one");
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
        network.partition(10, &mut Seeded::new(seed));
        let links = (0..5).flat_map(|from| (0..5).map(move |to| (from, to)));
        let open = links.filter(|&(from, to)| arrivals(&network, 0, from, to, &mut Counters::default()).len() == 1);
        assert!(open.count() >= 5, "nobody is cut off from itself");
    }
}
