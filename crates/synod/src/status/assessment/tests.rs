//! What is concluded from the words of replicas, of which some may lie.
#![allow(clippy::unwrap_used)]

use super::{Assessment, Standing, Word};
use synod_kernel::{Digest, Faults, Membership, ReplicaId, Seq, Status, View};

fn word(view: u64, executed: u64, accused: &[u16]) -> Word {
    Ok(Status {
        state: "normal".to_owned(),
        view: View::new(view),
        executed: Seq::new(executed),
        checkpoint: Seq::new(0),
        digest: Digest::ZERO,
        pending: 0,
        accused: accused.iter().copied().map(ReplicaId::new).collect(),
    })
}

fn gone() -> Word {
    Err("connection refused".to_owned())
}

fn assess(faults: u16, words: impl IntoIterator<Item = Word>) -> Assessment {
    let words: Vec<Word> = words.into_iter().collect();
    let size = u16::try_from(words.len()).unwrap();
    Assessment::new(&Membership::new(size, Faults::Byzantine(faults)).unwrap(), words)
}

#[test]
fn four_replicas_tolerate_one_fault_and_three_none() {
    assert_eq!(assess(1, [word(0, 5, &[]), word(0, 5, &[]), word(0, 5, &[]), word(0, 5, &[])]).tolerates(), 1);
    let three = assess(1, [gone(), word(0, 5, &[]), word(0, 5, &[]), word(0, 5, &[])]);
    assert_eq!((three.tolerates(), three.has_quorum()), (0, true));
    let two = assess(1, [gone(), gone(), word(0, 5, &[]), word(0, 5, &[])]);
    assert_eq!((two.tolerates(), two.has_quorum()), (0, false));
}

#[test]
fn spare_replicas_do_not_help_against_more_liars_than_f() {
    let six = || (0..6).map(|_| word(0, 5, &[]));
    assert_eq!(assess(1, six()).tolerates(), 1);
    let mut words: Vec<Word> = six().collect();
    (1..6).for_each(|accuser| words[accuser] = word(0, 5, &[0]));
    assert_eq!(assess(1, words).tolerates(), 0);
}

#[test]
fn a_replica_is_accused_when_more_than_f_say_so() {
    let one = assess(1, [word(0, 5, &[]), word(0, 5, &[0]), word(0, 5, &[]), word(0, 5, &[])]);
    assert_eq!(one.standing(ReplicaId::new(0)), Standing::TakesPart);
    let two = assess(1, [word(0, 5, &[]), word(0, 5, &[0]), word(0, 5, &[0]), word(0, 5, &[])]);
    assert_eq!(two.standing(ReplicaId::new(0)), Standing::Accused);
    assert_eq!(two.accusers(ReplicaId::new(0)), [1, 2].map(ReplicaId::new));
}

#[test]
fn one_liar_cannot_make_the_others_look_left_behind() {
    let boasting = assess(1, [word(9, 900, &[]), word(1, 5, &[]), word(1, 7, &[]), word(1, 6, &[])]);
    assert_eq!(boasting.view(), View::new(1));
    assert_eq!(boasting.count(Standing::TakesPart), 4);
    let behind = boasting.words[1].as_ref().map(|status| boasting.lag(status));
    assert_eq!(behind, Ok(2));
}

#[test]
fn a_replica_in_an_earlier_view_does_not_take_part() {
    let assessment = assess(1, [word(0, 0, &[]), word(1, 5, &[]), word(1, 5, &[]), word(1, 5, &[])]);
    assert_eq!(assessment.standing(ReplicaId::new(0)), Standing::StandsBy);
    assert_eq!(assessment.tolerates(), 0);
}

#[test]
fn a_replica_that_waits_in_a_later_view_is_no_fault_but_does_not_vote_either() {
    let waits = |view| word(view, 5, &[]).map(|status| Status { state: "view-change".to_owned(), ..status });
    let one = assess(1, [word(0, 5, &[]), waits(1), word(0, 5, &[]), word(0, 5, &[])]);
    assert_eq!(one.standing(ReplicaId::new(1)), Standing::Waits);
    assert_eq!((one.count(Standing::TakesPart), one.tolerates()), (3, 1));
    let after_a_fault = assess(1, [gone(), waits(1), word(0, 5, &[]), word(0, 5, &[])]);
    assert_eq!((after_a_fault.has_quorum(), after_a_fault.tolerates()), (true, 0));
    let all = assess(1, [gone(), waits(1), waits(1), waits(1)]);
    assert_eq!((all.count(Standing::StandsBy), all.tolerates()), (3, 0), "all of them change views");
}

#[test]
fn different_states_at_one_checkpoint_are_noticed() {
    let checkpoint = |state: &[u8]| {
        let status = word(0, 5, &[]).unwrap();
        Ok(Status { checkpoint: Seq::new(4), digest: Digest::of("test", state), ..status })
    };
    let differ = assess(1, [checkpoint(b"a"), checkpoint(b"a"), checkpoint(b"b"), gone()]);
    assert_eq!(differ.diverged(), [Seq::new(4)]);
    let agree = assess(1, [checkpoint(b"a"), checkpoint(b"a"), word(0, 5, &[]), gone()]);
    assert_eq!(agree.diverged(), []);
}
