//! Drawing numbers and chances from a [`Chooser`], so that every decision of a run is one of its answers.
//!
//! The answer 0 is the one with which least goes wrong, so ranges are to begin with what harms least, and so are lists.

use synod_kernel::chooser::Chooser;

/// A number from `low` to `high`, both included. `low` if the range is empty.
pub fn between(choose: &mut dyn Chooser, question: &'static str, low: u64, high: u64) -> u64 {
    let options = usize::try_from(high.saturating_sub(low)).unwrap_or(usize::MAX - 1) + 1;
    if options == 1 { low } else { low + choose.choose(question, options) as u64 }
}

/// Yes, in `permille` of 1000 cases, and no if the answer is 0. Certainties are not asked.
pub fn chance(choose: &mut dyn Chooser, question: &'static str, permille: u64) -> bool {
    match permille {
        0 => false,
        1000.. => true,
        1..1000 => choose.choose(question, 1000) as u64 >= 1000 - permille,
    }
}

/// A number from `low` to `high`, both included, and `high` if the answer is 0: for whatever had better come late.
pub fn between_late(choose: &mut dyn Chooser, question: &'static str, low: u64, high: u64) -> u64 {
    high.max(low) - between(choose, question, 0, high.saturating_sub(low))
}

/// One of `items`, which are not empty.
pub fn pick<T: Copy>(choose: &mut dyn Chooser, question: &'static str, items: &[T]) -> T {
    if let [only] = items { *only } else { items[choose.choose(question, items.len())] }
}
