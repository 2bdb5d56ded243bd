//! Lines of `strace -f -y` as events: which thread began or ended which call.
//!
//! A line that says both is two events. Their order is the kernel's: the tracer hears of a call before it is carried
//! out and of its end after it, and the thread waits for the tracer both times. Calls that nobody asks about, signals
//! and ends of processes are no events.

use std::collections::BTreeMap;

/// A thread, as the system numbers it.
pub(super) type Thread = u32;

/// What a replica says of itself, see `synod_node::durability`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The record of this position was handed to the log.
    Append(u64),
    /// The log is about to be replaced.
    Replace(u64),
    /// The log says it is durable up to here.
    Durable(u64),
    /// Something is about to leave that needs the log to be durable up to here.
    Leaves(u64),
}

/// A call that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Bytes to a place in a file.
    Write {
        /// Its path.
        file: String,
        /// How many bytes.
        length: u64,
        /// From where on.
        offset: u64,
    },
    /// Making a file, or the names in a folder, durable.
    Sync {
        /// Its path.
        file: String,
    },
    /// Another name for a file.
    Rename {
        /// Its old path.
        from: String,
        /// Its new path.
        to: String,
    },
    /// A line on standard error.
    Mark(Mark),
    /// Bytes to a socket.
    Send,
}

/// What a line tells of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// It calls.
    Begin(Call),
    /// Its call ended, with this result; negative results are failures.
    End(Call, i64),
}

/// A line that cannot be understood, so that nothing after it can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) String);

/// Reads the lines of one trace.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// What each thread is in the middle of, if it matters.
    under_way: BTreeMap<Thread, Call>,
}

impl Reader {
    /// What the next line tells: nothing, a beginning, an end, or both.
    pub(super) fn read(&mut self, line: &str) -> Result<Vec<(Thread, Event)>, Unreadable> {
        let unreadable = || Unreadable(line.to_owned());
        let (thread, rest) = line.trim_start().split_once(' ').ok_or_else(unreadable)?;
        let thread: Thread = thread.parse().map_err(|_| unreadable())?;
        // Then comes the time, which proves nothing.
        let (_, rest) = rest.trim_start().split_once(' ').ok_or_else(unreadable)?;
        let rest = rest.trim();
        if rest.starts_with("+++") || rest.starts_with("---") {
            return Ok(Vec::new());
        }
        if rest.starts_with("<... ") {
            let Some(call) = self.under_way.remove(&thread) else { return Ok(Vec::new()) };
            let result = result(rest).ok_or_else(unreadable)?;
            return Ok(vec![(thread, Event::End(call, result))]);
        }
        let begun = rest.strip_suffix("<unfinished ...>").map(str::trim_end);
        let call = match parse(begun.unwrap_or(rest)) {
            Parsed::Call(call) => call,
            Parsed::Other => return Ok(Vec::new()),
            Parsed::Unreadable => return Err(unreadable()),
        };
        let begin = (thread, Event::Begin(call.clone()));
        if begun.is_some() {
            self.under_way.insert(thread, call);
            return Ok(vec![begin]);
        }
        let result = result(rest).ok_or_else(unreadable)?;
        Ok(vec![begin, (thread, Event::End(call, result))])
    }
}

enum Parsed {
    Call(Call),
    Other,
    Unreadable,
}

/// The number after the last `=`. Of a call that a signal or the end of the process cut short there is none, which is
/// a failure.
fn result(text: &str) -> Option<i64> {
    let (_, result) = text.rsplit_once(" = ")?;
    let digits = result.split_whitespace().next()?;
    if digits == "?" { Some(-1) } else { digits.parse().ok() }
}

fn parse(text: &str) -> Parsed {
    let Some((name, arguments)) = text.split_once('(') else { return Parsed::Other };
    let call = match name {
        "pwrite64" => write(arguments),
        "fdatasync" | "fsync" => path(arguments).map(|file| Call::Sync { file: file.to_owned() }),
        "rename" | "renameat" | "renameat2" => rename(arguments),
        "write" if arguments.starts_with("2<") => return mark(arguments),
        "write" | "writev" | "sendto" | "sendmsg" => {
            let is_socket = path(arguments).is_some_and(|path| path.starts_with("socket:") || path.starts_with("TCP"));
            return if is_socket { Parsed::Call(Call::Send) } else { Parsed::Other };
        }
        _ => return Parsed::Other,
    };
    call.map_or(Parsed::Unreadable, Parsed::Call)
}

/// What stands in the angle brackets of the first argument.
fn path(arguments: &str) -> Option<&str> {
    let (_, rest) = arguments.split_once('<')?;
    rest.split_once('>').map(|(path, _)| path)
}

/// `7<path>, "bytes"..., length, offset`, then perhaps `) = result`.
fn write(arguments: &str) -> Option<Call> {
    // What was written may look like anything, so the numbers are read from the end.
    let arguments = arguments.rsplit_once(") = ").map_or(arguments, |(before, _)| before);
    let (rest, offset) = arguments.rsplit_once(", ")?;
    let (_, length) = rest.rsplit_once(", ")?;
    let file = path(arguments)?.to_owned();
    let offset = offset.trim_end_matches(')').parse().ok()?;
    Some(Call::Write { file, length: length.parse().ok()?, offset })
}

/// Two paths in quotes, among other things.
fn rename(arguments: &str) -> Option<Call> {
    let quoted: Vec<&str> = arguments.split('"').skip(1).step_by(2).collect();
    let [from, to] = quoted[..] else { return None };
    Some(Call::Rename { from: from.to_owned(), to: to.to_owned() })
}

/// A line of the log of events that is a mark. One that looks like a mark and cannot be read is not passed over.
fn mark(arguments: &str) -> Parsed {
    let Some((_, said)) = arguments.split_once(" TRACE ") else { return Parsed::Other };
    let mut words = said.split([' ', '\\', '"']);
    let kind: Option<fn(u64) -> Mark> = match words.next() {
        Some("append") => Some(Mark::Append),
        Some("replace") => Some(Mark::Replace),
        Some("durable") => Some(Mark::Durable),
        Some("leaves") => Some(Mark::Leaves),
        _ => None,
    };
    let position = words.next().and_then(|word| word.strip_prefix("position=")).and_then(|digits| digits.parse().ok());
    let is_one_line = said.matches("\\n").count() == 1;
    match (kind, position) {
        (Some(kind), Some(position)) if is_one_line => Parsed::Call(Call::Mark(kind(position))),
        _ => Parsed::Unreadable,
    }
}

#[cfg(test)]
mod tests;
