//! A PBFT cluster that serves the key-value store, as the real node does, with any adversary.

use crate::setup::Sizes;
use crate::store::{Plain, describe, operation};
use bytes::Bytes;
use std::sync::Arc;
use synod_kernel::adversary::Adversary;
use synod_kernel::chooser::Chooser;
use synod_kernel::process::{Proof, Shown};
use synod_kernel::{ReplicaId, Signer};
use synod_kv::KeyValueStore;
use synod_protocols::pbft::{Config, Replica, proofs};
use synod_sim::{Backend, Booted, EngineError, Scenario, Setting};
use synod_storage::MemoryDisk;

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

    fn operation(&self, client: usize, number: u64, choose: &mut dyn Chooser) -> Bytes {
        operation(client, number, choose)
    }

    fn describe(&self, operation: &Bytes) -> String {
        describe(operation)
    }
}
