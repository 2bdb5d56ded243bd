//! What is kept of the past is bounded, and is the newest.
#![allow(clippy::unwrap_used)]

use super::*;
use alloc::vec;
use bytes::Bytes;
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{
    ClientId, Digest, Domain, Epoch, Faults, Membership, ReplicaId, RequestId, SessionId, Signed, Tally, View,
};

const CLIENT: ClientId = ClientId::new([7; 32]);

fn members() -> Membership {
    Membership::new(4, Faults::Byzantine(1)).unwrap()
}

fn proof<S: synod_kernel::Statement>(statement: S) -> Certificate<S> {
    let referee = Referee::new(1, members(), [CLIENT]);
    let domain = Domain { cluster: Digest::ZERO, epoch: Epoch::new(0) };
    let mut tally = Tally::default();
    for id in 0..3 {
        let signer = referee.signer(Author::Replica(ReplicaId::new(id)));
        tally.cast(Signed::sign(statement.clone(), &domain, &signer)).unwrap();
    }
    tally.certificate(&statement, &members()).unwrap()
}

fn decision(seq: u64, bytes: usize) -> Decision {
    let referee = Referee::new(1, members(), [CLIENT]);
    let domain = Domain { cluster: Digest::ZERO, epoch: Epoch::new(0) };
    let signer = referee.signer(Author::Client(CLIENT));
    let operations = vec![Bytes::from(vec![1; bytes])];
    let request = Request::sign(SessionId::new(1), RequestId::new(seq), operations, &domain, &signer).unwrap();
    let batch = Batch::new(vec![request]);
    (proof(Commit { view: View::default(), seq: Seq::new(seq), digest: batch.digest() }), batch)
}

#[test]
fn the_newest_decisions_within_the_bound_are_kept() {
    let mut history = History::default();
    for seq in 1..=20 {
        history.keep(decision(seq, 1_000), 10_000);
        if seq % 4 == 0 {
            history.keep_stable(proof(Checkpoint { seq: Seq::new(seq), state: Digest::ZERO }));
        }
    }
    let kept: alloc::vec::Vec<u64> = (0..=20).filter(|&seq| history.decision(Seq::new(seq)).is_some()).collect();
    assert!(kept.len() > 2 && kept.len() < 6 && kept.ends_with(&[19, 20]), "{kept:?}");
    assert!(history.stable.keys().all(|seq| seq.get() >= kept[0]) && history.stable.contains_key(&Seq::new(20)));
    assert_eq!(history.stable(Seq::new(16), Seq::new(19)).count(), 0);
    assert_eq!(history.stable(Seq::new(16), Seq::new(20)).count(), 1);
    assert_eq!(history.bytes, history.decisions.values().map(|(_, batch)| weight(batch)).sum::<usize>());
}

#[test]
fn a_decision_kept_twice_counts_once_and_without_room_nothing_is_kept() {
    let mut history = History::default();
    history.keep(decision(1, 10), 10_000);
    history.keep(decision(1, 10), 10_000);
    assert_eq!(history.bytes, weight(&decision(1, 10).1));
    history.keep(decision(2, 10), 0);
    assert_eq!((history.bytes, history.decisions.len()), (0, 0));
}
