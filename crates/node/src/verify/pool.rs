//! Threads that decode frames and check their signatures, in batches over several frames.
//!
//! Only what decodes and verifies becomes an input. A frame that does not is its sender's fault, because a correct peer
//! checks what it hands on: it is counted and held against its sender, the connection it came by is closed, and what
//! else came by it is dropped unseen. Who a bad signature pretends to be of is not held against that one. Frames of one
//! peer may overtake each other here, as they may on any network.
//!
//! What the protocol says it does not need is dropped before its signatures are checked: the last votes on a place come
//! when there are enough. Whoever forges one, or sends it with a bad signature, is not found out, and has done nothing:
//! it costs less than a good one, and nothing comes of it.

use super::batch::{BatchVerifier, Verdict};
use super::inputs::{Outputs, Verified};
use super::lanes::{Lanes, Ticket, Turn, Way};
use super::remembering::Remembering;
use crate::metrics::{Meter, Metrics, Stage};
use crate::transport::{Origin, Roster};
use bytes::Bytes;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;
use synod_kernel::signature::Check;
use synod_kernel::{
    Address, Decode, Input, Invalid, Malformed, Message, Process, Request, Scope, Unverified, Verifier,
};
use tokio::sync::OwnedSemaphorePermit;

/// Frames that one thread takes at once. More would save little and let the first ones wait.
const FRAMES_AT_ONCE: usize = 32;

/// Signatures of a frame that is checked together with others, at most. One with more is checked by itself, after them.
const CHECKS_TOGETHER: usize = 256;

/// Signatures that are not checked again when they come again. A client that repeats itself, a batch of requests that
/// came alone before, a certificate: all do within seconds.
pub(crate) const REMEMBERED: usize = 8192;

/// What a frame claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A message of the protocol.
    Message,
    /// A client's request.
    Request,
}

/// A frame to be verified.
#[derive(Debug)]
pub(crate) struct Job {
    /// Where it came from.
    pub(crate) origin: Arc<Origin>,
    /// What it is said to be.
    pub(crate) content: Content,
    /// Its body.
    pub(crate) body: Bytes,
    /// What it takes of its sender's budget, until the protocol has seen it.
    pub(crate) permits: Vec<OwnedSemaphorePermit>,
}

impl Job {
    fn ticket(&self) -> Ticket {
        let way = match (self.content, self.origin.peer) {
            (Content::Message, _) => Way::Messages,
            (Content::Request, Address::Replica(_)) => Way::Relayed,
            (Content::Request, Address::Client(_)) => Way::Clients,
        };
        // Clients hold room in two budgets, each for the whole frame.
        let bytes = self.permits.first().map_or(self.body.len(), OwnedSemaphorePermit::num_permits);
        Ticket { way, peer: self.origin.peer, bytes }
    }
}

/// What a frame takes up until the protocol has seen it: room in budgets, and its turn. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    _permits: Vec<OwnedSemaphorePermit>,
    turn: Turn<Queued>,
}

/// What a peer did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offence {
    /// It does not decode.
    Malformed(Malformed),
    /// A signature in it is not good.
    Invalid(Invalid),
}

impl Offence {
    fn reason(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed content",
            Self::Invalid(Invalid::UnknownAuthor(_)) => "a signature of nobody known",
            Self::Invalid(Invalid::BadSignature(_)) => "a bad signature",
        }
    }
}

impl std::fmt::Display for Offence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::Invalid(invalid) => invalid.fmt(f),
        }
    }
}

/// A frame that waits, and since when.
type Queued = (Instant, Job);

/// The threads.
pub(crate) struct Pool {
    lanes: Arc<Lanes<Queued>>,
    threads: Vec<JoinHandle<()>>,
}

/// A handle for whoever has frames.
#[derive(Clone)]
pub(crate) struct PoolHandle {
    lanes: Arc<Lanes<Queued>>,
}

impl PoolHandle {
    /// Has a frame verified. False if it is a request that was handed on and there is no room: whoever asked will ask
    /// again.
    pub(crate) fn submit(&self, job: Job) -> bool {
        self.lanes.push(job.ticket(), (Instant::now(), job))
    }
}

impl Pool {
    /// Starts `count` threads, whose results go to `out`, and whose complaints to `roster`.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(crate) fn start<P: Process>(
        count: usize,
        scope: Scope,
        verifier: &BatchVerifier,
        (roster, metrics): (&Arc<Roster>, &Arc<Metrics>),
        out: &Outputs<P>,
    ) -> io::Result<Self> {
        let verifier = Arc::new(Remembering::new(verifier.clone(), REMEMBERED));
        let lanes = Lanes::new(roster.limits().replica_budget_bytes / 2);
        let mut pool = Self { lanes: Arc::new(lanes), threads: Vec::new() };
        for number in 0..count {
            let worker = Worker {
                lanes: pool.lanes.clone(),
                count,
                scope,
                verifier: verifier.clone(),
                meter: metrics.stage(Stage::Verify),
                roster: roster.clone(),
                metrics: metrics.clone(),
                out: out.clone(),
            };
            let thread = thread::Builder::new().name(format!("verify-{number}"));
            pool.threads.push(thread.spawn(move || worker.run())?);
        }
        Ok(pool)
    }

    /// A handle for whoever has frames.
    pub(crate) fn handle(&self) -> PoolHandle {
        PoolHandle { lanes: self.lanes.clone() }
    }
}

impl Drop for Pool {
    /// Ends the threads; what they had not begun is forgotten.
    fn drop(&mut self) {
        self.lanes.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a verification thread panicked");
            }
        }
    }
}

struct Worker<P: Process> {
    lanes: Arc<Lanes<Queued>>,
    meter: Meter,
    count: usize,
    scope: Scope,
    verifier: Arc<Remembering<BatchVerifier>>,
    roster: Arc<Roster>,
    metrics: Arc<Metrics>,
    out: Outputs<P>,
}

/// A frame that decodes, where it came from, and what it holds.
struct Frame<P: Process> {
    origin: Arc<Origin>,
    parsed: Parsed<P>,
    held: Held,
}

/// A frame that decodes.
enum Parsed<P: Process> {
    Message(Unverified<Message<P>>),
    Request(Unverified<Request>),
}

impl<P: Process> Parsed<P> {
    fn decode(content: Content, body: Bytes, scope: &Scope) -> Result<Self, Malformed> {
        fn decode<T: Decode>(body: Bytes, scope: &Scope) -> Result<Unverified<T>, Malformed> {
            Unverified::decode(body, scope)
        }
        match content {
            Content::Message => decode(body, scope).map(Self::Message),
            Content::Request => decode(body, scope).map(Self::Request),
        }
    }

    fn checks(&self) -> &[Check] {
        match self {
            Self::Message(unverified) => unverified.checks(),
            Self::Request(unverified) => unverified.checks(),
        }
    }

    fn verify(self, from: Address, verifier: &dyn Verifier) -> Result<Input<P>, Invalid> {
        match (self, from) {
            (Self::Message(unverified), Address::Replica(from)) => {
                Ok(Input::Deliver { from, message: unverified.verify(verifier)? })
            }
            (Self::Request(unverified), from) => Ok(Input::Request { from, request: unverified.verify(verifier)? }),
            (Self::Message(_), Address::Client(_)) => unreachable!("messages of clients are refused on arrival"),
        }
    }
}

/// Repeats the verdict on checks that were all found good together.
struct FoundGood;

impl Verifier for FoundGood {
    fn verify(&self, _: &[Check]) -> Result<(), Invalid> {
        Ok(())
    }
}

impl<P: Process> Worker<P> {
    fn run(self) {
        loop {
            let jobs = self.lanes.take(self.count, FRAMES_AT_ONCE);
            let Some((since, _)) = jobs.first() else { return };
            let begun = self.meter.waited(*since, Instant::now());
            self.verify_all(jobs);
            self.meter.worked(begun);
        }
    }

    fn verify_all(&self, jobs: Vec<Queued>) {
        let frames = self.decode_all(jobs);
        let (together, alone): (Vec<_>, Vec<_>) =
            frames.into_iter().partition(|frame| frame.parsed.checks().len() <= CHECKS_TOGETHER);
        self.verify_together(together);
        // Last, so that nobody waits for the many signatures of another.
        alone.into_iter().for_each(|frame| self.verify_one(frame));
    }

    fn decode_all(&self, jobs: Vec<Queued>) -> Vec<Frame<P>> {
        // Every job has its turn before any is looked at: they were all taken.
        let turns: Vec<_> = jobs.iter().map(|(_, job)| Turn::new(&self.lanes, job.ticket())).collect();
        let mut frames = Vec::with_capacity(jobs.len());
        for ((_, Job { origin, content, body, permits }), turn) in jobs.into_iter().zip(turns) {
            if origin.has_offended() {
                // Once was enough. What else came by that connection is not worth a signature's time.
                continue;
            }
            let held = Held { _permits: permits, turn };
            match Parsed::<P>::decode(content, body, &self.scope) {
                Ok(Parsed::Message(message)) if self.out.is_needless(&message) => {
                    self.metrics.frames_needless.inc();
                }
                Ok(parsed) => {
                    held.turn.charge(parsed.checks().len());
                    frames.push(Frame { origin, parsed, held });
                }
                Err(malformed) => self.accuse(&origin, Offence::Malformed(malformed)),
            }
        }
        frames
    }

    /// One verdict for all, as long as it is good.
    fn verify_together(&self, frames: Vec<Frame<P>>) {
        let checks: Vec<Check> = frames.iter().flat_map(|frame| frame.parsed.checks()).copied().collect();
        if frames.len() > 1 && self.are_good(&checks) {
            frames.into_iter().for_each(|frame| self.pass_on(frame, &FoundGood));
        } else {
            frames.into_iter().for_each(|frame| self.verify_one(frame));
        }
    }

    fn are_good(&self, checks: &[Check]) -> bool {
        self.metrics.signatures_checked.inc_by(checks.len() as u64);
        self.verifier.are_all_good(checks)
    }

    fn verify_one(&self, frame: Frame<P>) {
        // Another frame of the same connection may just have been found bad.
        if !frame.origin.has_offended() {
            self.metrics.signatures_checked.inc_by(frame.parsed.checks().len() as u64);
            self.pass_on(frame, &*self.verifier);
        }
    }

    fn pass_on(&self, Frame { origin, parsed, held: permits }: Frame<P>, verifier: &dyn Verifier) {
        match parsed.verify(origin.peer, verifier) {
            Ok(input) => self.out.send(Verified { input, permits }),
            Err(invalid) => self.accuse(&origin, Offence::Invalid(invalid)),
        }
    }

    fn accuse(&self, origin: &Origin, offence: Offence) {
        tracing::warn!("{} sent a frame that does not verify: {offence}", origin.peer);
        self.metrics.refuse(origin.peer, offence.reason());
        self.metrics.frames_rejected.inc();
        self.roster.accuse(origin, offence.reason());
    }
}

#[cfg(test)]
mod tests;
