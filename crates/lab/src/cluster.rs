//! A PBFT cluster that serves the key-value store, as the real node does, with any adversary.

mod views;
mod weight;

use crate::setup::Sizes;
use crate::store::{Plain, describe, operation};
use bytes::Bytes;
use std::sync::Arc;
use synod_kernel::adversary::Adversary;
use synod_kernel::chooser::Chooser;
use synod_kernel::process::{Proof, Question, Record, Shown};
use synod_kernel::{Digest, ReplicaId, Signer};
use synod_kv::KeyValueStore;
use synod_protocols::pbft::{Config, Fact, Replica, Vow, promises, proofs};
use synod_sim::options::Speed;
use synod_sim::{Backend, Booted, EngineError, Scenario, Setting};
use synod_storage::MemoryDisk;

/// How long a message is on its way when everything is healed, at most, in microseconds.
const WAY: u64 = 1_000;

/// PBFT, and who owns the corrupted replicas.
pub(crate) struct Pbft<A> {
    pub(crate) sizes: Sizes,
    pub(crate) adversary: A,
}

impl<A: Adversary<Replica>> Scenario for Pbft<A> {
    type Process = Replica;
    type Adversary = A;
    type Engine = Backend<KeyValueStore>;
    type Model = Plain;

    fn process(&self, setting: &Setting, _: ReplicaId, signer: Arc<dyn Signer>) -> Replica {
        let Sizes { parameters, history_bytes } = self.sizes;
        Replica::new(Config::new(setting.scope, parameters, signer).with_history(history_bytes))
    }

    fn engine(&self, setting: &Setting, id: ReplicaId, disk: MemoryDisk) -> Result<Booted<Self::Engine>, EngineError> {
        setting.backend(id, disk, Arc::new(KeyValueStore))
    }

    fn adversary(&self, _: &Setting) -> A {
        self.adversary.clone()
    }

    fn model(&self, _: &Setting) -> Plain {
        Plain::default()
    }

    fn proofs(&self, shown: Shown<'_, Replica>) -> Vec<Proof> {
        proofs(shown)
    }

    fn promises(&self, vow: &Vow) -> Vec<(Question, Digest)> {
        promises(vow)
    }

    fn check(&self, setting: &Setting, shown: Shown<'_, Replica>) -> Result<(), String> {
        match shown {
            Shown::Record(Record::Fact(Fact::NewView(message)) | Record::Vow(Vow::NewView(message))) => {
                views::Claim::of(message, &setting.options.membership).check()
            }
            Shown::Message(_) | Shown::Record(_) => Ok(()),
        }
    }

    fn weight_max(&self, setting: &Setting, asked: u64) -> u64 {
        weight::max(setting, &self.sizes, asked)
    }

    fn views_max(&self, setting: &Setting) -> u64 {
        let Speed { sync_max, task_max, save_max, .. } = setting.options.speed;
        // A request is three syncs, a task and six ways; a replica may have to come back first, and others may wait in
        // front of it. Ways are short when everything is healed.
        let needed = 20 * (sync_max + task_max + save_max + WAY);
        let patience = 1000 * u64::from(self.sizes.parameters.view_timeout_ms.max(1));
        let doublings = u64::from(needed.div_ceil(patience).next_power_of_two().trailing_zeros());
        u64::from(setting.options.membership.tolerated()) + 1 + doublings
    }

    fn operation(&self, client: usize, number: u64, choose: &mut dyn Chooser) -> Bytes {
        operation(client, number, choose)
    }

    fn describe(&self, operation: &Bytes) -> String {
        describe(operation)
    }
}
