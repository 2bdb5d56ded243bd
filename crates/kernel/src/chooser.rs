//! Every nondeterministic decision, the adversary's included, is one call to `choose`.
//!
//! A seed, an odometer, a recorded trace, a script and fuzzer bytes are implementations of one trait: simulate,
//! check exhaustively, replay, tell a story, fuzz. Because the question is named, traces can be read.
//!
//! Whoever asks makes 0 the answer with which least goes wrong: the shortest delay, no loss, no crash. What is answered
//! when nothing is left to answer with is therefore 0, and a shorter record is a calmer run.

mod record;

pub use record::{CHOICES_MAX, Choice, Divergence, Fit, Label, Recording, Replaying};

/// Makes decisions.
pub trait Chooser {
    /// Answers `question` with a number below `options`, which is at least 1.
    fn choose(&mut self, question: &'static str, options: usize) -> usize;
}

/// A small deterministic generator (SplitMix64). Good enough to explore schedules; never used for keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seeded(u64);

impl Seeded {
    /// One seed, one sequence of decisions, on every machine.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

impl Chooser for Seeded {
    fn choose(&mut self, _: &'static str, options: usize) -> usize {
        assert!(options > 0, "a choice among nothing");
        let scaled = (u128::from(self.next()) * options as u128) >> 64;
        usize::try_from(scaled).expect("below `options`, which is a usize")
    }
}

#[cfg(test)]
mod tests;
