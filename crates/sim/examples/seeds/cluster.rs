//! A PBFT cluster of registers, with any adversary.

use crate::registers::{Plain, Registers, operation};
use bytes::Bytes;
use std::sync::Arc;
use synod_kernel::adversary::Adversary;
use synod_kernel::chooser::{Chooser, Seeded};
use synod_kernel::descriptor::Parameters;
use synod_kernel::{Membership, ReplicaId, Signer};
use synod_protocols::pbft::{Config, HISTORY_BYTES, Replica};
use synod_sim::draw::pick;
use synod_sim::options::{OPERATIONS_MIN, SECOND};
use synod_sim::run::run;
use synod_sim::{Booted, Count, EngineError, Options, Report, Rule, Scenario, Setting};
use synod_storage::{MemoryDisk, SerialExecutor};

/// PBFT, and who owns the corrupted replicas.
pub(crate) struct Pbft<A> {
    pub(crate) adversary: A,
}

/// Protocol parameters of a seed, small enough that checkpoints, full windows and view changes are common.
pub(crate) fn parameters(seed: u64) -> Parameters {
    let choose = &mut Seeded::new(seed ^ 0x9A7A_3E7E);
    let checkpoint_interval = pick(choose, "checkpoint interval", &[2, 2, 3]);
    let window = checkpoint_interval * pick(choose, "window", &[2, 3, 4]);
    Parameters {
        checkpoint_interval,
        window,
        pipeline: pick(choose, "pipeline", &[1, 2, 4, 8]).min(window),
        batch_bytes: 1 << 11,
        view_timeout_ms: pick(choose, "view timeout", &[40, 100, 300]),
        status_interval_ms: pick(choose, "status interval", &[5, 20, 60]),
    }
}

/// Bytes of decisions that replicas of a seed remember: none, those of a few batches, or all.
fn history_bytes(seed: u64) -> usize {
    pick(&mut Seeded::new(seed ^ 0x4157_0137), "history", &[0, 6 << 10, HISTORY_BYTES])
}

impl<A: Adversary<Replica>> Scenario for Pbft<A> {
    type Process = Replica;
    type Adversary = A;
    type Engine = SerialExecutor<Registers, MemoryDisk>;
    type Model = Plain;

    fn process(&self, setting: &Setting, _: ReplicaId, signer: Arc<dyn Signer>) -> Replica {
        let seed = setting.options.seed;
        Replica::new(Config::new(setting.scope, parameters(seed), signer).with_history(history_bytes(seed)))
    }
    fn engine(&self, setting: &Setting, id: ReplicaId, disk: MemoryDisk) -> Result<Booted<Self::Engine>, EngineError> {
        setting.executor(id, disk, Arc::new(Registers))
    }
    fn adversary(&self, _: &Setting) -> A {
        self.adversary.clone()
    }
    fn model(&self, _: &Setting) -> Plain {
        Plain::default()
    }
    fn operation(&self, client: usize, number: u64, choose: &mut dyn Chooser) -> Bytes {
        operation(client, number, choose)
    }
}

/// Runs one seed. Every rule is expected to hold, unless the adversary owns more replicas than are tolerated.
pub(crate) fn run_seed(
    seed: u64,
    membership: Membership,
    adversary: impl Adversary<Replica>,
    corrupt: u16,
    replay: String,
) -> Report {
    let mut options = Options::draw(seed, membership, corrupt);
    let expected = if corrupt <= membership.tolerated() {
        &Rule::ALL[..]
    } else {
        // Nothing is owed any more, so there is nothing to wait for.
        options.budget = SECOND;
        &[]
    };
    let report = run(Pbft { adversary }, options, expected.iter().copied(), replay);
    if report.is_good() && !expected.is_empty() {
        let honest = u64::from(membership.size() - corrupt);
        let (operations, checkpoints) =
            (report.counters.get(Count::Operations), report.counters.rule("StableCheckpoint"));
        assert!(operations >= OPERATIONS_MIN, "seed {seed}: {operations} operations are too few to mean anything");
        // Two checkpoints at every honest replica, whether it took them or fetched the second.
        assert!(checkpoints > honest, "seed {seed}: {checkpoints} stable checkpoints are too few to mean anything");
    }
    report
}
