//! The simplest service there is: it remembers which requests it executed, and where.

use bytes::Bytes;
use std::collections::BTreeMap;
use synod_kernel::process::{Report, Transfer};
use synod_kernel::{Batch, Digest, Encode, Executed, RequestId, RequestKey, Seq, Task, Writer};

/// Requests from this one on have results that are larger than what every replica sends.
pub const LARGE_FROM: RequestId = RequestId::new(5000);

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

    fn outcome(&self, key: RequestKey) -> Option<Executed> {
        let (seq, _) = self.history.iter().find(|(_, executed)| *executed == key)?;
        let result = Bytes::from_static(if key.id < LARGE_FROM { b"done" } else { &[7; 1000] });
        Some(Executed { request: key, seq: *seq, result, floor: RequestId::default() })
    }
}

/// Executes, seals, checkpoints, gives and takes states. A state is given in two equal pieces, each of them whole, so
/// that every piece proves itself.
#[derive(Clone, Debug, Default)]
pub struct Service {
    pub state: State,
    sealed: BTreeMap<Seq, State>,
    /// The newest state on disk: what a reboot finds.
    pub durable: State,
    fetched: Option<State>,
    /// Batches handed over, in order, since the last boot or installation.
    pub batches: Vec<(Seq, Batch)>,
}

impl Service {
    /// Loses everything that was not on disk.
    pub fn reboot(&mut self) {
        self.state = self.durable.clone();
        self.sealed = BTreeMap::from([(self.durable.seq, self.durable.clone())]);
        self.fetched = None;
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
                self.durable = state;
                Some(report)
            }
            Task::Recall { request } => {
                let outcome = self.state.outcome(request.key());
                Some(Report::Recalled { request, outcome })
            }
            Task::ReadChunk { to, seq, from_key } => {
                let chunk = self.sealed.get(&seq).map(State::bytes);
                Some(Report::ChunkRead { to, seq, from_key, chunk })
            }
            Task::StoreChunk { seq, root, from_key, chunk } => {
                let transfer = match Digest::of("test state", &chunk) == root {
                    false => Transfer::Refused,
                    true if from_key.is_empty() => Transfer::Next(Bytes::from_static(b"second")),
                    true => {
                        self.fetched = Some(decode(&chunk));
                        Transfer::Complete
                    }
                };
                Some(Report::ChunkStored { seq, transfer })
            }
            Task::Install { seq, root } => {
                let state = self.fetched.take().expect("complete before it is installed");
                assert_eq!((state.seq, state.digest()), (seq, root));
                (self.state, self.durable) = (state.clone(), state.clone());
                self.sealed = BTreeMap::from([(seq, state)]);
                Some(Report::Installed { seq, state: root })
            }
            Task::Rollback { .. } => panic!("PBFT does not speculate"),
        }
    }

    fn execute(&mut self, seq: Seq, batch: Batch) -> Report {
        assert_eq!(seq, self.state.seq.next(), "batches come without gaps");
        self.state.seq = seq;
        let mut outcomes = Vec::new();
        for request in batch.requests() {
            if self.state.outcome(request.key()).is_none() {
                self.state.history.push((seq, request.key()));
            }
            outcomes.extend(self.state.outcome(request.key()));
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
