//! A toy service that counts operations, with a checkpoint in one file.

use bytes::Bytes;
use std::collections::BTreeMap;
use synod_kernel::codec::decode_own;
use synod_kernel::process::{Executed, Fate, Recalled, Transfer};
use synod_kernel::request::RequestKey;
use synod_kernel::{Batch, Digest, Encode, Report, Request, RequestId, Scope, Seq, Task, Writer};
use synod_sim::{Booted, Engine, EngineError, Model};
use synod_state::{ReplyBody, Resolution};
use synod_storage::{Disk, DiskFile, MemoryDisk};

/// Everything that was executed: the state is a function of it.
pub(crate) struct Counter {
    disk: MemoryDisk,
    defect: Option<Wrong>,
    batches: Vec<Batch>,
    total: u64,
    outcomes: BTreeMap<RequestKey, Executed>,
    sealed: Vec<Vec<Batch>>,
}

/// What is wrong with a toy service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It counts one operation too many in the fifth batch.
    Miscounts,
    /// Its checkpoints differ although the results do not.
    Diverges,
}

const FILE: &str = "counter";

fn digest(batches: &[Batch]) -> Digest {
    let digests: Vec<u8> = batches.iter().flat_map(|batch| batch.digest().0).collect();
    Digest::of("toy state", &digests)
}

impl Counter {
    pub(crate) fn open(disk: MemoryDisk, scope: &Scope, defect: Option<Wrong>) -> Result<Booted<Self>, EngineError> {
        let mut counter =
            Self { disk, defect, batches: Vec::new(), total: 0, outcomes: BTreeMap::new(), sealed: Vec::new() };
        if counter.disk.list()?.iter().any(|name| name == FILE) {
            let file = counter.disk.open(FILE)?;
            let length = usize::try_from(file.length()?).unwrap();
            let mut bytes = vec![0; length];
            file.read_at(0, &mut bytes)?;
            let batches: Vec<Batch> = decode_own::<Batches>(bytes.into(), scope).unwrap().0;
            for batch in batches {
                counter.execute(&batch);
            }
        }
        let (executed, state) = (counter.seq(), digest(&counter.batches));
        Ok(Booted { engine: counter, executed, state })
    }

    fn seq(&self) -> Seq {
        Seq::new(self.batches.len() as u64)
    }

    fn execute(&mut self, batch: &Batch) -> Vec<Executed> {
        self.batches.push(batch.clone());
        let seq = self.seq();
        let mut outcomes = Vec::new();
        for request in batch.requests() {
            let known = self.outcomes.get(&request.key()).cloned();
            let known = known.map(|known| Executed { fate: Fate::Repeated, ..known });
            let outcome = known.unwrap_or_else(|| {
                self.total += u64::from(self.defect == Some(Wrong::Miscounts) && seq.get() == 5);
                let results = request.operations().map(|_| {
                    self.total += 1;
                    Bytes::copy_from_slice(&self.total.to_le_bytes())
                });
                let result = Resolution::encoded(request, ReplyBody::Executed(results.collect()));
                Executed { request: request.key(), fate: Fate::Executed, seq, result, floor: RequestId::default() }
            });
            self.outcomes.insert(outcome.request, outcome.clone());
            outcomes.push(outcome);
        }
        outcomes
    }

    fn save(&mut self, seq: Seq) -> Result<Digest, EngineError> {
        let position = self.sealed.iter().position(|batches| batches.len() as u64 == seq.get()).unwrap();
        let batches = self.sealed.remove(position);
        let mut writer = Writer::default();
        writer.list(batches.iter());
        if self.disk.list()?.iter().any(|name| name == "counter.new") {
            self.disk.remove("counter.new")?;
        }
        let mut file = self.disk.create("counter.new")?;
        file.write_at(0, &writer.into_bytes())?;
        file.sync()?;
        self.disk.rename("counter.new", FILE)?;
        self.disk.sync_dir()?;
        let diverged = self.defect == Some(Wrong::Diverges);
        Ok(if diverged { Digest::of("toy", &seq.to_bytes()) } else { digest(&batches) })
    }
}

impl Engine for Counter {
    fn perform(&mut self, task: Task) -> Result<Option<Report>, EngineError> {
        Ok(match task {
            Task::Execute { seq, batch } => Some(Report::Executed { seq, outcomes: self.execute(&batch) }),
            Task::Seal { .. } => {
                self.sealed.push(self.batches.clone());
                None
            }
            Task::Checkpoint { seq } => Some(Report::CheckpointTaken { seq, state: self.save(seq)? }),
            Task::Recall { request } => {
                let known = self.outcomes.get(&request.key()).cloned();
                let repeated = known.map(|known| Executed { fate: Fate::Repeated, ..known });
                let outcome = repeated.map_or(Recalled::Unknown, Recalled::Executed);
                Some(Report::Recalled { request, outcome })
            }
            Task::ReadChunk { to, seq, range } => Some(Report::ChunkRead { to, seq, range, chunk: None }),
            Task::BeginTransfer { seq, .. } => Some(Report::TransferBegun { seq, transfer: Transfer::Refused }),
            Task::StoreChunk { from, seq, range, .. } => {
                Some(Report::ChunkStored { from, seq, range, transfer: Transfer::Refused })
            }
            Task::Discard { .. } | Task::Release { .. } | Task::EndTransfer => None,
            Task::Install { seq, root } => Some(Report::Installed { seq, state: root }),
            Task::Rollback { to } => Some(Report::RolledBack { to }),
        })
    }
}

struct Batches(Vec<Batch>);

impl synod_kernel::Decode for Batches {
    fn decode(reader: &mut synod_kernel::Reader<'_>) -> Result<Self, synod_kernel::Malformed> {
        reader.list("batches", 1_000_000).map(Self)
    }
}

/// What the service should do, said once more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Total(u64);

impl Model for Total {
    fn execute(&mut self, _: Seq, request: &Request) -> Vec<Bytes> {
        let before = self.0;
        self.0 += request.operations().len() as u64;
        (before + 1..=self.0).map(|total| Bytes::copy_from_slice(&total.to_le_bytes())).collect()
    }
}
