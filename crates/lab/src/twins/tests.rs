//! Scenarios are counted and numbered as brute force does it, and a scenario is a run like any other.
#![allow(clippy::unwrap_used)]

use super::{Bounds, Enumeration, Family, FamilyError, NODES_MAX, Order, Scenario};
use crate::campaign::{Next, Series, Shard};
use crate::protocol::Protocol;
use crate::summary::{Summary, Verdict};
use crate::trace::{Outcome, Trace};
use std::collections::BTreeSet;
use std::num::NonZero;
use synod_kernel::chooser::Fit;
use synod_kernel::{Faults, Membership};

fn membership(replicas: u16) -> Membership {
    Membership::new(replicas, Faults::Byzantine((replicas - 1) / 3)).unwrap()
}

fn bounds(replicas: u16, twins: u16, rounds: u32, blocks: usize, views: u64) -> Bounds {
    Bounds { membership: membership(replicas), twins, rounds, blocks, views }
}

fn enumeration(bounds: Bounds, order: Order, most: Option<u64>) -> Enumeration {
    let family = Family::new(bounds).unwrap();
    Enumeration { protocol: Protocol::Pbft, family, order, first: 0, most, shard: Shard::WHOLE }
}

/// A node: a replica, and which copy of it.
type Node = (u16, u8);
/// Who is with whom in each round.
type Told = Vec<BTreeSet<BTreeSet<Node>>>;

/// Every way to part these nodes into at most so many blocks.
fn partitions(nodes: &[Node], blocks: usize) -> Vec<BTreeSet<BTreeSet<Node>>> {
    let Some((&node, rest)) = nodes.split_first() else { return vec![BTreeSet::new()] };
    let mut all = Vec::new();
    for parted in partitions(rest, blocks) {
        for block in &parted {
            let mut joined = parted.clone();
            let mut more = joined.take(block).unwrap();
            more.insert(node);
            joined.insert(more);
            all.push(joined);
        }
        if parted.len() < blocks {
            all.push(parted.into_iter().chain([BTreeSet::from([node])]).collect());
        }
    }
    all
}

fn nodes(replicas: u16, twins: &[u16]) -> Vec<Node> {
    let copies = |id: u16| if twins.contains(&id) { 0..2_u8 } else { 0..1 };
    (0..replicas).flat_map(|id| copies(id).map(move |copy| (id, copy))).collect()
}

/// Every order of the numbers from `first` to the last replica.
fn orders(first: u16, replicas: u16) -> Vec<Vec<u16>> {
    let mut orders: Vec<Vec<u16>> = vec![Vec::new()];
    for _ in first..replicas {
        let longer = |order: Vec<u16>| {
            let others = (first..replicas).filter(|id| !order.contains(id)).collect::<Vec<_>>();
            others.into_iter().map(move |id| order.iter().copied().chain([id]).collect())
        };
        orders = orders.into_iter().flat_map(longer).collect();
    }
    orders
}

/// The least of everything that a scenario can be renamed to: replicas from number `views` on, and copies of a replica.
fn least(told: &Told, twins: &[u16], replicas: u16, views: u16) -> Told {
    let mut least: Option<Told> = None;
    for order in orders(views, replicas) {
        for swapped in 0_u32..1 << twins.len() {
            let rename = |(id, copy): &Node| {
                let is_swapped = twins.iter().position(|twin| twin == id).is_some_and(|bit| swapped & (1 << bit) != 0);
                let name = if *id < views { *id } else { order[usize::from(*id - views)] };
                (name, copy ^ u8::from(is_swapped))
            };
            let block = |block: &BTreeSet<Node>| block.iter().map(rename).collect::<BTreeSet<Node>>();
            let renamed: Told = told.iter().map(|parted| parted.iter().map(block).collect()).collect();
            if least.as_ref().is_none_or(|least| renamed < *least) {
                least = Some(renamed);
            }
        }
    }
    least.unwrap()
}

/// A scenario in the words of these tests.
fn told(scenario: &Scenario, replicas: u16, rounds: u32) -> (Told, Vec<u16>) {
    let twins: Vec<u16> = scenario.twins.iter().map(|id| id.get()).collect();
    let honest = (0..replicas).filter(|id| !twins.contains(id)).map(|id| (id, 0));
    let copies = twins.iter().flat_map(|&id| [(id, 0), (id, 1)]);
    let nodes: Vec<Node> = honest.chain(copies).collect();
    let blocks: Vec<usize> = scenario.blocks().collect();
    assert_eq!(blocks.len(), nodes.len() * rounds as usize);
    let round = |blocks: &[usize]| {
        let block = |block: usize| -> BTreeSet<Node> {
            nodes.iter().zip(blocks).filter(|(_, of)| **of == block).map(|(node, _)| *node).collect()
        };
        (0..NODES_MAX).map(block).filter(|nodes| !nodes.is_empty()).collect()
    };
    (blocks.chunks(nodes.len()).map(round).collect(), twins)
}

/// Checks a family against all scenarios, one by one.
fn check(replicas: u16, twins: u16, rounds: u32, blocks: usize, views: u16) {
    let family = Family::new(bounds(replicas, twins, rounds, blocks, views.into())).unwrap();
    let (mut before, mut orbits) = (0_u64, BTreeSet::new());
    for bits in (0_u32..1 << replicas).filter(|bits| bits.count_ones() == u32::from(twins)) {
        let twins: Vec<u16> = (0..replicas).filter(|id| bits & (1 << id) != 0).collect();
        let parted = partitions(&nodes(replicas, &twins), blocks);
        let mut all: Vec<Told> = vec![Vec::new()];
        for _ in 0..rounds {
            let longer = |told: Told| parted.iter().map(move |last| told.iter().chain([last]).cloned().collect());
            all = all.into_iter().flat_map(longer).collect();
        }
        before += all.len() as u64;
        orbits.extend(all.iter().map(|told| least(told, &twins, replicas, views)));
    }
    let name = format!("{twins} twins of {replicas}, {rounds} rounds, {blocks} blocks, {views} views");
    assert_eq!(family.before_symmetry(), before, "{name}");
    assert_eq!(family.len(), orbits.len() as u64, "{name}");
    for number in 0..family.len() {
        let (told, twins) = told(&family.scenario(number).unwrap(), replicas, rounds);
        assert!(orbits.remove(&least(&told, &twins, replicas, views)), "{name}: {number} is one of an orbit before");
    }
    assert!(orbits.is_empty() && family.scenario(family.len()).is_none(), "{name}");
}

#[test]
fn each_orbit_has_one_number_as_brute_force_finds_them() {
    for (replicas, twins, rounds, blocks, views) in [
        (4, 1, 2, 2, 4),
        (4, 1, 2, 2, 1),
        (4, 1, 1, 3, 2),
        (4, 2, 1, 2, 4),
        (4, 2, 1, 2, 1),
        (4, 2, 1, 3, 2),
        (4, 1, 3, 2, 3),
        (3, 3, 1, 3, 0),
        (2, 1, 3, 3, 0),
        (5, 1, 1, 2, 1),
        (5, 2, 1, 2, 2),
    ] {
        check(replicas, twins, rounds, blocks, views);
    }
}

#[test]
fn the_default_family_has_the_size_that_is_told() {
    let family = Family::new(bounds(4, 1, 3, 2, 4)).unwrap();
    assert_eq!((family.before_symmetry(), family.len()), (16_384, 9_216));
    let seven = Family::new(bounds(7, 2, 3, 2, 4)).unwrap();
    assert_eq!((seven.before_symmetry(), seven.len()), (21 * 256_u64.pow(3), 22_136_832));
    let last = seven.scenario(seven.len() - 1).unwrap();
    assert_eq!(last.blocks().count(), 27);
}

#[test]
fn what_cannot_be_numbered_is_refused() {
    let refused = |bounds| Family::new(bounds).unwrap_err();
    assert_eq!(refused(bounds(4, 0, 3, 2, 4)), FamilyError::Twins);
    assert_eq!(refused(bounds(4, 5, 3, 2, 4)), FamilyError::Twins);
    assert_eq!(refused(bounds(4, 1, 0, 2, 4)), FamilyError::Rounds);
    assert_eq!(refused(bounds(4, 1, 21, 2, 4)), FamilyError::Rounds);
    assert_eq!(refused(bounds(4, 1, 3, 1, 4)), FamilyError::Blocks);
    assert_eq!(refused(bounds(10, 3, 3, 2, 4)), FamilyError::Nodes(13));
    assert_eq!(refused(bounds(9, 1, 3, 3, 0)), FamilyError::TooLarge, "too much symmetry");
    assert_eq!(refused(bounds(4, 1, 20, 2, 4)), FamilyError::TooLarge, "too many scenarios");
}

#[test]
fn every_scenario_is_run_once_in_any_order_and_any_number_of_shards() {
    for (order, of) in [(Order::Numbers, 1), (Order::Numbers, 3), (Order::Shuffled(5), 1), (Order::Shuffled(6), 4)] {
        let whole = enumeration(bounds(4, 1, 2, 2, 4), order, None);
        let mut all = BTreeSet::new();
        for index in 0..of {
            let part = Enumeration { shard: Shard::new(index, of).unwrap(), ..whole.clone() };
            let ours: Vec<u64> = (0..).map_while(|position| part.number(position)).collect();
            assert_eq!(Series::len(&part), Some(ours.len() as u64));
            assert!(ours.into_iter().all(|number| all.insert(number)), "a scenario is in two shards");
        }
        assert!(all.into_iter().eq(0..whole.family.len()));
    }
    let first = |seed| enumeration(bounds(4, 1, 2, 2, 4), Order::Shuffled(seed), None).number(0);
    assert!((1..9).any(|seed| first(seed) != first(0)), "a seed makes a difference");
    let few = Enumeration { first: 7, ..enumeration(bounds(4, 1, 2, 2, 4), Order::Numbers, Some(3)) };
    assert!((0..).map_while(|position| few.number(position)).eq(7..10));
}

#[test]
fn a_scenario_is_recorded_written_and_replayed_like_any_run() {
    let series = enumeration(bounds(4, 1, 3, 2, 4), Order::Numbers, None);
    let number = 5_000;
    let trace = Trace::record(series.setup(number), None, series.chooser(number));
    let asked: Vec<usize> =
        trace.choices.iter().filter(|choice| choice.question.as_str() == "block").map(|choice| choice.answer).collect();
    assert!(asked.into_iter().eq(series.family.scenario(number).unwrap().blocks()));
    let read = Trace::parse(&trace.to_string()).unwrap();
    assert_eq!(read, trace);
    let replay = read.replay(Fit::Exact);
    assert_eq!((replay.outcome, replay.difference), (Outcome::Holds, None));
}

fn run(series: &Enumeration, is_enough: impl Fn(&Summary) -> bool + Send + Sync) -> Summary {
    series.run(NonZero::new(2).unwrap(), |_, summary| if is_enough(summary) { Next::Stop } else { Next::GoOn })
}

#[test]
fn one_twin_of_four_breaks_nothing_in_a_slice_of_the_default_family() {
    let series = enumeration(bounds(4, 1, 3, 2, 4), Order::Shuffled(1), Some(40));
    let summary = run(&series, |_| false);
    assert_eq!(summary.verdict(), Verdict::AsExpected, "{:#?}\n{:#?}", summary.failures, summary.defects);
    assert_eq!((summary.seeds, summary.never_happened().next()), (40, None));
}

#[test]
fn two_twins_of_four_fork_the_service_within_a_hundred_scenarios() {
    let series = enumeration(bounds(4, 2, 3, 2, 4), Order::Shuffled(1), Some(100));
    let summary = run(&series, |summary| summary.broken.contains_key("Agreement"));
    assert!(summary.broken.contains_key("Agreement"), "{:?}", summary.broken);
    let command = &summary.failures[0].replay;
    assert!(command.starts_with("synod sim twins --protocol pbft --replicas 4 --faults 1 --beyond-f --rounds 3"));
}
