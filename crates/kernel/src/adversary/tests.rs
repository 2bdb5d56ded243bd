//! An adversary that does nothing is invisible; one that does something has only its own puppets and keys.

use super::*;
use crate::chooser::Chooser;
use crate::fixture::{Tiny, domain, members, replica_signer, request, status, vote};
use crate::process::{Effect, Message, Report, Target, Task, Transfer};
use crate::{Address, Seq};

const US: ReplicaId = ReplicaId::new(2);

fn puppets() -> Puppets<Tiny> {
    Puppets::new(domain(), members())
}

fn corrupted<A: Adversary<Tiny>>(adversary: A) -> Corrupted<Tiny, A> {
    Corrupted::new(US, puppets(), Tiny::new(), Arc::new(replica_signer(2)), adversary)
}

/// Any input, as a seed has it.
fn input<P>(chooser: &mut Seeded) -> Input<P>
where
    P: Process<Vow = crate::fixture::Vote, Hint = u64, Timer = u8>,
{
    let from = ReplicaId::new(if chooser.choose("from", 2) == 0 { 0 } else { 3 });
    let seq = chooser.choose("seq", 4) as u64;
    match chooser.choose("input", 6) {
        0 | 1 => {
            let choice = if chooser.choose("choice", 2) == 0 { 1 } else { 2 };
            Input::Deliver { from, message: Message::Vow(vote(seq, choice)) }
        }
        2 => Input::Deliver { from, message: Message::Hint(seq) },
        3 => Input::Request { from: Address::Replica(from), request: request(seq, &[b"a"]) },
        4 => Input::Timeout(3),
        _ => Input::Done(Report::TransferBegun { seq: Seq::new(seq), transfer: Transfer::Complete }),
    }
}

#[test]
fn an_honest_adversary_is_its_core() {
    for seed in 0..50 {
        let (mut core, mut wrapped) = (Tiny::new(), corrupted(Honest));
        let (mut for_core, mut for_wrapped) = (Seeded::new(seed), Seeded::new(seed));
        let start = vec![Record::Vow(vote(1, 2))];
        let (mut expected, mut out) = (Outbox::default(), Outbox::default());
        core.step(Input::Start { records: start, executed: Seq::new(0), state: Digest::ZERO }, &mut expected);
        let start = vec![Record::Vow(vote(1, 2))];
        wrapped.step(Input::Start { records: start, executed: Seq::new(0), state: Digest::ZERO }, &mut out);
        for _ in 0..40 {
            core.step(input(&mut for_core), &mut expected);
            wrapped.step(input(&mut for_wrapped), &mut out);
            let effects: Vec<Effect<Tiny>> = out.drain().into_iter().map(Effect::cast).collect();
            assert_eq!(effects, expected.drain());
            assert_eq!(wrapped.puppets.core(US), &core);
        }
        assert_eq!(wrapped.status(), status());
    }
}

/// Tells each honest replica another number, and forgets what it promised.
#[derive(Clone, Debug, Hash)]
struct TwoFaced;

impl Adversary<Tiny> for TwoFaced {
    fn step(
        &mut self,
        puppets: &mut Puppets<Tiny>,
        at: ReplicaId,
        input: Input<Tiny>,
        choose: &mut dyn Chooser,
        out: &mut Outbox<Tiny>,
    ) {
        if let Input::Deliver { message: Message::Vow(heard), .. } = input {
            for (id, choice) in puppets.honest().zip(10..) {
                out.vow(Target::One(id), crate::fixture::Vote { choice, ..heard.clone() });
            }
            puppets.rewind(at, Tiny::new(), vec![Record::Vow(vote(9, 9))], out);
            choose.choose("nothing", 2);
        }
    }
}

#[test]
fn a_lying_adversary_speaks_in_the_name_of_its_puppet() {
    let mut liar = corrupted(TwoFaced);
    let mut out = Outbox::default();
    liar.step(Input::Deliver { from: ReplicaId::new(0), message: Message::Vow(vote(1, 1)) }, &mut out);
    let told: Vec<(Target, u8)> = out
        .drain()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Send { to, message: Message::Vow(vote) } => Some((to, vote.choice)),
            _ => None,
        })
        .collect();
    let to = |position| Target::One(ReplicaId::new(position));
    assert_eq!(told, [(to(0), 10), (to(1), 11), (to(3), 12)]);
    let mut fresh = Tiny::new();
    let records = vec![Record::Vow(vote(9, 9))];
    fresh.step(Input::Start { records, executed: Seq::new(0), state: Digest::ZERO }, &mut Outbox::default());
    assert_eq!(liar.puppets.core(US), &fresh, "it booted from what the adversary chose");
}

#[test]
fn a_fork_goes_its_own_way() {
    let mut liar = corrupted(Honest);
    let mut twin = liar.puppets.fork(US);
    let heard = Input::Deliver { from: ReplicaId::new(0), message: Message::Vow(vote(1, 1)) };
    twin.step(heard, &mut Outbox::default());
    assert_eq!(liar.puppets.core(US), &Tiny::new());
    assert_ne!(liar.puppets.core(US), &twin);
}

#[test]
fn a_coalition_knows_its_own() {
    let mut coalition = puppets();
    coalition.corrupt(ReplicaId::new(0), Tiny::new(), Arc::new(replica_signer(0)));
    coalition.corrupt(US, Tiny::new(), Arc::new(replica_signer(2)));
    assert_eq!(coalition.ids().map(ReplicaId::get).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(coalition.honest().map(ReplicaId::get).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(coalition.signer(US).author(), crate::signature::Author::Replica(US));
    assert_eq!((coalition.domain(), coalition.membership()), (&domain(), &members()));
}

#[test]
#[should_panic(expected = "only with keys it owns")]
fn nobody_elses_key_is_to_be_had() {
    puppets().signer(ReplicaId::new(1));
}

#[test]
fn effects_of_the_service_pass_through_unchanged() {
    let mut out = Outbox::<Tiny>::default();
    let task = Effect::Ask(Task::Checkpoint { seq: Seq::new(1) });
    out.extend([task.clone()]);
    assert_eq!(out.drain(), [task]);
}

#[test]
fn everybody_is_asked_for_a_block_unless_there_is_only_one() {
    struct Last(Vec<(&'static str, usize)>);
    impl Chooser for Last {
        fn choose(&mut self, question: &'static str, options: usize) -> usize {
            self.0.push((question, options));
            options - 1
        }
    }
    let [one, other, third] = [0, 1, 2].map(ReplicaId::new);
    let mut last = Last(Vec::new());
    let whole = Parting::draw(1, [one, other], &mut last);
    assert_eq!((whole.of(one), whole.of(other), whole.draw_one(&mut last)), (Some(0), Some(0), 0));
    assert!(last.0.is_empty());
    let parting = Parting::draw(3, [one, other], &mut last);
    assert_eq!((parting.blocks(), parting.of(other), parting.of(third)), (3, Some(2), None));
    assert_eq!(parting.draw_one(&mut last), 2);
    assert_eq!(last.0, [(Parting::QUESTION, 3); 3]);
    assert_eq!(Honest.parted(&puppets(), &parting, &mut last), [], "who is honest is wherever it is");
}
