//! A panic inside a world is a finding about the code under test, not the end of the simulator.
//!
//! Where panics unwind, what panics in a run becomes a [`Violation`] of that run, with the place it came from, if
//! [`watch`] was called. Where they abort, as some profiles have it, the process ends as it would have anyway.

use crate::judge::{Rule, Violation};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether this thread runs a world.
    static IN_WORLD: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic in a world came from.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Has panics inside of worlds keep their place and be silent; other panics are reported as before. Once is enough.
pub fn watch() {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if IN_WORLD.get() {
                PLACE.set(info.location().map(|place| format!("{}:{}", place.file(), place.line())));
            } else {
                report(info);
            }
        }));
    });
}

/// What `run` returns, or its panic as a violation.
pub(crate) fn caught<T>(run: impl FnOnce() -> Result<T, Violation>) -> Result<T, Violation> {
    let outer = IN_WORLD.replace(true);
    // Nothing that was under way is used again; what is read afterwards are counters and notes.
    let ended = panic::catch_unwind(AssertUnwindSafe(run));
    IN_WORLD.set(outer);
    ended.unwrap_or_else(|payload| {
        let place = PLACE.take().map_or_else(String::new, |place| format!(" at {place}"));
        Err(Violation::of(Rule::Assertions, format!("panicked{place}: {}", message(&*payload))))
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without a message").to_owned()
}
