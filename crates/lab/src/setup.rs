//! One run, complete: protocol, attack, and every number. A seed draws it, a trace spells it out.

use crate::attack::Attack;
use crate::cluster::Pbft;
use crate::protocol::Protocol;
use synod_attacks::pbft;
use synod_kernel::Membership;
use synod_kernel::adversary::{Adversary, Honest};
use synod_kernel::chooser::{Chooser, Seeded};
use synod_kernel::descriptor::{DescriptorError, Parameters};
use synod_protocols::pbft::{HISTORY_BYTES, Replica};
use synod_sim::draw::pick;
use synod_sim::options::{Lower, Number, NumberError, SECOND};
use synod_sim::run::{run_and_tell, run_with};
use synod_sim::{Options, Report, Rule, Story};

/// The largest size that can be set. Which of them suit each other is checked when all are set.
const SIZE_MAX: u64 = 1 << 30;

/// How large a protocol makes things: small enough here that checkpoints, full windows and view changes are common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Of the protocol.
    pub parameters: Parameters,
    /// Bytes of decisions that replicas remember.
    pub history_bytes: usize,
}

impl Sizes {
    /// Draws the sizes of a seed.
    pub fn draw(seed: u64) -> Self {
        let choose = &mut Seeded::new(seed ^ 0x9A7A_3E7E);
        let checkpoint_interval = pick(choose, "checkpoint interval", &[2, 2, 3]);
        let window = checkpoint_interval * pick(choose, "window", &[2, 3, 4]);
        let parameters = Parameters {
            checkpoint_interval,
            window,
            pipeline: pick(choose, "pipeline", &[1, 2, 4, 8]).min(window),
            batch_bytes: 1 << 11,
            view_timeout_ms: pick(choose, "view timeout", &[10, 40, 100, 300]),
            status_interval_ms: pick(choose, "status interval", &[5, 20, 60]),
        };
        // None, those of a few batches, or all.
        let history_bytes = pick(choose, "history", &[0, 6 << 10, HISTORY_BYTES]);
        Self { parameters, history_bytes }
    }

    /// Every size by name. None is calmer than another.
    fn numbers(&self) -> Vec<Number> {
        let Self { parameters, history_bytes } = self;
        let Parameters { checkpoint_interval, window, pipeline, batch_bytes, view_timeout_ms, status_interval_ms } =
            *parameters;
        let number = |(name, value)| Number { name, value, bounds: (0, SIZE_MAX), lower: Lower::Different };
        let sizes = [
            ("checkpoint interval", checkpoint_interval),
            ("window", window),
            ("pipeline", pipeline),
            ("batch bytes", batch_bytes.into()),
            ("view timeout in ms", view_timeout_ms.into()),
            ("status interval in ms", status_interval_ms.into()),
            ("history bytes", *history_bytes as u64),
        ];
        sizes.map(number).to_vec()
    }

    fn set(&mut self, name: &str, value: u64) -> Result<(), NumberError> {
        let bounds = (0, SIZE_MAX);
        let short = u32::try_from(value).ok().filter(|_| value <= SIZE_MAX);
        let short = short.ok_or(NumberError::OutOfBounds { bounds });
        let Self { parameters, history_bytes } = self;
        match name {
            "checkpoint interval" => parameters.checkpoint_interval = short?.into(),
            "window" => parameters.window = short?.into(),
            "pipeline" => parameters.pipeline = short?.into(),
            "batch bytes" => parameters.batch_bytes = short?,
            "view timeout in ms" => parameters.view_timeout_ms = short?,
            "status interval in ms" => parameters.status_interval_ms = short?,
            "history bytes" => *history_bytes = usize::try_from(short?).unwrap_or(usize::MAX),
            _ => return Err(NumberError::Unknown),
        }
        Ok(())
    }
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// What runs.
    pub protocol: Protocol,
    /// Who owns the corrupted replicas.
    pub attack: Attack,
    /// Sizes of the protocol.
    pub sizes: Sizes,
    /// Everything else.
    pub options: Options,
}

impl Setup {
    /// Draws the run of a seed, in which the attacker owns `corrupt` replicas, unless there is none.
    pub fn draw(protocol: Protocol, membership: Membership, attack: Attack, corrupt: u16, seed: u64) -> Self {
        let corrupt = if attack == Attack::NONE { 0 } else { corrupt };
        let mut options = Options::draw(seed, membership, corrupt);
        if corrupt > membership.tolerated() {
            // Nothing is owed any more, so there is nothing to wait for.
            options.budget = SECOND;
        }
        Self { protocol, attack, sizes: Sizes::draw(seed), options }
    }

    /// Every number of it by name: those of the protocol, then everything else.
    pub fn numbers(&self) -> Vec<Number> {
        let mut numbers = self.sizes.numbers();
        numbers.extend(self.options.numbers());
        numbers
    }

    /// Sets a number by its name.
    ///
    /// # Errors
    /// If there is none of this name, or its bounds do not allow it.
    pub fn set(&mut self, name: &str, value: u64) -> Result<(), NumberError> {
        match self.sizes.set(name, value) {
            Err(NumberError::Unknown) => self.options.set(name, value),
            set => set,
        }
    }

    /// Whether the sizes of the protocol suit each other, once all are set.
    ///
    /// # Errors
    /// The first rule that they break.
    pub fn check(&self) -> Result<(), DescriptorError> {
        self.sizes.parameters.check(&self.options.membership)
    }

    /// Whether more replicas are corrupted than are tolerated.
    pub fn is_beyond(&self) -> bool {
        self.options.corrupt.len() > usize::from(self.options.membership.tolerated())
    }

    /// The rules that are owed: all, or none.
    pub fn owed(&self) -> &'static [Rule] {
        if self.is_beyond() { &[] } else { &Rule::ALL }
    }

    /// Runs it, with these rules ending the run.
    pub fn run(&self, expected: &[Rule], choose: &mut dyn Chooser) -> Report {
        self.meet(Play { expected, choose, tell: false }).0
    }

    /// Runs it, with these rules ending the run, and tells what happened.
    pub fn tell(&self, expected: &[Rule], choose: &mut dyn Chooser) -> (Report, Story) {
        self.meet(Play { expected, choose, tell: true })
    }

    fn meet(&self, play: Play<'_>) -> (Report, Story) {
        match self.protocol {
            Protocol::Pbft => {
                let its = pbft::gallery().into_iter().find(|attack| Some(attack.story()) == self.attack.story());
                match its {
                    Some(attack) => self.play(attack.adversary(), play),
                    None => self.play(Honest, play),
                }
            }
        }
    }

    fn play(&self, adversary: impl Adversary<Replica>, play: Play<'_>) -> (Report, Story) {
        let Play { expected, choose, tell } = play;
        let scenario = Pbft { sizes: self.sizes, adversary };
        let (options, expected) = (self.options.clone(), expected.iter().copied());
        let replay = String::new();
        if tell {
            run_and_tell(scenario, options, expected, replay, choose)
        } else {
            (run_with(scenario, options, expected, replay, choose), Story::default())
        }
    }
}

/// How a run is to be played.
struct Play<'a> {
    expected: &'a [Rule],
    choose: &'a mut dyn Chooser,
    tell: bool,
}
