//! The gate, case by case and against a model that remembers everything and is too simple to be wrong.

use super::*;
use crate::chooser::{Chooser, Seeded};
use crate::fixture::{CLIENT, Tiny, certificate, reply, request, vote};
use crate::process::{KeyRange, Message, Target};
use crate::{Digest, ReplicaId, Seq};
use bytes::Bytes;
use core::time::Duration;

type Effects = Effect<Tiny>;

fn gate() -> Gate<Tiny> {
    Gate::new(&[])
}

fn persist(seq: u64) -> Effects {
    Effect::Persist(Record::Vow(vote(seq, 1)))
}

fn fact(seq: u64) -> Effects {
    Effect::Persist(Record::Fact(certificate(&vote(seq, 1), &[0, 1, 2]).expect("strong")))
}

fn say(seq: u64) -> Effects {
    Effect::Send { to: Target::Others, message: Message::Vow(vote(seq, 1)) }
}

fn hint(hint: u64) -> Effects {
    Effect::Send { to: Target::One(ReplicaId::new(1)), message: Message::Hint(hint) }
}

fn appended(seq: u64) -> Admitted<Tiny> {
    Admitted::Log(LogCommand::Append(Record::<Tiny>::Vow(vote(seq, 1)).to_bytes()))
}

fn released(gate: &mut Gate<Tiny>) -> Vec<Effects> {
    core::iter::from_fn(|| gate.release()).collect()
}

fn outward() -> Vec<Effects> {
    let seq = Seq::new(8);
    vec![
        hint(1),
        say(1),
        Effect::Forward { to: ReplicaId::new(2), request: request(1, &[b"a"]) },
        Effect::Reply { to: CLIENT, reply: reply() },
        Effect::Ask(Task::Checkpoint { seq }),
        Effect::Ask(Task::Discard { before: seq }),
        Effect::Ask(Task::Install { seq, root: Digest::ZERO }),
    ]
}

fn inward() -> Vec<Effects> {
    let (seq, from, range) = (Seq::new(8), ReplicaId::new(2), KeyRange::all());
    vec![
        Effect::Arm { timer: 1, after: Duration::from_millis(5) },
        Effect::Disarm(1),
        Effect::Applied("Repeat"),
        Effect::Ask(Task::Execute { seq, batch: crate::fixture::batch() }),
        Effect::Ask(Task::Seal { seq }),
        Effect::Ask(Task::Recall { request: request(1, &[b"a"]) }),
        Effect::Ask(Task::ReadChunk { to: from, seq, range: range.clone() }),
        Effect::Ask(Task::Release { to: from }),
        Effect::Ask(Task::BeginTransfer { seq, root: Digest::ZERO }),
        Effect::Ask(Task::StoreChunk { from, seq, root: Digest::ZERO, range, chunk: Bytes::new() }),
        Effect::Ask(Task::EndTransfer),
        Effect::Ask(Task::Rollback { to: seq }),
    ]
}

#[test]
fn nothing_waits_when_nothing_is_owed() {
    let mut gate = gate();
    for effect in outward().into_iter().chain(inward()) {
        assert_eq!(gate.admit(effect.clone()), Admitted::Now(effect));
    }
    assert_eq!((gate.held(), gate.commanded()), (0, 0));
}

#[test]
fn outward_effects_wait_for_every_earlier_record_and_keep_their_order() {
    let mut gate = gate();
    assert_eq!(gate.admit(persist(1)), appended(1));
    assert!(outward().into_iter().all(|effect| gate.admit(effect) == Admitted::Held));
    assert_eq!(gate.admit(persist(2)), appended(2));
    assert_eq!(gate.admit(say(2)), Admitted::Held);
    assert_eq!(gate.held(), outward().len() + 1);
    assert_eq!(gate.release(), None);
    gate.durable(1);
    assert_eq!(released(&mut gate), outward());
    gate.durable(2);
    assert_eq!(released(&mut gate), [say(2)]);
    assert_eq!(gate.admit(say(3)), Admitted::Now(say(3)));
}

#[test]
fn what_is_released_is_named_with_the_position_it_waited_for() {
    let mut gate = gate();
    gate.admit(persist(1));
    gate.admit(persist(2));
    gate.admit(say(2));
    gate.admit(persist(3));
    gate.admit(say(3));
    gate.durable(3);
    let both: Vec<_> = core::iter::from_fn(|| gate.release_with_position()).collect();
    assert_eq!(both, [(2, say(2)), (3, say(3))]);
}

#[test]
fn nothing_overtakes_what_was_not_taken_out_yet() {
    let mut gate = gate();
    gate.admit(persist(1));
    gate.admit(say(1));
    gate.durable(1);
    assert_eq!(gate.admit(hint(2)), Admitted::Held, "though the log owes nothing any more");
    assert_eq!(released(&mut gate), [say(1), hint(2)]);
}

#[test]
fn inward_effects_pass_while_the_log_is_behind() {
    let mut gate = gate();
    gate.admit(persist(1));
    assert_eq!(gate.admit(say(1)), Admitted::Held);
    assert_eq!(gate.admit(Effect::Ask(Task::Checkpoint { seq: Seq::new(8) })), Admitted::Held);
    for effect in inward() {
        assert_eq!(gate.admit(effect.clone()), Admitted::Now(effect));
    }
    assert_eq!(gate.held(), 2);
}

#[test]
fn tasks_wait_behind_an_installation_that_waits() {
    let mut gate = gate();
    let install = Effect::Ask(Task::Install { seq: Seq::new(8), root: Digest::ZERO });
    let execute = Effect::Ask(Task::Execute { seq: Seq::new(9), batch: crate::fixture::batch() });
    gate.admit(persist(1));
    assert_eq!(gate.admit(install.clone()), Admitted::Held);
    assert_eq!(gate.admit(execute.clone()), Admitted::Held, "else it would run on the state that goes away");
    assert_eq!(gate.admit(Effect::Disarm(1)), Admitted::Now(Effect::Disarm(1)), "timers are no tasks");
    gate.durable(1);
    assert_eq!(released(&mut gate), [install, execute.clone()]);
    gate.admit(persist(2));
    assert_eq!(gate.admit(execute.clone()), Admitted::Now(execute), "no installation waits any more");
}

#[test]
fn tasks_wait_behind_those_that_waited_behind_an_installation() {
    let mut gate = gate();
    let execute = |seq| Effect::Ask(Task::Execute { seq: Seq::new(seq), batch: crate::fixture::batch() });
    let install = Effect::Ask(Task::Install { seq: Seq::new(8), root: Digest::ZERO });
    gate.admit(persist(1));
    assert_eq!(gate.admit(install.clone()), Admitted::Held);
    gate.admit(persist(2));
    assert_eq!(gate.admit(execute(9)), Admitted::Held);
    gate.durable(1);
    assert_eq!(released(&mut gate), [install]);
    assert_eq!(gate.admit(execute(10)), Admitted::Held, "else it would run before the ninth");
    gate.durable(2);
    assert_eq!(released(&mut gate), [execute(9), execute(10)]);
    assert_eq!(gate.admit(execute(11)), Admitted::Now(execute(11)));
}

#[test]
fn a_repeated_vow_costs_no_record_but_its_message_waits_for_the_first_one() {
    let mut gate = gate();
    assert_eq!(gate.admit(persist(1)), appended(1));
    assert_eq!(gate.admit(persist(1)), Admitted::Elided);
    assert_eq!(gate.admit(say(1)), Admitted::Held, "the first record is not durable yet");
    assert_eq!((gate.commanded(), gate.release()), (1, None));
    gate.durable(1);
    assert_eq!(released(&mut gate), [say(1)]);
    assert_eq!(gate.admit(persist(1)), Admitted::Elided);
    assert_eq!(gate.admit(say(1)), Admitted::Now(say(1)), "now it is");
    assert_eq!(gate.commanded(), 1);
}

#[test]
fn facts_are_recorded_each_time_and_differ_from_vows() {
    let mut gate = gate();
    for position in 1..=3 {
        assert!(matches!(gate.admit(fact(1)), Admitted::Log(LogCommand::Append(_))));
        assert_eq!(gate.commanded(), position);
    }
    assert_eq!(gate.admit(persist(1)), appended(1));
}

#[test]
fn a_reboot_remembers_what_the_log_holds() {
    let records = [Record::Vow(vote(1, 1)), Record::Fact(certificate(&vote(2, 1), &[0, 1, 2]).expect("strong"))];
    let mut gate = Gate::<Tiny>::new(&records);
    assert_eq!(gate.commanded(), 0, "positions count the commands of this boot");
    assert_eq!(gate.admit(persist(1)), Admitted::Elided);
    assert_eq!(gate.admit(say(1)), Admitted::Now(say(1)));
    assert_eq!(gate.admit(persist(2)), appended(2));
}

#[test]
fn compaction_is_a_command_like_any_other_and_forgets_what_it_drops() {
    let mut gate = gate();
    gate.admit(persist(1));
    gate.admit(persist(2));
    let kept = vec![Record::Vow(vote(2, 1)), Record::Vow(vote(3, 1))];
    let replaced = LogCommand::Replace(kept.iter().map(Encode::to_bytes).collect());
    assert_eq!(gate.admit(Effect::Compact(kept)), Admitted::Log(replaced));
    assert_eq!(gate.commanded(), 3);
    assert_eq!(gate.admit(persist(3)), Admitted::Elided, "kept, though by the compaction alone");
    assert_eq!(gate.admit(say(3)), Admitted::Held);
    gate.durable(2);
    assert_eq!(gate.release(), None, "the compaction that holds it is not durable");
    assert_eq!(gate.admit(persist(2)), Admitted::Elided, "kept");
    assert_eq!(gate.admit(persist(1)), appended(1));
    gate.durable(3);
    assert_eq!(released(&mut gate), [say(3)]);
    assert_eq!(gate.admit(say(1)), Admitted::Held, "what was dropped is owed again");
}

#[test]
fn durability_never_goes_back() {
    let mut gate = gate();
    gate.admit(persist(1));
    gate.admit(persist(2));
    gate.durable(2);
    gate.durable(1);
    assert_eq!(gate.admit(say(2)), Admitted::Now(say(2)));
}

#[test]
#[should_panic(expected = "durable beyond what was written")]
fn a_log_cannot_be_durable_beyond_its_end() {
    gate().durable(1);
}

/// What the gate promises, said again without a queue: everything ever asked, in order, and what came out.
#[derive(Default)]
struct Model {
    /// Records that a recovery at each log position would find, from position 0.
    logs: Vec<Vec<Vec<u8>>>,
    durable: usize,
    asked: Vec<Effects>,
    left: Vec<Effects>,
}

impl Model {
    fn command(&mut self, command: LogCommand) {
        let mut log = self.logs.last().cloned().unwrap_or_default();
        match command {
            LogCommand::Append(record) => log.push(record),
            LogCommand::Replace(records) => log = records,
        }
        self.logs.push(log);
    }

    /// A message leaves: it is the oldest that has not, and no power cut can undo the vow in it.
    fn leave(&mut self, effect: Effects) {
        if let Effect::Send { message: Message::Vow(vow), .. } = &effect {
            let record = Record::<Tiny>::Vow(vow.clone()).to_bytes();
            let held = |log: &Vec<Vec<u8>>| log.contains(&record);
            assert!(self.logs[..=self.durable].iter().any(held), "{vow:?} left before it was durable");
        }
        assert_eq!(self.asked[self.left.len()], effect, "in the order asked");
        self.left.push(effect);
    }

    fn admit(&mut self, gate: &mut Gate<Tiny>, effect: Effects) {
        let message = matches!(effect, Effect::Send { .. });
        if message {
            self.asked.push(effect.clone());
        }
        match gate.admit(effect.clone()) {
            Admitted::Now(effect) if message => self.leave(effect),
            Admitted::Now(now) => assert_eq!(now, effect),
            Admitted::Log(command) => self.command(command),
            Admitted::Held => assert!(message, "only messages are held here"),
            Admitted::Elided => {
                let Effect::Persist(record @ Record::Vow(_)) = effect else { panic!("only vows are elided") };
                assert!(self.logs.last().is_some_and(|log| log.contains(&record.to_bytes())));
            }
        }
    }
}

#[test]
fn any_schedule_agrees_with_the_model() {
    let (mut repeated, mut held) = (0, 0);
    for seed in 0..200 {
        let mut chooser = Seeded::new(seed);
        let (mut gate, mut model) = (gate(), Model { logs: vec![vec![]], ..Model::default() });
        for _ in 0..120 {
            let seq = chooser.choose("vow", 5) as u64;
            match chooser.choose("effect", 8) {
                0..=2 => {
                    let before = gate.commanded();
                    model.admit(&mut gate, persist(seq));
                    repeated += usize::from(gate.commanded() == before);
                    model.admit(&mut gate, say(seq));
                }
                3 => model.admit(&mut gate, fact(seq)),
                4 => model.admit(&mut gate, hint(seq)),
                5 => model.admit(&mut gate, Effect::Disarm(1)),
                6 if chooser.choose("compact", 4) == 0 => {
                    model.admit(&mut gate, Effect::Compact(vec![Record::Vow(vote(seq, 1))]));
                }
                _ => {
                    let behind = model.logs.len() - model.durable;
                    model.durable += chooser.choose("synced", behind);
                    gate.durable(model.durable as u64);
                    released(&mut gate).into_iter().for_each(|effect| model.leave(effect));
                }
            }
            assert_eq!(gate.commanded() + 1, model.logs.len() as u64);
            assert_eq!(gate.held(), model.asked.len() - model.left.len());
            held = held.max(gate.held());
        }
        gate.durable(gate.commanded());
        model.durable = model.logs.len() - 1;
        released(&mut gate).into_iter().for_each(|effect| model.leave(effect));
        assert_eq!(model.left, model.asked, "all of it, once the log is durable");
    }
    assert!(repeated > 1_000 && held > 10, "{repeated} repetitions, {held} held at once");
}
