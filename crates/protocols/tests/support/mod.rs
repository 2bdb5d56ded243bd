//! A cluster in a test: n cores, one queue of messages, no time. Every message goes through the codec and is verified;
//! every record is durable at once. Whatever a test does, two judges watch: no replica contradicts itself, whatever it
//! lost in a crash, and no two execute different batches at one place.

mod service;
mod story;

use bytes::Bytes;
use service::Service;
pub use service::{HUGE_FROM, LARGE_FROM};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use synod_kernel::certificate::Weak;
use synod_kernel::descriptor::Parameters;
use synod_kernel::process::{Binding, Note, Question, Report};
use synod_kernel::request::Replier;
use synod_kernel::signature::Author;
use synod_kernel::symbolic::{Referee, SymbolicSigner};
use synod_kernel::{
    Address, Batch, Certificate, ClientId, Digest, Domain, Effect, Encode, Epoch, Faults, Input, Membership, Message,
    Outbox, Process, Record, ReplicaId, Reply, Request, RequestId, Scope, Seq, SessionId, Signed, Statement, Tally,
    Target, Task, Unverified, View,
};
use synod_protocols::pbft::{
    Config, Departure, Hint, PrePrepare, Prepare, Replica, Rule, Suspect, Timer, ViewChange, Vow,
};

/// What was promised, by one replica, to the world.
#[derive(Clone, Debug, Default)]
struct Promises {
    answers: BTreeMap<Question, Digest>,
    left: View,
}

impl Promises {
    fn hear(&mut self, who: usize, vow: &Vow) {
        let (question, answer) = (vow.question(), vow.answer());
        let earlier = self.answers.insert(question, answer);
        assert!(earlier.is_none_or(|earlier| earlier == answer), "replica {who} answers twice: {vow:?}");
        let is_late = question.view.is_some_and(|view| view < self.left);
        assert!(!is_late || earlier.is_some(), "replica {who} votes in a view it left: {vow:?}");
        self.left = self.left.max(vow.leaves().unwrap_or_default());
    }
}

/// One replica and what belongs to it.
#[derive(Clone)]
pub struct Node {
    pub core: Replica,
    pub service: Service,
    pub records: Vec<Record<Replica>>,
    pub timers: BTreeMap<Timer, Duration>,
    pub rules: Vec<Rule>,
    pub notes: Vec<Note>,
    /// The effects of the last input, without those of the reports that followed.
    pub last: Vec<Effect<Replica>>,
    pub replies: Vec<Reply>,
    pub up: bool,
    /// Checkpoints are sealed but not made durable while this is set.
    pub holds_checkpoints: bool,
    pub held: Vec<Task>,
    promises: Promises,
}

#[derive(Clone)]
enum Payload {
    Message(Bytes),
    Request(Request),
}

type Loses = Rc<dyn Fn(u16, u16, &Message<Replica>) -> bool>;

/// The cluster.
#[derive(Clone)]
pub struct Cluster {
    pub scope: Scope,
    pub parameters: Parameters,
    referee: Referee,
    pub nodes: Vec<Node>,
    wire: VecDeque<(u16, u16, Payload)>,
    cut: BTreeSet<(u16, u16)>,
    loses: Option<Loses>,
    loses_forwards: bool,
    decided: BTreeMap<Seq, Digest>,
    /// Bytes of decisions that replicas keep below their last stable checkpoint; none, unless a test is about it.
    pub history_bytes: usize,
    /// Whether replicas drop what they do not need, unseen, as real ones do; and how much that was.
    pub drops_needless: bool,
    pub dropped: usize,
    /// Replicas whose core is the test's puppet: judges do not look at them.
    pub corrupt: BTreeSet<u16>,
}

pub const CLIENT: ClientId = ClientId::new([7; 32]);

pub fn id(position: u16) -> ReplicaId {
    ReplicaId::new(position)
}

impl Cluster {
    /// Everybody has started. A checkpoint every 4 batches, a window of 8, 4 batches under way.
    pub fn new(n: u16, f: u16) -> Self {
        Self::with(n, f, Parameters { checkpoint_interval: 4, window: 8, pipeline: 4, ..Parameters::default() })
    }

    /// The same, and every request is as much as a batch may hold, so that each leaves alone and the pipeline is used.
    pub fn deep(n: u16, f: u16) -> Self {
        let parameters = Parameters { checkpoint_interval: 4, window: 8, pipeline: 4, ..Parameters::default() };
        Self::with(n, f, Parameters { batch_bytes: 1, ..parameters })
    }

    pub fn with(n: u16, f: u16, parameters: Parameters) -> Self {
        Self::with_history(n, f, parameters, 0)
    }

    pub fn with_history(n: u16, f: u16, parameters: Parameters, history_bytes: usize) -> Self {
        let membership = Membership::new(n, Faults::Byzantine(f)).unwrap();
        let domain = Domain { cluster: Digest::of("test", b"cluster"), epoch: Epoch::new(1) };
        let mut cluster = Self {
            scope: Scope { domain, membership, window: parameters.window },
            parameters,
            referee: Referee::new(1, membership, [CLIENT]),
            nodes: Vec::new(),
            wire: VecDeque::new(),
            cut: BTreeSet::new(),
            loses: None,
            loses_forwards: false,
            decided: BTreeMap::new(),
            history_bytes,
            drops_needless: false,
            dropped: 0,
            corrupt: BTreeSet::new(),
        };
        for position in 0..n {
            let core = Replica::new(cluster.config(position));
            cluster.nodes.push(Node {
                core,
                service: Service::default(),
                records: Vec::new(),
                timers: BTreeMap::new(),
                rules: Vec::new(),
                notes: Vec::new(),
                last: Vec::new(),
                replies: Vec::new(),
                up: true,
                holds_checkpoints: false,
                held: Vec::new(),
                promises: Promises::default(),
            });
        }
        (0..n).for_each(|position| cluster.reboot(position));
        cluster.deliver_all();
        cluster.nodes.iter_mut().for_each(|node| node.rules.clear());
        cluster
    }

    fn config(&self, position: u16) -> Config {
        let config = Config::new(self.scope, self.parameters, Arc::new(self.signer(Author::Replica(id(position)))));
        config.with_history(self.history_bytes)
    }

    pub fn signer(&self, author: Author) -> SymbolicSigner {
        self.referee.signer(author)
    }

    /// Signs as a replica.
    pub fn sign<S: Statement>(&self, position: u16, statement: S) -> Signed<S> {
        Signed::sign(statement, &self.scope.domain, &self.signer(Author::Replica(id(position))))
    }

    /// A pre-prepare of the primary `position`.
    pub fn pre_prepare(&self, position: u16, view: u64, seq: u64, batch: Batch) -> Message<Replica> {
        let statement = Prepare { view: View::new(view), seq: Seq::new(seq), digest: batch.digest() };
        Message::Vow(Vow::PrePrepare(PrePrepare::new(self.sign(position, statement), batch)))
    }

    /// The client's request with this number.
    pub fn request(&self, number: u64) -> Request {
        self.request_with(number, b"operation")
    }

    pub fn request_with(&self, number: u64, operation: &'static [u8]) -> Request {
        let signer = self.signer(Author::Client(CLIENT));
        let operations = vec![Bytes::from_static(operation)];
        Request::sign(SessionId::new(1), RequestId::new(number), operations, &self.scope.domain, &signer).unwrap()
    }

    /// One that names a replica to answer it in full.
    pub fn request_for(&self, replier: u16, number: u64) -> Request {
        let (signer, session, id) = (self.signer(Author::Client(CLIENT)), SessionId::new(1), RequestId::new(number));
        let (operations, domain) = (vec![Bytes::from_static(b"operation")], &self.scope.domain);
        Request::sign_for(Replier::One(ReplicaId::new(replier)), session, id, operations, domain, &signer).unwrap()
    }

    pub fn batch(&self, numbers: &[u64]) -> Batch {
        Batch::new(numbers.iter().map(|&number| self.request(number)).collect())
    }

    /// Gives one input to one replica, and everything its service reports because of it.
    pub fn step(&mut self, at: u16, input: Input<Replica>) {
        let effects = self.effects_of(at, input);
        self.node(at).last = effects.clone();
        let mut reports = self.perform(at, effects);
        while let Some(report) = reports.pop_front() {
            let effects = self.effects_of(at, Input::Done(report));
            reports.extend(self.perform(at, effects));
        }
    }

    /// What one input makes a replica want, before any of it happens.
    pub fn effects_of(&mut self, at: u16, input: Input<Replica>) -> Vec<Effect<Replica>> {
        let mut out = Outbox::default();
        self.node(at).core.step(input, &mut out);
        out.drain()
    }

    /// Lets effects happen, and returns what the service reports.
    pub fn perform(&mut self, at: u16, effects: Vec<Effect<Replica>>) -> VecDeque<Report> {
        let mut reports = VecDeque::new();
        for effect in effects {
            match effect {
                Effect::Persist(record) => {
                    let records = &mut self.node(at).records;
                    if matches!(record, Record::Fact(_)) || !records.contains(&record) {
                        records.push(record);
                    }
                }
                Effect::Compact(records) => self.node(at).records = records,
                Effect::Send { to, message } => self.send(at, to, &message),
                Effect::Forward { .. } if self.loses_forwards => {}
                Effect::Forward { to, request } => self.wire.push_back((at, to.get(), Payload::Request(request))),
                Effect::Reply { reply, .. } => self.node(at).replies.push(reply),
                Effect::Arm { timer, after } => drop(self.node(at).timers.insert(timer, after)),
                Effect::Disarm(timer) => drop(self.node(at).timers.remove(&timer)),
                Effect::Ask(task @ Task::Checkpoint { .. }) if self.node(at).holds_checkpoints => {
                    self.node(at).held.push(task);
                }
                Effect::Ask(task) => {
                    if let Task::Execute { seq, batch } = &task
                        && !self.corrupt.contains(&at)
                    {
                        let digest = *self.decided.entry(*seq).or_insert(batch.digest());
                        assert!(digest == batch.digest(), "{at} executes otherwise");
                    }
                    reports.extend(self.node(at).service.perform(task));
                }
                Effect::Applied(rule) => self.node(at).rules.push(rule),
                Effect::Note(note) => self.node(at).notes.push(note),
            }
        }
        reports
    }

    fn send(&mut self, at: u16, to: Target, message: &Message<Replica>) {
        if let Message::Vow(vow) = message
            && !self.corrupt.contains(&at)
        {
            self.nodes[usize::from(at)].promises.hear(usize::from(at), vow);
        }
        let targets: Vec<u16> = match to {
            Target::One(peer) => vec![peer.get()],
            Target::Others => self.positions().filter(|&peer| peer != at).collect(),
        };
        targets.into_iter().for_each(|peer| self.inject(at, peer, message));
    }

    /// Puts a message on the wire.
    pub fn inject(&mut self, from: u16, to: u16, message: &Message<Replica>) {
        assert_ne!(from, to, "nobody talks to itself");
        if self.loses.as_ref().is_none_or(|loses| !loses(from, to, message)) {
            self.wire.push_back((from, to, Payload::Message(message.to_bytes().into())));
        }
    }

    /// Delivers this message now, whatever the network is like.
    pub fn hand(&mut self, from: u16, to: u16, message: &Message<Replica>) {
        let input = self.receive(from, message.to_bytes().into());
        self.step(to, input);
    }

    fn receive(&self, from: u16, bytes: Bytes) -> Input<Replica> {
        let message = Unverified::<Message<Replica>>::decode(bytes, &self.scope).expect("well formed");
        Input::Deliver { from: id(from), message: message.verify(&self.referee).expect("signed") }
    }

    fn is_needless(&self, at: u16, bytes: Bytes) -> bool {
        let message = Unverified::<Message<Replica>>::decode(bytes, &self.scope).expect("well formed");
        message.is_needless(&self.nodes[usize::from(at)].core.settled(), Replica::is_needless)
    }

    /// Whether a replica can do without this message by now.
    pub fn needs_not(&self, at: u16, message: &Message<Replica>) -> bool {
        self.is_needless(at, message.to_bytes().into())
    }

    pub fn referee(&self) -> &Referee {
        &self.referee
    }

    /// A prepared certificate of these signers.
    pub fn certificate(&self, signers: &[u16], statement: Prepare) -> Certificate<Prepare> {
        let mut tally = Tally::<Prepare>::default();
        for &signer in signers {
            tally.cast(self.sign(signer, statement)).expect("one vote each");
        }
        tally.certificate(&statement, &self.scope.membership).expect("a strong quorum")
    }

    /// Proof that the first f+1 replicas suspect the primary of a view.
    pub fn suspicion(&self, view: View) -> Certificate<Suspect, Weak> {
        let (mut tally, statement) = (Tally::<Suspect, Weak>::default(), Suspect { view });
        for signer in self.positions().take(self.scope.membership.weak()) {
            tally.cast(self.sign(signer, statement)).expect("nothing contradicts a suspicion");
        }
        tally.certificate(&statement, &self.scope.membership).expect("a weak quorum")
    }

    /// The view-change message of a replica, with a reason to believe that it had to leave.
    pub fn departure(&self, from: u16, report: ViewChange) -> Message<Replica> {
        let before = View::new(report.view().get() - 1);
        let departure = Departure::new(self.sign(from, report), self.suspicion(before));
        Message::Vow(Vow::ViewChange(departure.expect("about the view before")))
    }

    /// What a replica would report if it had to leave its view now; none if it does not. Says nothing to anybody.
    pub fn report(&self, at: u16) -> Option<ViewChange> {
        let mut future = self.clone();
        let next = self.status(at).view.next();
        if let Some(peer) = self.positions().find(|&peer| peer != at) {
            let report = ViewChange::new(next, None, Vec::new(), &self.scope.membership).unwrap();
            future.hand(peer, at, &self.departure(peer, report));
        }
        let effects = &future.nodes[usize::from(at)].last;
        effects.iter().find_map(|effect| match effect {
            Effect::Persist(Record::Vow(Vow::ViewChange(departure))) => Some(departure.vote().statement().clone()),
            _ => None,
        })
    }

    /// Delivers the oldest message. False if there is none.
    pub fn deliver_one(&mut self) -> bool {
        let Some((at, input)) = self.next_input() else { return false };
        if let Some(input) = input {
            self.step(at, input);
        }
        true
    }

    /// Takes the oldest message off the wire; no input if it is lost.
    pub fn next_input(&mut self) -> Option<(u16, Option<Input<Replica>>)> {
        let (from, to, payload) = self.wire.pop_front()?;
        if self.cut.contains(&(from, to)) || !self.nodes[usize::from(to)].up {
            return Some((to, None));
        }
        let input = match payload {
            Payload::Request(request) => Input::Request { from: Address::Replica(id(from)), request },
            Payload::Message(bytes) if self.drops_needless && self.is_needless(to, bytes.clone()) => {
                self.dropped += 1;
                return Some((to, None));
            }
            Payload::Message(bytes) => self.receive(from, bytes),
        };
        Some((to, Some(input)))
    }

    pub fn deliver_all(&mut self) {
        for _ in 0..200_000 {
            if !self.deliver_one() {
                return;
            }
        }
        panic!("replicas talk for ever");
    }

    pub fn node(&mut self, at: u16) -> &mut Node {
        &mut self.nodes[usize::from(at)]
    }

    pub fn positions(&self) -> std::ops::Range<u16> {
        0..self.scope.membership.size()
    }
}

/// The hint in a message.
pub fn hint(message: &Message<Replica>) -> Option<&Hint> {
    match message {
        Message::Hint(hint) => Some(hint),
        Message::Vow(_) => None,
    }
}

/// The vow in a message.
pub fn vow(message: &Message<Replica>) -> Option<&Vow> {
    match message {
        Message::Vow(vow) => Some(vow),
        Message::Hint(_) => None,
    }
}
