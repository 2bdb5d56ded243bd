//! A cluster of toys.

use super::engine::{Counter, Total, Wrong};
use super::{Defect, Toy};
use bytes::Bytes;
use std::sync::Arc;
use synod_kernel::adversary::Honest;
use synod_kernel::chooser::Chooser;
use synod_kernel::{Faults, Membership, ReplicaId, Signer};
use synod_sim::run::run;
use synod_sim::{Booted, EngineError, Options, Report, Rule, Scenario, Setting};
use synod_storage::MemoryDisk;

pub(crate) struct Toys {
    pub(crate) defect: Defect,
    /// What is wrong with the service of replica 1.
    pub(crate) wrong: Option<Wrong>,
}

impl Scenario for Toys {
    type Process = Toy;
    type Adversary = Honest;
    type Engine = Counter;
    type Model = Total;

    fn process(&self, setting: &Setting, id: ReplicaId, signer: Arc<dyn Signer>) -> Toy {
        Toy::new(id, setting.scope, signer, self.defect)
    }
    fn engine(&self, setting: &Setting, id: ReplicaId, disk: MemoryDisk) -> Result<Booted<Counter>, EngineError> {
        Counter::open(disk, &setting.scope, self.wrong.filter(|_| id.get() == 1))
    }
    fn adversary(&self, _: &Setting) -> Honest {
        Honest
    }
    fn model(&self, _: &Setting) -> Total {
        Total::default()
    }
    fn operation(&self, client: usize, number: u64, choose: &mut dyn Chooser) -> Bytes {
        Bytes::from(format!("{client} {number} {}", choose.choose("operation", 10)))
    }
}

pub(crate) fn members() -> Membership {
    Membership::new(4, Faults::Byzantine(1)).unwrap()
}

pub(crate) fn run_seed(seed: u64, defect: Defect, wrong: Option<Wrong>, expected: &[Rule]) -> Report {
    let options = Options::draw(seed, members(), 0);
    run(Toys { defect, wrong }, options, expected.iter().copied(), format!("toy --seed {seed}"))
}
