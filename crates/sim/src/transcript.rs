//! What happened last, in one aligned line each, and a fingerprint of all that happened.
//!
//! Events are kept as values and turned into text only when somebody reads them, so that a run that goes well pays
//! for none of it. The ring is bounded; the fingerprint covers the whole run and decides whether two runs were equal.

mod tell;

pub(crate) use tell::terse;

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use synod_kernel::process::{Fate, Message, Process, Report, Target};
use synod_kernel::{Address, Digest, ReplicaId, Request, Seq};

/// How many events are kept.
pub const EVENTS: usize = 1_000;

/// Something that happened at one replica or client.
#[derive(Clone, Debug)]
pub enum Event<P: Process> {
    /// A replica says something to others.
    Sent(Target, Arc<Message<P>>),
    /// A message arrives.
    Received(ReplicaId, Arc<Message<P>>),
    /// A request arrives.
    Asked(Address, Request),
    /// A client sends a request.
    Submitted(ReplicaId, Request),
    /// A client is told the outcome of its submission with this number.
    Learned(u64, String),
    /// A timer fires.
    Fired(P::Timer),
    /// The service did something.
    Done(Report),
    /// So many log commands, all since the replica started, are durable.
    Synced(u64),
    /// The log was replaced by so many records.
    Compacted(usize),
    /// The replica is down.
    Crashed(&'static str),
    /// The replica is up again, from so many records, with the state of this batch.
    Started(usize, Seq, Digest),
    /// What was just sent does not arrive.
    Lost(Route, &'static str),
    /// Something about the whole world.
    World(&'static str, String),
}

/// Where it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// At a replica.
    Replica(ReplicaId),
    /// At the client with this number.
    Client(usize),
    /// Everywhere.
    World,
}

/// From where to where something travels; the clients together are one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    /// The sender, unless it is a client.
    pub from: Option<ReplicaId>,
    /// The receiver, unless it is a client.
    pub to: Option<ReplicaId>,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (Some(from), Some(to)) => write!(f, "r{from} to r{to}"),
            (Some(from), None) => write!(f, "r{from} to the clients"),
            (None, Some(to)) => write!(f, "the clients to r{to}"),
            (None, None) => write!(f, "the clients to the clients"),
        }
    }
}

#[derive(Clone, Debug)]
struct Entry<P: Process> {
    at: u64,
    place: Place,
    event: Event<P>,
    rules: Vec<P::Rule>,
}

/// The last [`EVENTS`] events and the fingerprint of all.
#[derive(Clone, Debug)]
pub struct Transcript<P: Process> {
    entries: VecDeque<Entry<P>>,
    /// How many there were, those forgotten included.
    total: u64,
    hash: Fingerprint,
}

impl<P: Process> Default for Transcript<P> {
    fn default() -> Self {
        Self { entries: VecDeque::new(), total: 0, hash: Fingerprint::default() }
    }
}

impl<P: Process> Transcript<P> {
    /// Notes an event.
    pub fn note(&mut self, at: u64, place: Place, event: Event<P>) {
        (at, place).hash(&mut self.hash);
        event.fingerprint(&mut self.hash);
        self.total += 1;
        if self.entries.len() == EVENTS {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { at, place, event, rules: Vec::new() });
    }

    /// Notes that a rule was applied in consequence of the last event.
    pub fn applied(&mut self, rule: P::Rule) {
        rule.hash(&mut self.hash);
        if let Some(last) = self.entries.back_mut() {
            last.rules.push(rule);
        }
    }

    /// How many events were noted, those forgotten included.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The fingerprint of everything noted so far.
    pub fn fingerprint(&self) -> u64 {
        self.hash.finish()
    }
}

impl<P: Process> fmt::Display for Transcript<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Entry { at, place, event, rules } in &self.entries {
            let place = match place {
                Place::Replica(id) => format!("r{id}"),
                Place::Client(number) => format!("c{number}"),
                Place::World => "--".to_owned(),
            };
            let mut line = String::new();
            write!(line, "{:>10} {place:<3} {event}", MicrosAsMillis(*at))?;
            if !rules.is_empty() {
                write!(line, "   {rules:?}")?;
            }
            // One event is one line, whatever was said.
            writeln!(f, "{}", line.replace('\n', " "))?;
        }
        Ok(())
    }
}

/// Microseconds, printed as milliseconds.
struct MicrosAsMillis(u64);

impl fmt::Display for MicrosAsMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{:03}", self.0 / 1000, self.0 % 1000))
    }
}

impl<P: Process> fmt::Display for Event<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent(Target::Others, message) => write!(f, "to *      {}", Content(message)),
            Self::Sent(Target::One(to), message) => write!(f, "to r{to:<6} {}", Content(message)),
            Self::Received(from, message) => write!(f, "from r{from:<4} {}", Content(message)),
            Self::Asked(from, request) => write!(f, "asked     {request:?} by {from}"),
            Self::Submitted(to, request) => write!(f, "to r{to:<6} {request:?}"),
            Self::Learned(number, outcome) => write!(f, "learns    number {number}: {outcome}"),
            Self::Fired(timer) => write!(f, "timer     {timer:?}"),
            Self::Done(Report::Executed { seq, outcomes }) => {
                write!(f, "done      executed batch {seq}:")?;
                outcomes.iter().try_for_each(|outcome| match outcome.fate {
                    Fate::Executed => write!(f, " {:?}", outcome.request),
                    fate => write!(f, " {:?} ({fate:?})", outcome.request),
                })
            }
            Self::Done(report) => write!(f, "done      {report:?}"),
            Self::Synced(position) => write!(f, "synced    up to {position}"),
            Self::Compacted(records) => write!(f, "compacted to {records} records"),
            Self::Crashed(how) => write!(f, "CRASHED   {how}"),
            Self::Started(records, seq, state) => {
                write!(f, "STARTED   from {records} records and state {state} at {seq}")
            }
            Self::Lost(route, why) => write!(f, "LOST      {route}: {why}"),
            Self::World(what, detail) => write!(f, "{what:<9} {detail}"),
        }
    }
}

struct Content<'a, P: Process>(&'a Message<P>);

impl<P: Process> fmt::Display for Content<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Message::Vow(vow) => write!(f, "{vow:?}"),
            Message::Hint(hint) => write!(f, "{hint:?}"),
        }
    }
}

impl<P: Process> Event<P> {
    /// Adds this to a fingerprint. What was sent determines what is received, so only sending looks inside.
    fn fingerprint(&self, hash: &mut Fingerprint) {
        std::mem::discriminant(self).hash(hash);
        match self {
            Self::Sent(to, message) => (to, message).hash(hash),
            Self::Received(from, _) => from.hash(hash),
            Self::Asked(from, request) => (from, request).hash(hash),
            Self::Submitted(to, request) => (to, request).hash(hash),
            Self::Learned(number, outcome) => (number, outcome).hash(hash),
            Self::Fired(timer) => timer.hash(hash),
            Self::Done(report) => report.hash(hash),
            Self::Synced(position) => position.hash(hash),
            Self::Compacted(records) => records.hash(hash),
            Self::Crashed(how) => how.hash(hash),
            Self::Started(records, seq, state) => (records, seq, state).hash(hash),
            Self::Lost(route, why) => (route, why).hash(hash),
            Self::World(what, detail) => (what, detail).hash(hash),
        }
    }
}

/// A 64-bit hash that is the same on every machine and in every version of the standard library. Not collision-proof
/// against an enemy, who has no part in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Fingerprint {
    fn mix(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = (mixed ^ (mixed >> 32)).wrapping_add(0xD6E8_FEB8_6659_FD93).rotate_left(23);
    }
}

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.mix(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last) ^ ((bytes.len() as u64) << 56));
    }

    // The defaults feed native bytes, whose order and number depend on the machine.
    fn write_u8(&mut self, word: u8) {
        self.mix(u64::from(word));
    }

    fn write_u16(&mut self, word: u16) {
        self.mix(u64::from(word));
    }

    fn write_u32(&mut self, word: u32) {
        self.mix(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.mix(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.mix((word as i64).cast_unsigned());
    }
}

#[cfg(test)]
mod tests;
