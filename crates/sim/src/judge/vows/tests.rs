//! Promises kept and broken.
#![allow(clippy::unwrap_used)]

use super::Vows;
use crate::judge::Rule;
use crate::judge::fixture::replica;
use synod_kernel::process::{Binding, Question};
use synod_kernel::{Decode, Digest, Encode, Malformed, Reader, Seq, View, Writer};

/// A vote in a view, for a place, with an answer; a view change has no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Vote {
    view: u64,
    seq: Option<u64>,
    answer: u8,
}

impl Binding for Vote {
    fn question(&self) -> Question {
        let statement = u8::from(self.seq.is_none());
        Question { statement, view: Some(View::new(self.view)), seq: self.seq.map(Seq::new) }
    }
    fn answer(&self) -> Digest {
        Digest([self.answer; 32])
    }
    fn leaves(&self) -> Option<View> {
        if self.seq.is_none() { Some(View::new(self.view)) } else { None }
    }
}

impl Encode for Vote {
    fn encode(&self, writer: &mut Writer) {
        self.view.encode(writer);
        self.seq.encode(writer);
        self.answer.encode(writer);
    }
}

impl Decode for Vote {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { view: Decode::decode(reader)?, seq: Decode::decode(reader)?, answer: Decode::decode(reader)? })
    }
}

fn vote(view: u64, seq: u64, answer: u8) -> Vote {
    Vote { view, seq: Some(seq), answer }
}

fn leave(view: u64) -> Vote {
    Vote { view, seq: None, answer: 0 }
}

/// What the judge says of a vote that is written, synced and sent.
fn say(vows: &mut Vows, vote: Vote) -> Option<Rule> {
    vows.written(replica(0), &vote.to_bytes());
    vows.synced(replica(0));
    vows.sent(replica(0), &vote, &vote.to_bytes()).err().map(|violation| violation.rule)
}

fn reboot(vows: &mut Vows, votes: &[Vote]) -> Option<Rule> {
    let records: Vec<Vec<u8>> = votes.iter().map(Encode::to_bytes).collect();
    vows.recovered(replica(0), records.iter().map(Vec::as_slice)).err().map(|violation| violation.rule)
}

#[test]
fn a_second_answer_is_condemned_and_a_repetition_is_not() {
    let mut vows = Vows::new(1);
    assert_eq!(say(&mut vows, vote(0, 1, 1)), None);
    assert_eq!(say(&mut vows, vote(0, 1, 1)), None);
    assert_eq!(say(&mut vows, vote(0, 2, 2)), None);
    assert_eq!(say(&mut vows, vote(1, 1, 2)), None);
    assert_eq!(say(&mut vows, vote(0, 1, 2)), Some(Rule::NoContradiction));
}

#[test]
fn a_crash_does_not_release_from_a_promise() {
    let mut vows = Vows::new(1);
    assert_eq!(say(&mut vows, vote(0, 1, 1)), None);
    assert_eq!(reboot(&mut vows, &[vote(0, 1, 1)]), None);
    assert_eq!(say(&mut vows, vote(0, 1, 2)), Some(Rule::NoContradiction));
}

#[test]
fn a_new_vote_below_a_view_that_was_left_is_condemned() {
    let mut vows = Vows::new(1);
    assert_eq!(say(&mut vows, vote(0, 1, 1)), None);
    assert_eq!(say(&mut vows, leave(2)), None);
    assert_eq!(say(&mut vows, vote(0, 1, 1)), None, "an old vote may be repeated");
    assert_eq!(say(&mut vows, vote(2, 1, 1)), None);
    assert_eq!(say(&mut vows, vote(1, 1, 1)), Some(Rule::NoContradiction));
}

#[test]
fn a_copy_may_repeat_and_vote_anew_and_neither_contradict_nor_return() {
    let mut vows = Vows::new(1);
    assert_eq!(say(&mut vows, vote(0, 1, 1)), None);
    assert_eq!(say(&mut vows, leave(2)), None);
    let rehearsed = |vote| vows.rehearsed(replica(0), &vote).err().map(|violation| violation.rule);
    assert_eq!(rehearsed(vote(0, 1, 1)), None);
    assert_eq!(rehearsed(vote(2, 1, 3)), None);
    assert_eq!(rehearsed(vote(0, 1, 2)), Some(Rule::NoContradiction));
    assert_eq!(rehearsed(vote(1, 1, 1)), Some(Rule::NoContradiction), "it left that view");
    assert_eq!(say(&mut vows, vote(2, 1, 1)), None, "what a copy says binds nobody");
}

#[test]
fn what_is_not_synced_may_not_leave() {
    let mut vows = Vows::new(1);
    let one = vote(0, 1, 1);
    let sent = |vows: &mut Vows| vows.sent(replica(0), &one, &one.to_bytes()).map_err(|violation| violation.rule);
    assert_eq!(sent(&mut vows), Err(Rule::PersistBeforeSend));
    vows.written(replica(0), &one.to_bytes());
    assert_eq!(sent(&mut vows), Err(Rule::PersistBeforeSend));
    assert_eq!(reboot(&mut vows, &[]), None, "it was never synced");
    assert_eq!(sent(&mut vows), Err(Rule::PersistBeforeSend));
    vows.written(replica(0), &one.to_bytes());
    vows.synced(replica(0));
    assert_eq!(sent(&mut vows), Ok(()));
}

#[test]
fn a_durable_record_that_is_gone_after_a_reboot_is_condemned() {
    let mut vows = Vows::new(1);
    assert_eq!(say(&mut vows, vote(0, 1, 1)), None);
    assert_eq!(reboot(&mut vows, &[]), Some(Rule::Recovery));
}

#[test]
fn a_crash_while_the_log_is_replaced_leaves_the_old_records_or_the_new_ones() {
    let prepare = || {
        let mut vows = Vows::new(1);
        assert_eq!(say(&mut vows, vote(0, 1, 1)), None);
        let kept = vote(0, 2, 2).to_bytes();
        vows.replacing(replica(0), [kept.as_slice()]);
        vows
    };
    assert_eq!(reboot(&mut prepare(), &[vote(0, 1, 1)]), None);
    assert_eq!(reboot(&mut prepare(), &[vote(0, 2, 2)]), None);
    assert_eq!(reboot(&mut prepare(), &[]), Some(Rule::Recovery));
    let mut vows = prepare();
    vows.replaced(replica(0));
    assert_eq!(reboot(&mut vows, &[vote(0, 1, 1)]), Some(Rule::Recovery));
}

#[test]
fn an_audit_wants_to_find_what_no_compaction_made_superfluous() {
    let mut vows = Vows::new(1);
    let one = vote(0, 1, 1);
    let audit = |vows: &Vows, found: &[Vec<u8>]| vows.audited(replica(0), &one, &one.to_bytes(), found).is_ok();
    assert_eq!(say(&mut vows, one), None);
    assert!(audit(&vows, &[one.to_bytes()]));
    assert!(!audit(&vows, &[vote(0, 2, 1).to_bytes()]));
    vows.replacing(replica(0), []);
    vows.replaced(replica(0));
    assert!(audit(&vows, &[]));
}
