//! Drawing numbers and chances from a [`Chooser`], so that every decision of a run is one of its answers.

use synod_kernel::chooser::Chooser;

/// A number from `low` to `high`, both included. `low` if the range is empty.
pub fn between(choose: &mut dyn Chooser, question: &'static str, low: u64, high: u64) -> u64 {
    let options = usize::try_from(high.saturating_sub(low)).unwrap_or(usize::MAX - 1) + 1;
    if options == 1 { low } else { low + choose.choose(question, options) as u64 }
}

/// Yes, in `permille` of 1000 cases. Certainties are not asked.
pub fn chance(choose: &mut dyn Chooser, question: &'static str, permille: u64) -> bool {
    match permille {
        0 => false,
        1000.. => true,
        1..1000 => (choose.choose(question, 1000) as u64) < permille,
    }
}

/// One of `items`, which are not empty.
pub fn pick<T: Copy>(choose: &mut dyn Chooser, question: &'static str, items: &[T]) -> T {
    if let [only] = items { *only } else { items[choose.choose(question, items.len())] }
}
