//! Threads that decode frames and check their signatures, in batches over several frames.
//!
//! Only what decodes and verifies becomes an input. A frame that does not is its sender's fault, because a correct peer
//! checks what it hands on: it is counted, the connection it came by is closed, and what else came by it is dropped
//! unseen. Who a bad signature pretends to be of is not held against that one. Frames of one peer may overtake each
//! other here, as they may on any network.

use super::batch::BatchVerifier;
use super::lanes::{Lanes, Turn};
use super::remembering::Remembering;
use crate::metrics::{Meter, Metrics, Stage};
use crate::transport::{Closing, Origin};
use bytes::Bytes;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;
use synod_kernel::signature::Check;
use synod_kernel::{
    Address, Decode, Input, Invalid, Malformed, Message, Process, Request, Scope, Unverified, Verifier,
};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

/// Frames that one thread takes at once. More would save little and let the first ones wait.
const FRAMES_AT_ONCE: usize = 32;

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

/// What a frame takes up until the protocol has seen it: room in budgets, and its turn. Given back when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    _permits: Vec<OwnedSemaphorePermit>,
    _turn: Turn<Queued>,
}

/// An input whose every signature is good.
#[derive(Debug)]
pub(crate) struct Verified<P: Process> {
    /// What the protocol gets to see.
    pub(crate) input: Input<P>,
    /// Given back when the protocol has seen it.
    pub(crate) permits: Held,
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
    /// Has a frame verified.
    pub(crate) fn submit(&self, job: Job) {
        self.lanes.push(job.origin.peer, (Instant::now(), job));
    }
}

impl Pool {
    /// Starts `count` threads, whose results go to `out`.
    ///
    /// # Errors
    /// If the system has no thread to give.
    pub(crate) fn start<P: Process>(
        count: usize,
        scope: Scope,
        verifier: &BatchVerifier,
        metrics: &Arc<Metrics>,
        out: &mpsc::UnboundedSender<Verified<P>>,
    ) -> io::Result<Self> {
        let verifier = Arc::new(Remembering::new(verifier.clone(), REMEMBERED));
        let mut pool = Self { lanes: Arc::new(Lanes::new()), threads: Vec::new() };
        for number in 0..count {
            let worker = Worker {
                lanes: pool.lanes.clone(),
                count,
                scope,
                verifier: verifier.clone(),
                meter: metrics.stage(Stage::Verify),
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
    metrics: Arc<Metrics>,
    out: mpsc::UnboundedSender<Verified<P>>,
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
        let mut parsed = Vec::with_capacity(jobs.len());
        // Every job has its turn before any is looked at: they were all taken.
        let turns: Vec<_> = jobs.iter().map(|(_, job)| Turn::new(&self.lanes, job.origin.peer)).collect();
        for ((_, Job { origin, content, body, permits }), turn) in jobs.into_iter().zip(turns) {
            if matches!(origin.queue.closing(), Some(Closing::Offence(_))) {
                // One was enough. What else came by that connection is not worth a signature's time.
                continue;
            }
            let permits = Held { _permits: permits, _turn: turn };
            match Parsed::<P>::decode(content, body, &self.scope) {
                Ok(frame) => parsed.push((origin, frame, permits)),
                Err(malformed) => self.accuse(&origin, Offence::Malformed(malformed)),
            }
        }
        let checks: Vec<Check> = parsed.iter().flat_map(|(_, frame, _)| frame.checks()).copied().collect();
        self.metrics.signatures_checked.inc_by(checks.len() as u64);
        let all_good = self.verifier.verify(&checks).is_ok();
        for (origin, frame, permits) in parsed {
            let verifier: &dyn Verifier = if all_good { &FoundGood } else { &*self.verifier };
            match frame.verify(origin.peer, verifier) {
                // Nobody listens once the replica ends.
                Ok(input) => drop(self.out.send(Verified { input, permits })),
                Err(invalid) => self.accuse(&origin, Offence::Invalid(invalid)),
            }
        }
    }

    fn accuse(&self, origin: &Origin, offence: Offence) {
        tracing::warn!("{} sent a frame that does not verify: {offence}", origin.peer);
        self.metrics.refuse(origin.peer, offence.reason());
        self.metrics.frames_rejected.inc();
        origin.queue.close(Closing::Offence(offence.reason()));
    }
}

#[cfg(test)]
mod tests;
