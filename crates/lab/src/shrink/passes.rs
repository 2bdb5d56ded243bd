//! What is tried to make a failure shorter. Each pass leaves the shortest failure so far behind.

use super::{Progress, Search};
use crate::attack::Attack;
use crate::campaign::Next;
use crate::setup::Setup;
use synod_kernel::ReplicaId;
use synod_kernel::chooser::{Choice, Seeded};
use synod_sim::options::{Lower, MILLISECOND};

/// Seeds that are tried in each small world in which only liars do harm.
const CALM_SEEDS: u64 = 20;
/// Seeds that are tried in each small world in which everything goes wrong that did before.
const TROUBLED_SEEDS: u64 = 250;
/// How long a small world is in trouble, in microseconds.
const TROUBLED: u64 = 200 * MILLISECOND;
/// What goes wrong in a world beyond what liars do, and beyond what comes now and then.
const CALM: [&str; 6] = ["loss", "duplicate", "spike", "damage", "outsiders", "skew"];
/// Blocks into which the choices are cut at first.
const BLOCKS: usize = 8;

/// Lowers options to these values, if they are higher.
fn lower_to(setup: &mut Setup, numbers: &[(&str, u64)]) {
    let now = setup.numbers();
    for (name, value) in numbers {
        if now.iter().any(|number| number.name == *name && number.value > *value) {
            // What is out of bounds stays as it is.
            let _ = setup.set(name, *value);
        }
    }
}

/// Lets the first replicas be those that lie, and the next those that are frail: the first primary is one of them.
fn rename(setup: &mut Setup) {
    let mut ids = setup.options.membership.replicas();
    let mut take = |count: usize| -> Vec<ReplicaId> { ids.by_ref().take(count).collect() };
    setup.options.corrupt = take(setup.options.corrupt.len());
    setup.options.frail = take(setup.options.frail.len());
}

impl<W: FnMut(&Progress) -> Next> Search<W> {
    /// A few small worlds, drawn anew, the smallest first.
    pub(super) fn start_small(&mut self) {
        let mut small = self.best.setup.clone();
        lower_to(&mut small, &[("clients", 1), ("operations at most", 1), ("outstanding", 1)]);
        lower_to(&mut small, &[("heal at", TROUBLED), ("pause at most", 10 * MILLISECOND)]);
        rename(&mut small);
        let mut calm = small.clone();
        for number in small.numbers().iter().filter(|number| number.lower == Lower::OnlyZeroIsCalmer) {
            // What happened in a long time is to happen in a short one.
            lower_to(&mut small, &[(number.name, TROUBLED / 2)]);
            lower_to(&mut calm, &[(number.name, 0)]);
        }
        calm.options.frail.clear();
        lower_to(&mut calm, &CALM.map(|name| (name, 0)));
        lower_to(&mut calm, &[("delay at most", MILLISECOND)]);
        for requests in [1, 2, 4, 8] {
            for (world, seeds) in [(&calm, CALM_SEEDS), (&small, TROUBLED_SEEDS)] {
                let mut world = world.clone();
                lower_to(&mut world, &[("requests", requests)]);
                if (0..seeds).any(|seed| self.attempt_with(&world, Seeded::new(seed))) {
                    return;
                }
            }
        }
    }

    /// The first replicas as liars: one of them is the first primary.
    pub(super) fn rename_liars(&mut self) {
        let mut setup = self.best.setup.clone();
        rename(&mut setup);
        let choices = self.best.choices.clone();
        self.attempt(&setup, &choices);
    }

    /// Options as low as they go: the lowest there is, or else by halves.
    pub(super) fn lower_options(&mut self) {
        for number in self.best.setup.numbers() {
            let (lowest, mut value) = (number.bounds.0, number.value);
            if number.lower == Lower::Different || value <= lowest || self.lowers(number.name, lowest) {
                continue;
            }
            if number.lower == Lower::OnlyZeroIsCalmer {
                continue;
            }
            // The smallest that fails is between what does not and what does.
            let mut passes = lowest;
            while value - passes > 1 {
                let middle = passes + (value - passes) / 2;
                if self.lowers(number.name, middle) {
                    value = middle;
                } else {
                    passes = middle;
                }
            }
        }
    }

    fn lowers(&mut self, name: &str, value: u64) -> bool {
        let mut setup = self.best.setup.clone();
        if setup.set(name, value).is_err() {
            return false;
        }
        let choices = self.best.choices.clone();
        self.attempt(&setup, &choices)
    }

    /// One liar less, and one frail replica less, as long as it fails.
    pub(super) fn free_liars(&mut self) {
        let mut position = 0;
        while position < self.best.setup.options.frail.len() {
            let mut setup = self.best.setup.clone();
            setup.options.frail.remove(position);
            let choices = self.best.choices.clone();
            if !self.attempt(&setup, &choices) {
                position += 1;
            }
        }
        position = 0;
        while position < self.best.setup.options.corrupt.len() {
            let mut setup = self.best.setup.clone();
            setup.options.corrupt.remove(position);
            if setup.options.corrupt.is_empty() {
                setup.attack = Attack::NONE;
            }
            let choices = self.best.choices.clone();
            if !self.attempt(&setup, &choices) {
                position += 1;
            }
        }
    }

    /// Less and less from the end, where 0 is answered then.
    pub(super) fn cut_the_tail(&mut self) {
        let mut size = self.best.choices.len();
        while size > 0 {
            let keep = self.best.choices.len().saturating_sub(size);
            if !self.tries(|choices| choices.truncate(keep)) || self.best.choices.is_empty() {
                size /= 2;
            }
        }
    }

    /// Zeros in the place of whole blocks, from large ones to single answers.
    pub(super) fn calm_blocks(&mut self) {
        self.blocks(
            |block| block.iter().any(|choice| choice.answer > 0),
            |choices, from, to| {
                choices[from..to].iter_mut().for_each(|choice| choice.answer = 0);
            },
        );
    }

    /// Whole blocks left out, so that later answers are given earlier.
    pub(super) fn leave_out_blocks(&mut self) {
        self.blocks(|_| true, |choices, from, to| drop(choices.drain(from..to)));
    }

    /// Does something to every block that is worth it, from the last to the first, in smaller and smaller blocks.
    fn blocks(&mut self, is_worth: impl Fn(&[Choice]) -> bool, change: impl Fn(&mut Vec<Choice>, usize, usize)) {
        let mut size = self.best.choices.len().div_ceil(BLOCKS);
        while size > 0 && !self.is_over {
            let mut to = self.best.choices.len();
            while to > 0 && !self.is_over {
                let from = to.saturating_sub(size);
                if is_worth(&self.best.choices[from..to]) {
                    self.tries(|choices| change(choices, from, to));
                }
                to = from.min(self.best.choices.len());
            }
            size /= 2;
        }
    }

    /// Each answer as low as it goes.
    pub(super) fn lower_answers(&mut self) {
        let mut position = 0;
        while position < self.best.choices.len() && !self.is_over {
            let mut passes = 0;
            while let Some(Choice { answer, .. }) = self.best.choices.get(position)
                && *answer > passes + 1
                && !self.is_over
            {
                let middle = passes + (answer - passes) / 2;
                if !self.tries(|choices| choices[position].answer = middle) {
                    passes = middle;
                }
            }
            position += 1;
        }
    }

    fn tries(&mut self, change: impl FnOnce(&mut Vec<Choice>)) -> bool {
        let mut choices = self.best.choices.clone();
        change(&mut choices);
        let setup = self.best.setup.clone();
        self.attempt(&setup, &choices)
    }
}
