//! Proofs of views that follow from their reports, and others.
#![allow(clippy::unwrap_used)]

use super::{Claim, Told};
use synod_kernel::{Batch, Digest};

fn digest(number: u8) -> Digest {
    Digest([number; 32])
}

fn told(stable: u64, prepared: &[(u64, u64, u8)]) -> Told {
    Told { stable, prepared: prepared.iter().map(|&(seq, view, batch)| (seq, view, digest(batch))).collect() }
}

/// Three of four report. At 5 something prepared twice, at 6 nothing, at 7 once.
fn claim() -> Claim {
    let reports = [told(4, &[(5, 1, 51), (7, 0, 70)]), told(2, &[(3, 0, 30), (5, 3, 53)]), told(0, &[])];
    Claim {
        members: 4,
        tolerated: 1,
        view: 5,
        primary: 1,
        reports: (0..).zip(reports).collect(),
        proposals: vec![(5, digest(53)), (6, Batch::null().digest()), (7, digest(70))],
    }
}

fn wrong(change: impl Fn(&mut Claim)) -> String {
    let mut claim = claim();
    change(&mut claim);
    claim.check().unwrap_err()
}

#[test]
fn what_follows_is_a_proof() {
    claim().check().unwrap();
}

#[test]
fn anything_else_is_condemned() {
    assert!(wrong(|claim| claim.proposals[0].1 = digest(51)).contains("follows from its reports"), "of an older view");
    assert!(wrong(|claim| claim.proposals.truncate(2)).contains("follows from its reports"), "not all of it");
    assert!(wrong(|claim| claim.proposals.insert(0, (4, digest(4)))).contains("follows from its reports"), "settled");
    assert!(wrong(|claim| claim.reports.retain(|by, _| *by < 2)).contains("with reports of 2 of 3"));
    assert!(wrong(|claim| claim.primary = 2).contains("whose turn it is not"));
}
