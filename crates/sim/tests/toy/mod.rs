//! A toy protocol to try the simulator on: replica 0 numbers requests, a strong quorum acknowledges, everybody
//! executes.
//!
//! It survives crashes and every kind of network, as long as nobody lies and replica 0 comes back. It has defects on
//! demand, each of which breaks a rule that a judge watches over.
#![allow(clippy::unwrap_used)]

pub(crate) mod engine;
pub(crate) mod scenario;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use synod_kernel::process::{Binding, Executed, Question, Recalled};
use synod_kernel::request::RequestKey;
use synod_kernel::{
    Batch, Decode, Digest, Effect, Encode, Input, Malformed, Message, Outbox, Process, Reader, Record, ReplicaId,
    Reply, Report, Request, Scope, Seq, Signer, Status, Target, Task, View, Writer,
};

/// What is wrong with a toy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Defect {
    None,
    /// Says things before they are on the disk.
    SendsFirst,
    /// Starts over after a crash.
    Forgets,
    /// Replica 2 leaves out the requests of the third batch.
    ExecutesSomethingElse,
    /// Replica 2 skips the third batch.
    Skips,
    /// Acknowledgements are not repeated when they are lost.
    NeverRepeats,
    /// Repeats another promise than it made, after a crash.
    RecallsWrongly,
    /// Replica 2 has something against the primary from the third batch on.
    Accuses,
    /// Says more or less, as a coin falls that is not part of it.
    Tosses,
    /// Encodes acknowledgements in a way that reads back as another number.
    Garbles,
    /// Keeps a word of everything that it hears.
    Hoards,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Vow {
    Propose { seq: Seq, batch: Batch },
    Acknowledge { seq: Seq, digest: Digest, garbled: bool },
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Hint {
    Executed(Seq),
    Decided { seq: Seq, batch: Batch },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Rule {
    Propose,
    Acknowledge,
    Execute,
    CatchUp,
}

impl Binding for Vow {
    fn question(&self) -> Question {
        match self {
            Self::Propose { seq, .. } => Question { statement: 1, view: None, seq: Some(*seq) },
            Self::Acknowledge { seq, .. } => Question { statement: 2, view: None, seq: Some(*seq) },
        }
    }
    fn answer(&self) -> Digest {
        match self {
            Self::Propose { batch, .. } => batch.digest(),
            Self::Acknowledge { digest, .. } => *digest,
        }
    }
    fn leaves(&self) -> Option<View> {
        None
    }
}

impl Encode for Vow {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Propose { seq, batch } => {
                0_u8.encode(writer);
                seq.encode(writer);
                batch.encode(writer);
            }
            Self::Acknowledge { seq, digest, garbled } => {
                1_u8.encode(writer);
                if *garbled { seq.next() } else { *seq }.encode(writer);
                digest.encode(writer);
            }
        }
    }
}

impl Decode for Vow {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match u8::decode(reader)? {
            0 => Ok(Self::Propose { seq: Decode::decode(reader)?, batch: Decode::decode(reader)? }),
            1 => {
                let (seq, digest) = (Decode::decode(reader)?, Decode::decode(reader)?);
                Ok(Self::Acknowledge { seq, digest, garbled: false })
            }
            tag => Err(Malformed::UnknownTag { what: "toy vow", tag }),
        }
    }
}

impl Encode for Hint {
    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Executed(seq) => {
                0_u8.encode(writer);
                seq.encode(writer);
            }
            Self::Decided { seq, batch } => {
                1_u8.encode(writer);
                seq.encode(writer);
                batch.encode(writer);
            }
        }
    }
}

impl Decode for Hint {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        match u8::decode(reader)? {
            0 => Ok(Self::Executed(Decode::decode(reader)?)),
            1 => Ok(Self::Decided { seq: Decode::decode(reader)?, batch: Decode::decode(reader)? }),
            tag => Err(Malformed::UnknownTag { what: "toy hint", tag }),
        }
    }
}

#[derive(Clone)]
pub(crate) struct Toy {
    id: ReplicaId,
    scope: Scope,
    signer: Arc<dyn Signer>,
    defect: Defect,
    proposals: BTreeMap<Seq, Batch>,
    seen: BTreeSet<RequestKey>,
    acknowledged: BTreeMap<Seq, BTreeSet<ReplicaId>>,
    decided: BTreeMap<Seq, Batch>,
    /// The last batch whose execution was asked for.
    asked: Seq,
    heard: Vec<[u8; 64]>,
}

impl fmt::Debug for Toy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "toy {} at {}", self.id, self.asked)
    }
}

impl Hash for Toy {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.id, &self.proposals, &self.acknowledged, &self.decided, self.asked, &self.heard).hash(state);
    }
}

const PRIMARY: ReplicaId = ReplicaId::new(0);
static TOSSES: AtomicU64 = AtomicU64::new(0);
const TICK: Duration = Duration::from_millis(20);
const CHECKPOINT_EVERY: u64 = 8;

impl Toy {
    pub(crate) fn new(id: ReplicaId, scope: Scope, signer: Arc<dyn Signer>, defect: Defect) -> Self {
        Self {
            id,
            scope,
            signer,
            defect,
            proposals: BTreeMap::new(),
            seen: BTreeSet::new(),
            acknowledged: BTreeMap::new(),
            decided: BTreeMap::new(),
            asked: Seq::default(),
            heard: Vec::new(),
        }
    }

    fn say(&self, vow: Vow, out: &mut Outbox<Self>) {
        if self.defect == Defect::SendsFirst {
            let message = Message::Vow(vow.clone());
            out.extend([Effect::Send { to: Target::Others, message }, Effect::Persist(Record::Vow(vow))]);
        } else {
            out.vow(Target::Others, vow);
        }
    }

    fn accept(&mut self, seq: Seq, batch: Batch, out: &mut Outbox<Self>) {
        if self.proposals.get(&seq).is_some_and(|earlier| *earlier != batch) {
            return;
        }
        out.applied(Rule::Acknowledge);
        let garbled = self.defect == Defect::Garbles && seq.get() == 3;
        let digest = batch.digest();
        self.seen.extend(batch.requests().iter().map(Request::key));
        self.proposals.insert(seq, batch);
        self.acknowledged.entry(seq).or_default().insert(self.id);
        out.remember_batch(&self.proposals, seq);
        self.say(Vow::Acknowledge { seq, digest, garbled }, out);
    }

    fn advance(&mut self, out: &mut Outbox<Self>) {
        let strong = self.scope.membership.strong();
        loop {
            let seq = self.asked.next();
            if !self.decided.contains_key(&seq) {
                let enough = self.acknowledged.get(&seq).is_some_and(|who| who.len() >= strong);
                let Some(batch) = self.proposals.get(&seq).filter(|_| enough).cloned() else { return };
                self.decided.insert(seq, batch);
            }
            self.asked = seq;
            out.applied(Rule::Execute);
            let odd = self.id == ReplicaId::new(2) && seq.get() == 3;
            if odd && self.defect == Defect::Skips {
                continue;
            }
            let altered = odd && self.defect == Defect::ExecutesSomethingElse;
            let batch = if altered { Batch::null() } else { self.decided[&seq].clone() };
            out.ask(Task::Execute { seq, batch });
            if seq.get().is_multiple_of(CHECKPOINT_EVERY) {
                out.ask(Task::Seal { seq });
                out.ask(Task::Checkpoint { seq });
            }
        }
    }

    fn on_start(&mut self, records: Vec<Record<Self>>, executed: Seq, out: &mut Outbox<Self>) {
        self.asked = executed;
        out.arm((), TICK);
        if self.defect == Defect::RecallsWrongly && !records.is_empty() {
            self.say(Vow::Acknowledge { seq: Seq::new(1), digest: Digest::ZERO, garbled: false }, out);
        }
        let records = if self.defect == Defect::Forgets { Vec::new() } else { records };
        for record in records {
            match record {
                Record::Vow(Vow::Propose { seq, batch }) | Record::Fact(Hint::Decided { seq, batch }) => {
                    self.seen.extend(batch.requests().iter().map(Request::key));
                    self.proposals.insert(seq, batch);
                }
                Record::Vow(Vow::Acknowledge { seq, .. }) => {
                    self.acknowledged.entry(seq).or_default().insert(self.id);
                }
                Record::Fact(Hint::Executed(_)) => {}
            }
        }
    }

    fn on_request(&mut self, request: Request, out: &mut Outbox<Self>) {
        if self.seen.contains(&request.key()) {
            out.ask(Task::Recall { request });
        } else if self.id != PRIMARY {
            out.forward(PRIMARY, request);
        } else {
            self.seen.insert(request.key());
            let seq = self.proposals.last_key_value().map_or(self.asked, |(&seq, _)| seq).next();
            let batch = Batch::new(vec![request]);
            out.applied(Rule::Propose);
            self.say(Vow::Propose { seq, batch: batch.clone() }, out);
            self.accept(seq, batch, out);
        }
    }

    fn on_tick(&mut self, out: &mut Outbox<Self>) {
        out.arm((), TICK);
        if self.defect == Defect::Tosses && TOSSES.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) {
            return;
        }
        out.hint(Target::Others, Hint::Executed(self.asked));
        if self.defect == Defect::NeverRepeats {
            return;
        }
        let open: Vec<(Seq, Batch)> =
            self.proposals.range(self.asked.next()..).map(|(&seq, batch)| (seq, batch.clone())).collect();
        for (seq, batch) in open {
            if self.id == PRIMARY {
                self.say(Vow::Propose { seq, batch: batch.clone() }, out);
            }
            self.say(Vow::Acknowledge { seq, digest: batch.digest(), garbled: false }, out);
        }
    }

    fn on_message(&mut self, from: ReplicaId, message: Message<Self>, out: &mut Outbox<Self>) {
        match message {
            Message::Vow(Vow::Propose { seq, batch }) if from == PRIMARY => {
                self.acknowledged.entry(seq).or_default().insert(from);
                self.accept(seq, batch, out);
            }
            Message::Vow(Vow::Propose { .. }) => {}
            Message::Vow(Vow::Acknowledge { seq, .. }) => {
                self.acknowledged.entry(seq).or_default().insert(from);
            }
            Message::Hint(Hint::Executed(seq)) => {
                for (&seq, batch) in
                    self.proposals.range(seq.next()..).take_while(|(seq, _)| **seq <= self.asked).take(8)
                {
                    out.hint(Target::One(from), Hint::Decided { seq, batch: batch.clone() });
                }
            }
            Message::Hint(Hint::Decided { seq, batch }) => {
                if self.defect != Defect::NeverRepeats {
                    out.applied(Rule::CatchUp);
                    if self.proposals.insert(seq, batch.clone()).is_none() {
                        out.remember_batch(&self.proposals, seq);
                    }
                    self.decided.insert(seq, batch);
                }
            }
        }
        self.advance(out);
    }

    fn answer(&self, outcome: &Executed, out: &mut Outbox<Self>) {
        let Executed { request, seq, result, .. } = outcome.clone();
        out.reply(Reply::sign(View::default(), request, seq, result, &self.scope.domain, &*self.signer));
    }

    fn on_report(&mut self, report: Report, out: &mut Outbox<Self>) {
        match report {
            Report::Executed { outcomes, .. } => {
                for outcome in outcomes {
                    self.seen.insert(outcome.request);
                    self.answer(&outcome, out);
                }
            }
            Report::Recalled { outcome: Recalled::Executed(outcome), .. } => {
                self.answer(&outcome, out);
            }
            Report::CheckpointTaken { .. } => {
                let promised = self.acknowledged.iter().filter(|(_, who)| who.contains(&self.id));
                let promises = promised.filter_map(|(&seq, _)| {
                    let digest = self.proposals.get(&seq)?.digest();
                    Some(Record::Vow(Vow::Acknowledge { seq, digest, garbled: false }))
                });
                let batch = |(&seq, batch): (&Seq, &Batch)| Record::Fact(Hint::Decided { seq, batch: batch.clone() });
                out.compact(self.proposals.iter().map(batch).chain(promises).collect());
            }
            _ => {}
        }
    }
}

trait RememberBatch {
    fn remember_batch(&mut self, proposals: &BTreeMap<Seq, Batch>, seq: Seq);
}

impl RememberBatch for Outbox<Toy> {
    fn remember_batch(&mut self, proposals: &BTreeMap<Seq, Batch>, seq: Seq) {
        self.remember(Hint::Decided { seq, batch: proposals[&seq].clone() });
    }
}

impl Process for Toy {
    type Vow = Vow;
    type Fact = Hint;
    type Hint = Hint;
    type Timer = ();
    type Rule = Rule;
    type Settled = ();

    fn step(&mut self, input: Input<Self>, out: &mut Outbox<Self>) {
        if self.defect == Defect::Hoards {
            self.heard.push([0; 64]);
        }
        match input {
            Input::Start { records, executed, .. } => self.on_start(records, executed, out),
            Input::Deliver { from, message } => self.on_message(from, message, out),
            Input::Request { request, .. } => self.on_request(request, out),
            Input::Timeout(()) => self.on_tick(out),
            Input::Done(report) => self.on_report(report, out),
        }
    }

    fn status(&self) -> Status {
        let accuses = self.defect == Defect::Accuses && self.id == ReplicaId::new(2) && self.asked.get() >= 3;
        Status {
            state: "toy".to_owned(),
            view: View::default(),
            executed: self.asked,
            checkpoint: Seq::default(),
            digest: Digest::ZERO,
            pending: 0,
            accused: if accuses { vec![PRIMARY] } else { Vec::new() },
        }
    }
}
