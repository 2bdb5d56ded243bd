//! The contract's own types: what is said and remembered reads back, and no method speaks without recording.

use super::*;
use crate::codec::decode_own;
use crate::fixture::{Tiny, certificate, read_verified, reply, request, scope, vote};

fn effects(write: impl FnOnce(&mut Outbox<Tiny>)) -> Vec<Effect<Tiny>> {
    let mut out = Outbox::default();
    write(&mut out);
    let effects = out.drain();
    assert!(out.drain().is_empty(), "taken out once");
    effects
}

fn every_effect() -> Vec<Effect<Tiny>> {
    effects(|out| {
        out.vow(Target::Others, vote(1, 1));
        out.remember(certificate(&vote(1, 1), &[0, 1, 2]).expect("strong"));
        out.hint(Target::One(ReplicaId::new(3)), 5);
        out.forward(ReplicaId::new(0), request(1, &[b"a"]));
        out.reply(reply());
        out.arm(4, Duration::from_millis(10));
        out.disarm(4);
        out.ask(Task::Seal { seq: Seq::new(1) });
        out.compact(vec![Record::Vow(vote(1, 1))]);
        out.applied("Repeat");
        out.note(Note { topic: "test", chapter: Chapter::Begins, sentence: "so it begins".into() });
    })
}

#[test]
fn messages_and_records_read_back() {
    for message in [Message::<Tiny>::Vow(vote(1, 2)), Message::Hint(u64::MAX)] {
        assert_eq!(read_verified::<Message<Tiny>>(&message.to_bytes()), message);
    }
    let proof = certificate(&vote(1, 2), &[1, 2, 3]).expect("strong");
    for record in [Record::<Tiny>::Vow(vote(1, 2)), Record::Fact(proof)] {
        let bytes = Bytes::from(record.to_bytes());
        assert_eq!(decode_own::<Record<Tiny>>(bytes, &scope()), Ok(record));
    }
}

#[test]
fn a_vow_is_recorded_and_then_said() {
    let vow = vote(3, 1);
    assert_eq!(
        effects(|out| out.vow(Target::Others, vow.clone())),
        [Effect::Persist(Record::Vow(vow.clone())), Effect::Send { to: Target::Others, message: Message::Vow(vow) }]
    );
}

#[test]
fn a_reply_goes_to_the_client_that_asked() {
    assert_eq!(effects(|out| out.reply(reply())), [Effect::Reply { to: crate::fixture::CLIENT, reply: reply() }]);
}

#[test]
fn effects_keep_their_order_and_no_two_kinds_are_equal() {
    let all = every_effect();
    assert_eq!(all.len(), 12);
    for (one, effect) in all.iter().enumerate() {
        for (other, candidate) in all.iter().enumerate() {
            assert_eq!(effect == candidate, one == other, "{effect:?} and {candidate:?}");
        }
    }
    assert_ne!(effects(|out| out.hint(Target::Others, 1)), effects(|out| out.hint(Target::Others, 2)));
}

/// Another process with the same vocabulary.
type Other = crate::adversary::Corrupted<Tiny, crate::adversary::Honest>;

#[test]
fn translation_between_processes_changes_nothing() {
    for effect in every_effect() {
        assert_eq!(effect.clone().cast::<Other>().cast::<Tiny>(), effect);
        let (there, here) = (format!("{:?}", effect.clone().cast::<Other>()), format!("{effect:?}"));
        assert_eq!(there, here);
    }
}

#[test]
fn a_step_is_a_function_of_state_and_input() {
    let mut one = Tiny::new();
    let deliver = |choice| Input::Deliver { from: ReplicaId::new(1), message: Message::Vow(vote(1, choice)) };
    let mut out = Outbox::default();
    one.step(deliver(1), &mut out);
    let first = out.drain();
    let mut other = one.clone();
    one.step(deliver(2), &mut out);
    let second = out.drain();
    other.step(deliver(2), &mut out);
    assert_eq!((second.clone(), &one), (out.drain(), &other));
    assert_eq!(second, first, "the first number stands, so the vow is repeated");
    assert_eq!(one.status(), crate::fixture::status());
}
