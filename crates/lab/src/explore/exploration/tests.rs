//! What is looked at, and what comes of it.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::summary::Verdict;
use synod_kernel::Faults;

fn exploration(liars: Liars, states: usize) -> Exploration {
    let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
    let limits = Limits { states, crashes: 0 };
    Exploration { protocol: Protocol::Pbft, membership, liars, views: 1, places: 1, limits }
}

fn these(liars: &[u16]) -> Liars {
    Liars::These(liars.iter().copied().map(ReplicaId::new).collect())
}

fn run(exploration: &Exploration) -> Findings {
    exploration.run(|_, _| ControlFlow::Continue(()))
}

#[test]
fn every_choice_is_looked_at_and_a_limit_leaves_it_open() {
    let findings = run(&exploration(Liars::Any(1), 500));
    assert_eq!(findings.verdict(), Verdict::Inconclusive);
    let looked: Vec<(&[u16], bool)> =
        findings.looked.iter().map(|looked| (looked.liars.as_slice(), looked.complete)).collect();
    assert_eq!(looked, [(&[0][..], false), (&[1][..], false)]);
    assert_eq!(findings.looked[1].like, [[2], [3]]);
    assert_eq!(findings.states, findings.looked.iter().map(|looked| looked.states).sum::<u64>());
    assert_eq!(findings.depth, findings.looked.iter().map(|looked| looked.depth).min().unwrap());
}

#[test]
fn without_a_liar_all_of_it_is_looked_at() {
    let membership = Membership::new(3, Faults::Byzantine(0)).unwrap();
    let findings = run(&Exploration { membership, ..exploration(Liars::Any(0), 100_000) });
    assert!(findings.complete && findings.violation.is_none(), "{findings:?}");
    assert_eq!(findings.verdict(), Verdict::AsExpected);
}

#[test]
fn too_many_liars_fork_it_which_is_as_expected() {
    let exploration = exploration(these(&[0, 1]), 1_000_000);
    assert!(exploration.is_beyond());
    let findings = run(&exploration);
    assert_eq!(findings.verdict(), Verdict::AsExpected);
    assert_eq!((findings.depth, findings.violation.unwrap().liars), (6, vec![0, 1]));
}

#[test]
fn who_watches_may_stop_it() {
    let findings = exploration(Liars::Any(1), 1_000_000).run(|_, _| ControlFlow::Break(()));
    assert!(findings.interrupted && !findings.complete);
    assert_eq!((findings.looked.len(), findings.verdict()), (1, Verdict::Inconclusive));
}
