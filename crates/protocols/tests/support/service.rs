//! The simplest service there is: it remembers which requests it executed, and where. A test may have it forget them as
//! sessions do: then it refuses what has left the window, and what is beyond it.

use bytes::Bytes;
use std::collections::BTreeMap;
use synod_kernel::process::{KeyRange, Report, Transfer};
use synod_kernel::{
    Batch, Digest, Encode, Executed, Fate, Recalled, ReplicaId, RequestId, RequestKey, Seq, Task, Writer,
};

/// Requests from this one on have results that are larger than what every replica sends.
pub const LARGE_FROM: RequestId = RequestId::new(5000);
/// Requests from this one on have results of a megabyte.
pub const HUGE_FROM: RequestId = RequestId::new(9000);

fn result(id: RequestId) -> Bytes {
    if id >= HUGE_FROM {
        Bytes::from_static(&[7; 1 << 20])
    } else {
        Bytes::from_static(if id >= LARGE_FROM { &[7; 1000] } else { b"done" })
    }
}

/// The state at one place in the order.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub seq: Seq,
    pub history: Vec<(Seq, RequestKey)>,
}

impl State {
    fn bytes(&self) -> Bytes {
        let mut writer = Writer::default();
        self.seq.encode(&mut writer);
        for (seq, key) in &self.history {
            seq.encode(&mut writer);
            key.encode(&mut writer);
        }
        writer.into_bytes().into()
    }

    pub fn digest(&self) -> Digest {
        Digest::of("test state", &self.bytes())
    }

    /// What there is to say of a request now, if it is not to be executed now.
    fn outcome(&self, key: RequestKey, window: Option<u64>) -> Option<Executed> {
        let of_session = |executed: &RequestKey| (executed.client, executed.session) == (key.client, key.session);
        let highest = self.history.iter().map(|(_, key)| key).filter(|key| of_session(key)).map(|key| key.id).max();
        let (highest, width) = (highest.unwrap_or_default(), window.unwrap_or_default());
        let floor = if window.is_some() { highest.minus(width) } else { RequestId::default() };
        let refused = |fate, result| {
            Some(Executed { request: key, fate, seq: Seq::default(), result: Bytes::from_static(result), floor })
        };
        if window.is_some() && key.id <= floor {
            return refused(Fate::Refused, b"stale");
        }
        if window.is_some() && key.id > highest.plus(width) {
            return refused(Fate::Deferred, b"too far ahead");
        }
        let (seq, _) = self.history.iter().find(|(_, executed)| *executed == key)?;
        Some(Executed { request: key, fate: Fate::Repeated, seq: *seq, result: result(key.id), floor })
    }
}

/// The ranges that a state is given in after the first piece. Every piece is all of it, so that it proves itself.
pub const RANGES: [(&[u8], Option<&[u8]>); 3] = [(b"b", Some(b"c")), (b"c", Some(b"d")), (b"d", None)];

fn range((from, to): (&'static [u8], Option<&'static [u8]>)) -> KeyRange {
    KeyRange::new(Bytes::from_static(from), to.map(Bytes::from_static)).expect("not empty")
}

/// Pieces of a state that is being fetched.
#[derive(Clone, Debug)]
struct Fetched {
    root: Digest,
    state: Option<State>,
    missing: Vec<KeyRange>,
}

impl Fetched {
    fn new(root: Digest) -> Self {
        Self { root, state: None, missing: vec![KeyRange::all()] }
    }

    fn transfer(&self) -> Transfer {
        if self.missing.is_empty() { Transfer::Complete } else { Transfer::Missing(self.missing.clone()) }
    }

    fn store(&mut self, stored: &KeyRange, chunk: &[u8]) -> Transfer {
        if Digest::of("test state", chunk) != self.root {
            return Transfer::Refused;
        }
        self.state = Some(decode(chunk));
        if *stored == KeyRange::all() {
            // The first piece tells how the others are cut.
            self.missing = RANGES.into_iter().map(range).collect();
        }
        self.missing.retain(|missing| missing != stored);
        self.transfer()
    }
}

/// Executes, seals, checkpoints, gives and takes states.
#[derive(Clone, Debug, Default)]
pub struct Service {
    pub state: State,
    sealed: BTreeMap<Seq, State>,
    /// Which checkpoint is kept for each peer.
    served: BTreeMap<ReplicaId, Seq>,
    /// The newest state on disk: what a reboot starts from.
    pub durable: State,
    /// All states on disk.
    kept: BTreeMap<Seq, State>,
    /// Survives a reboot, as the pieces on a disk do.
    fetched: Option<Fetched>,
    /// Pieces that were stored, since the service was made.
    pub stored: usize,
    /// Batches handed over, in order, since the last boot or installation.
    pub batches: Vec<(Seq, Batch)>,
    /// How many ids of a session are remembered; all, unless a test is about it. The same at every replica.
    pub window: Option<u64>,
}

impl Service {
    /// Loses everything that was not on disk.
    pub fn reboot(&mut self) {
        self.state = self.durable.clone();
        self.sealed = self.kept.clone();
        self.batches.clear();
    }

    /// Does a task; what it reports, if it does.
    pub fn perform(&mut self, task: Task) -> Option<Report> {
        match task {
            Task::Execute { seq, batch } => Some(self.execute(seq, batch)),
            Task::Seal { seq } => {
                assert_eq!(seq, self.state.seq, "a seal is of the state after the last batch");
                self.sealed.insert(seq, self.state.clone());
                None
            }
            Task::Checkpoint { seq } => {
                let state = self.sealed[&seq].clone();
                let report = Report::CheckpointTaken { seq, state: state.digest() };
                self.durable = state.clone();
                self.kept.insert(seq, state);
                Some(report)
            }
            Task::Discard { before } => {
                self.kept = self.kept.split_off(&before);
                self.trim(before);
                None
            }
            Task::Recall { request } => {
                let outcome = match self.state.outcome(request.key(), self.window) {
                    Some(outcome) if outcome.fate == Fate::Repeated => Recalled::Executed(outcome),
                    Some(outcome) if outcome.fate == Fate::Refused => Recalled::Over(outcome),
                    _ => Recalled::Unknown,
                };
                Some(Report::Recalled { request, outcome })
            }
            Task::ReadChunk { to, seq, range } => {
                let chunk = self.sealed.get(&seq).map(State::bytes);
                if chunk.is_some() {
                    self.served.insert(to, seq);
                }
                Some(Report::ChunkRead { to, seq, range, chunk })
            }
            Task::Release { to } => {
                self.served.remove(&to);
                None
            }
            Task::BeginTransfer { seq, root } => {
                let fetched = self.fetched.take().filter(|fetched| fetched.root == root);
                let fetched = self.fetched.insert(fetched.unwrap_or_else(|| Fetched::new(root)));
                Some(Report::TransferBegun { seq, transfer: fetched.transfer() })
            }
            Task::StoreChunk { from, seq, root, range, chunk } => {
                let fetched = self.fetched.as_mut().filter(|fetched| fetched.root == root);
                let transfer = fetched.expect("begun before pieces are stored").store(&range, &chunk);
                self.stored += usize::from(transfer != Transfer::Refused);
                Some(Report::ChunkStored { from, seq, range, transfer })
            }
            Task::EndTransfer => {
                self.fetched = None;
                None
            }
            Task::Install { seq, root } => {
                let fetched = self.fetched.take().expect("complete before it is installed");
                let state = fetched.state.expect("it has come in pieces");
                assert_eq!((state.seq, state.digest()), (seq, root));
                (self.state, self.durable) = (state.clone(), state.clone());
                self.kept = BTreeMap::from([(seq, state)]);
                self.sealed = self.kept.clone();
                Some(Report::Installed { seq, state: root })
            }
            Task::Rollback { .. } => panic!("PBFT does not speculate"),
        }
    }

    /// Forgets what is older than three stable checkpoints, unless a peer fetches it.
    fn trim(&mut self, stable: Seq) {
        let is_new = |seq: &Seq| seq.plus(3 * 4) > stable;
        self.sealed.retain(|seq, _| is_new(seq) || self.served.values().any(|served| served == seq));
    }

    fn execute(&mut self, seq: Seq, batch: Batch) -> Report {
        assert_eq!(seq, self.state.seq.next(), "batches come without gaps");
        self.state.seq = seq;
        let mut outcomes = Vec::new();
        for request in batch.requests() {
            let key = request.key();
            outcomes.push(match self.state.outcome(key, self.window) {
                Some(outcome) if outcome.fate == Fate::Repeated => outcome,
                Some(refused) => Executed { seq, ..refused },
                None => {
                    self.state.history.push((seq, key));
                    let executed = self.state.outcome(key, self.window).expect("it was just executed");
                    Executed { fate: Fate::Executed, ..executed }
                }
            });
        }
        self.batches.push((seq, batch));
        Report::Executed { seq, outcomes }
    }
}

fn decode(bytes: &[u8]) -> State {
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    let (seq, history) = bytes.split_at(8);
    let entry = |entry: &[u8]| {
        let client: [u8; 32] = entry[8..40].try_into().expect("a client");
        let (session, id) = (number(&entry[40..48]), number(&entry[48..56]));
        let key = RequestKey {
            client: synod_kernel::ClientId::new(client),
            session: synod_kernel::SessionId::new(session),
            id: RequestId::new(id),
        };
        (Seq::new(number(&entry[..8])), key)
    };
    State { seq: Seq::new(number(seq)), history: history.chunks(56).map(entry).collect() }
}
