//! Judges a trace: before anything leaves that needs log position P, the log files that carry P are synced.
//!
//! Commands that the log got without writing in between are a *group*, and what the thread of the log then writes and
//! renames, up to the next command, carries the group. When something leaves that needs P, the group of P and all
//! before it must have *landed*, and nothing that they wrote to a segment may be unsynced: each such write ended, then
//! an `fdatasync` of the same file began, and it ended well before the mark of what leaves was written. A segment that
//! got its name by a rename needs the folder synced after it, too. What the replica says of durability is not believed;
//! that it says so too early is condemned as well.

use std::collections::BTreeSet;

use super::trace::{Call, Event, Mark, Reader, Thread, Unreadable};

/// Complaints that are kept, at most. All are counted.
const COMPLAINTS_MAX: usize = 3;
/// The header of a segment is in front of this; records are behind it.
const HEADER_BYTES: u64 = 4096;

/// What a trace came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Commands that the log got.
    pub(crate) commands: u64,
    /// How many of them replaced the log.
    pub(crate) replacements: u64,
    /// Syncs of log files that ended well.
    pub(crate) syncs: u64,
    /// What left and needed something to be durable.
    pub(crate) left: u64,
    /// Writes to sockets.
    pub(crate) sends: u64,
    /// How many marks were condemned.
    pub(crate) condemned: u64,
    /// The first complaints, each with the number of its line.
    pub(crate) complaints: Vec<String>,
}

impl Verdict {
    /// Whether something was judged and nothing condemned.
    pub(crate) fn is_good(&self) -> bool {
        self.left > 0 && self.syncs > 0 && self.sends > 0 && self.condemned == 0
    }
}

/// Judges the lines of a trace.
pub(crate) fn judge(lines: impl Iterator<Item = String>) -> Result<Verdict, String> {
    let (mut reader, mut judge) = (Reader::default(), Judge::default());
    for (number, line) in (1..).zip(lines) {
        judge.line = number;
        let events = reader.read(&line).map_err(|Unreadable(line)| format!("line {number} is not understood: {line}"));
        for (thread, event) in events? {
            judge.take(thread, event)?;
        }
    }
    Ok(judge.verdict)
}

/// Commands that are written together.
#[derive(Debug)]
struct Group {
    /// The last command.
    last: u64,
    has_replacement: bool,
    /// Whether something was written or renamed for it, so that the next command begins another group.
    is_closed: bool,
    /// Whether something that carries it is under the name of a segment.
    has_landed: bool,
}

/// Something that a group needs and that a power cut may undo.
#[derive(Debug)]
struct Unsynced {
    group: usize,
    /// The file, or the folder of a new name.
    path: String,
    /// The line on which the write ended.
    ended: Option<u64>,
}

#[derive(Debug, Default)]
struct Judge {
    verdict: Verdict,
    line: u64,
    /// The thread that the log's commands are carried out on.
    log_thread: Option<Thread>,
    groups: Vec<Group>,
    /// Groups below this were found to be durable, which does not change any more.
    durable: usize,
    unsynced: Vec<Unsynced>,
    /// The line on which each thread that is syncing began to.
    syncing: Vec<(Thread, u64)>,
    /// Files that commands were written to before they became segments.
    filled: BTreeSet<String>,
}

/// The name of a file without its folders.
fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a file of this name is read when the log is opened.
fn is_segment(path: &str) -> bool {
    name(path).strip_prefix("log-").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_log_file(path: &str) -> bool {
    is_segment(path) || name(path).starts_with("log-spare-")
}

impl Judge {
    fn take(&mut self, thread: Thread, event: Event) -> Result<(), String> {
        match event {
            Event::Begin(Call::Mark(mark)) => self.on_mark(thread, mark)?,
            Event::Begin(Call::Write { file, .. }) if self.is_carried(thread, &file) => {
                self.unsynced.push(Unsynced { group: self.groups.len() - 1, path: file, ended: None });
            }
            Event::End(Call::Write { file, length, offset }, result) if self.is_carried(thread, &file) => {
                let is_whole = u64::try_from(result).is_ok_and(|written| written == length);
                self.on_written(&file, offset, is_whole);
            }
            Event::Begin(Call::Sync { .. }) => self.syncing.push((thread, self.line)),
            Event::End(Call::Sync { file }, result) => self.on_synced(thread, &file, result == 0),
            Event::End(Call::Rename { from, to }, 0) if is_log_file(&from) || is_log_file(&to) => {
                self.on_renamed(thread, &from, &to);
            }
            Event::End(Call::Send, result) if result > 0 => self.verdict.sends += 1,
            Event::Begin(Call::Send | Call::Rename { .. } | Call::Write { .. }) | Event::End(..) => {}
        }
        Ok(())
    }

    fn is_carried(&self, thread: Thread, file: &str) -> bool {
        self.log_thread == Some(thread) && !self.groups.is_empty() && is_log_file(file)
    }

    fn on_mark(&mut self, thread: Thread, mark: Mark) -> Result<(), String> {
        match mark {
            Mark::Append(position) => self.on_command(thread, position, false)?,
            Mark::Replace(position) => self.on_command(thread, position, true)?,
            Mark::Durable(position) => self.on_claim(position, "is said to be durable"),
            Mark::Leaves(0) => {}
            Mark::Leaves(position) => {
                self.verdict.left += 1;
                self.on_claim(position, "is needed by something that leaves");
            }
        }
        Ok(())
    }

    fn on_command(&mut self, thread: Thread, position: u64, is_replacement: bool) -> Result<(), String> {
        self.verdict.commands += 1;
        self.verdict.replacements += u64::from(is_replacement);
        if position != self.verdict.commands || *self.log_thread.get_or_insert(thread) != thread {
            return Err(format!("line {}: command {position} comes out of order, or from another thread", self.line));
        }
        match self.groups.last_mut().filter(|group| !group.is_closed) {
            Some(group) => {
                group.last = position;
                group.has_replacement |= is_replacement;
            }
            None => self.groups.push(Group {
                last: position,
                has_replacement: is_replacement,
                is_closed: false,
                has_landed: false,
            }),
        }
        Ok(())
    }

    fn on_written(&mut self, file: &str, offset: u64, is_whole: bool) {
        let (line, current) = (self.line, self.groups.len() - 1);
        let is_ours = |entry: &&mut Unsynced| entry.group == current && entry.path == file && entry.ended.is_none();
        if let Some(entry) = self.unsynced.iter_mut().find(is_ours) {
            entry.ended = Some(line);
        }
        let group = &mut self.groups[current];
        group.is_closed = true;
        let carries = offset >= HEADER_BYTES && is_whole;
        if carries && is_segment(file) {
            group.has_landed = true;
        } else if carries && group.has_replacement {
            self.filled.insert(file.to_owned());
        }
    }

    /// What was written before the sync began is durable if it ended well.
    fn on_synced(&mut self, thread: Thread, file: &str, is_good: bool) {
        let Some(index) = self.syncing.iter().position(|(syncing, _)| *syncing == thread) else { return };
        let (_, begun) = self.syncing.swap_remove(index);
        if is_good {
            self.verdict.syncs += u64::from(is_log_file(file));
            self.unsynced.retain(|entry| entry.path != file || entry.ended.is_none_or(|ended| ended > begun));
        }
    }

    /// What was not synced stays so under the new name, and the new name itself is not synced.
    fn on_renamed(&mut self, thread: Thread, from: &str, to: &str) {
        self.unsynced.iter_mut().filter(|entry| entry.path == from).for_each(|entry| entry.path = to.to_owned());
        let was_filled = self.filled.remove(from);
        if self.is_carried(thread, to) && is_segment(to) {
            let current = self.groups.len() - 1;
            let group = &mut self.groups[current];
            group.is_closed = true;
            group.has_landed |= group.has_replacement && was_filled;
            self.unsynced.push(Unsynced { group: current, path: folder(to).to_owned(), ended: Some(self.line) });
        }
    }

    /// Looks whether everything up to `position` is durable at this moment.
    fn on_claim(&mut self, position: u64, claim: &str) {
        let group = self.groups.partition_point(|group| group.last < position);
        let why = if group == self.groups.len() {
            Some("the log was never given it".to_owned())
        } else if group < self.durable {
            None
        } else {
            self.why_not_durable(group)
        };
        match why {
            None => self.durable = self.durable.max(group + 1),
            Some(why) => {
                self.verdict.condemned += 1;
                if self.verdict.complaints.len() < COMPLAINTS_MAX {
                    self.verdict.complaints.push(format!("line {}: position {position} {claim}, but {why}", self.line));
                }
            }
        }
    }

    fn why_not_durable(&self, group: usize) -> Option<String> {
        if let Some(missing) = self.groups[self.durable..=group].iter().find(|group| !group.has_landed) {
            return Some(format!("nothing was written that carries position {}", missing.last));
        }
        let matters =
            |entry: &&Unsynced| entry.group <= group && (is_segment(&entry.path) || !is_log_file(&entry.path));
        let unsynced = self.unsynced.iter().find(matters)?;
        let what = if is_segment(&unsynced.path) { "what was written to" } else { "a new name in" };
        Some(format!("{what} {} was not synced since", name(&unsynced.path)))
    }
}

#[cfg(test)]
mod tests;
