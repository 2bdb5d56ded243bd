//! A PBFT cluster behind the key-value store, with an adversary in it.

mod store;

use bytes::Bytes;
use std::sync::Arc;
use store::Model;
use synod_kernel::adversary::Adversary;
use synod_kernel::chooser::{Chooser, Seeded};
use synod_kernel::descriptor::Parameters;
use synod_kernel::process::{Proof, Question, Shown};
use synod_kernel::{Digest, Encode, Faults, Membership, ReplicaId, Signer};
use synod_kv::KeyValueStore;
use synod_protocols::pbft::{Config, HISTORY_BYTES, Replica, Vow, promises, proofs};
use synod_sim::draw::pick;
use synod_sim::options::SECOND;
use synod_sim::run::run;
use synod_sim::{Backend, Booted, EngineError, Options, Report, Rule, Scenario, Setting};
use synod_storage::MemoryDisk;

struct Store<A> {
    adversary: A,
}

/// Small enough for checkpoints and full windows in a short run.
fn parameters(seed: u64) -> Parameters {
    let choose = &mut Seeded::new(seed);
    Parameters {
        checkpoint_interval: 4,
        window: 8,
        pipeline: pick(choose, "pipeline", &[1, 2, 4]),
        batch_bytes: 1 << 11,
        view_timeout_ms: pick(choose, "view timeout", &[40, 100]),
        status_interval_ms: 20,
    }
}

/// Bytes of decisions that replicas remember: none, those of a few batches, or all.
fn history_bytes(seed: u64) -> usize {
    pick(&mut Seeded::new(seed ^ 0x4157_0137), "history", &[0, 6 << 10, HISTORY_BYTES])
}

impl<A: Adversary<Replica>> Scenario for Store<A> {
    type Process = Replica;
    type Adversary = A;
    type Engine = Backend<KeyValueStore>;
    type Model = Model;

    fn process(&self, setting: &Setting, _: ReplicaId, signer: Arc<dyn Signer>) -> Replica {
        let seed = setting.options.seed;
        Replica::new(Config::new(setting.scope, parameters(seed), signer).with_history(history_bytes(seed)))
    }
    fn engine(&self, setting: &Setting, id: ReplicaId, disk: MemoryDisk) -> Result<Booted<Self::Engine>, EngineError> {
        setting.backend(id, disk, Arc::new(KeyValueStore))
    }
    fn adversary(&self, _: &Setting) -> A {
        self.adversary.clone()
    }
    fn model(&self, _: &Setting) -> Model {
        Model::default()
    }
    fn proofs(&self, shown: Shown<'_, Replica>) -> Vec<Proof> {
        proofs(shown)
    }
    fn promises(&self, vow: &Vow) -> Vec<(Question, Digest)> {
        promises(vow)
    }

    /// The laboratory, which runs every attack as well, weighs replicas and counts views.
    fn weight_max(&self, _: &Setting, _: u64) -> u64 {
        u64::MAX
    }

    fn views_max(&self, _: &Setting) -> u64 {
        u64::MAX
    }

    fn operation(&self, client: usize, number: u64, choose: &mut dyn Chooser) -> Bytes {
        Bytes::from(store::operation(client, number, choose).to_bytes())
    }
}

/// Requests of all clients together in a short run: enough for a few checkpoints.
const REQUESTS_SHORT: u64 = 40;

/// As [`run_seed`], with less to do and less time to go wrong in, and with other replicas corrupted in each seed, so
/// that they are the first primary in one and the second in the next.
#[allow(dead_code, reason = "not every test has many attacks to run")]
pub(crate) fn run_short(seed: u64, replicas: u16, corrupt: u16, adversary: &impl Adversary<Replica>) -> Report {
    run_drawn(seed, replicas, corrupt, adversary, |options| {
        options.load.requests = REQUESTS_SHORT.div_ceil(options.load.clients as u64);
        options.heal_at = options.heal_at.min(SECOND / 2);
        options.audit_every = 0;
        let turn = u16::try_from(seed % u64::from(replicas)).unwrap();
        options.corrupt = (0..corrupt).map(|id| ReplicaId::new((id + turn) % replicas)).collect();
    })
}

/// Runs a seed with the first `corrupt` replicas corrupted, the first primary among them. With no more of them than are
/// tolerated every rule is expected to hold, and otherwise none.
#[allow(dead_code, reason = "not every test has runs of full length")]
pub(crate) fn run_seed(seed: u64, replicas: u16, corrupt: u16, adversary: &impl Adversary<Replica>) -> Report {
    run_drawn(seed, replicas, corrupt, adversary, |_| {})
}

fn run_drawn(
    seed: u64,
    replicas: u16,
    corrupt: u16,
    adversary: &impl Adversary<Replica>,
    adapt: impl Fn(&mut Options),
) -> Report {
    let membership = Membership::new(replicas, Faults::Byzantine((replicas - 1) / 3)).unwrap();
    let mut options = Options::draw(seed, membership, corrupt);
    options.corrupt = (0..corrupt).map(ReplicaId::new).collect();
    adapt(&mut options);
    let is_tolerated = corrupt <= membership.tolerated();
    let expected = if is_tolerated { &Rule::ALL[..] } else { &[] };
    if !is_tolerated {
        // Nothing is owed any more, so there is nothing to wait for.
        options.budget = SECOND;
    }
    run(Store { adversary: adversary.clone() }, options, expected.iter().copied(), format!("seed {seed}"))
}
