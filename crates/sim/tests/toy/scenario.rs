//! A cluster of toys.

use super::engine::{Counter, Total, Wrong};
use super::{Defect, Toy};
use bytes::Bytes;
use std::sync::Arc;
use synod_kernel::adversary::Honest;
use synod_kernel::chooser::Chooser;
use synod_kernel::process::{Proof, Shown};
use synod_kernel::{Faults as Tolerated, Membership, ReplicaId, Signer};
use synod_sim::options::Faults;
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
    fn proofs(&self, _: Shown<'_, Toy>) -> Vec<Proof> {
        Vec::new()
    }
    /// A toy keeps every batch twice, and who acknowledged it.
    fn weight_max(&self, _: &Setting, asked: u64) -> u64 {
        3000 + 150 * asked
    }
    /// There is one view.
    fn views_max(&self, _: &Setting) -> u64 {
        0
    }
    fn operation(&self, client: usize, number: u64, choose: &mut dyn Chooser) -> Bytes {
        Bytes::from(format!("{client} {number} {}", choose.choose("operation", 10)))
    }
}

pub(crate) fn members() -> Membership {
    Membership::new(4, Tolerated::Byzantine(1)).unwrap()
}

pub(crate) fn options(seed: u64) -> Options {
    let mut options = Options::draw(seed, members(), 0);
    // What a toy keeps has no checksums.
    options.frail.clear();
    // Nothing goes on without replica 0.
    options.outsiders = false;
    if seed.is_multiple_of(5) {
        // A campaign does this now and then.
        (options.rehearse_every, options.repeat_steps) = (2, true);
    }
    options
}

pub(crate) fn run_seed(seed: u64, defect: Defect, wrong: Option<Wrong>, expected: &[Rule]) -> Report {
    let replay = format!("toy --seed {seed}");
    run(Toys { defect, wrong }, options(seed), expected.iter().copied(), replay)
}

/// Runs a seed in which nothing crashes, and copies are started at every promise.
pub(crate) fn rehearse_seed(seed: u64, defect: Defect, expected: &[Rule]) -> Report {
    let options = Options { faults: Faults::none(), rehearse_every: 1, ..options(seed) };
    run(Toys { defect, wrong: None }, options, expected.iter().copied(), format!("toy --seed {seed}"))
}
