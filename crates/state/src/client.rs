//! The client's side of the protocol: from operations to an outcome that f+1 replicas vouch for.
//!
//! A [`Client`] is a value; calling it writes effects into a list, in order. It has no clock and no sockets, and
//! verifies no signatures: the driver sends what it is told to, wakes it when asked, and hands over replies whose
//! signatures are good, each with the replica at the other end of the channel it came through.
//!
//! What it keeps to:
//!
//! * An outcome is believed when f+1 distinct replicas signed the same answer, so that at least one of them is correct.
//!   [PBFT-OSDI99 §4.1]
//! * A request's id and body never part. Whatever is uncertain is asked again under the same key, where the sessions
//!   of the replicas let it happen once at most. The one exception is a session that was certified to have never been
//!   opened: then nothing in it was executed or will be, and its requests are signed anew under a later session.
//! * Requests in flight never drift so far apart that one pushes another out of the session's window: ids lie within
//!   [`WINDOW`] of the lowest that is unresolved, and of the highest known to be executed.
//! * A request goes to the presumed primary and then to everyone, so a primary cannot ignore a client for long. Which
//!   replica that is, f liars cannot decide: it is the primary of the (f+1)-th largest view reported.
//! * A large result comes from one replica, which the client names, each in its turn; the others vouch for its digest.
//!   If f+1 do and the result does not come soon, everyone is asked, and answers in full. A replica that failed to send
//!   one loses its turn for a while, so a liar costs a few delays. [PBFT-TOCS02 "digest replies"]
//!
//! At most [`WINDOW`] requests are held at once, with one answer of each replica for each, and large results of at most
//! f+1 different ones: what a client holds is bounded by `WINDOW * (MAX_REQUEST_BYTES + (f + 1) * MAX_RESULT_BYTES)`
//! bytes and small change, whatever liars send.

use crate::sessions::WINDOW;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use core::hash::{Hash, Hasher};
use pending::{Heard, Pending, Phase};
use repliers::Repliers;
use synod_kernel::request::{Replier, RequestError};
use synod_kernel::signature::{Author, Signer};
use synod_kernel::{ClientId, ReplicaId, Reply, Request, RequestId, Scope, SessionId, Threshold, View, Weak};

mod pending;
mod repliers;
mod settle;
mod vocabulary;

pub use vocabulary::{
    ClientEffect, ClientInput, ClientTimer, Destination, Outcome, Patience, SubmitError, Ticket, UnknownTicket,
};

/// One incarnation of a client.
#[derive(Clone)]
pub struct Client {
    scope: Scope,
    signer: Arc<dyn Signer>,
    identity: ClientId,
    patience: Patience,
    /// Where new requests go.
    session: SessionId,
    /// How far above a session that is left the next one is.
    stride: u64,
    /// The last id given out in it.
    issued: RequestId,
    /// The highest id in it that is known to be executed.
    executed: RequestId,
    last_ticket: Ticket,
    /// The latest view that each replica reported.
    views: BTreeMap<ReplicaId, View>,
    repliers: Repliers,
    /// At most [`WINDOW`].
    pending: BTreeMap<Ticket, Pending>,
}

impl Client {
    /// A client that signs with `signer`, in a session whose number is larger than any that this key was used with
    /// before: fine ticks of the wall clock will do, and if the clock went back, the client finds out.
    ///
    /// # Panics
    /// If the key is a replica's: handing it over is our own mistake.
    pub fn new(scope: Scope, signer: Arc<dyn Signer>, session: SessionId, patience: Patience) -> Self {
        let Author::Client(identity) = signer.author() else { panic!("clients sign with a client's key") };
        Self {
            scope,
            signer,
            identity,
            patience,
            session,
            stride: 1,
            issued: RequestId::default(),
            executed: RequestId::default(),
            last_ticket: Ticket::default(),
            views: BTreeMap::new(),
            repliers: Repliers::new(session),
            pending: BTreeMap::new(),
        }
    }

    /// Makes the client go so far up when it leaves a session; at least 1. Incarnations of one key that run at once
    /// have to draw different strides, or they meet in the next session, and one is told what became of the other's
    /// request where both ask for the same.
    #[must_use]
    pub fn with_stride(mut self, stride: u64) -> Self {
        self.stride = stride.max(1);
        self
    }

    /// Signs operations as one request and sends it. There will be one [`ClientEffect::Done`] with the ticket.
    pub fn submit(
        &mut self,
        operations: Vec<Bytes>,
        destination: Destination,
        out: &mut Vec<ClientEffect>,
    ) -> Result<Ticket, SubmitError> {
        self.find_room()?;
        let id = self.issued.next();
        let (request, replier) = self.sign(id, operations)?;
        self.issued = id;
        self.last_ticket = self.last_ticket.next();
        let ticket = self.last_ticket;
        let mut pending = Pending::new(request, replier, destination);
        let targets = self.targets(destination);
        pending.send(ticket, &targets, &self.patience, out);
        self.pending.insert(ticket, pending);
        out.push(ClientEffect::Arm { timer: ClientTimer::Deadline(ticket), after: self.patience.deadline });
        Ok(ticket)
    }

    /// Asks again, under the same id and with the same body, for what was [`Outcome::Unknown`]; there will be one more
    /// [`ClientEffect::Done`], at once if the answers came in the meantime. A request under way is left as it is.
    pub fn retry(&mut self, ticket: Ticket, out: &mut Vec<ClientEffect>) -> Result<(), UnknownTicket> {
        let targets = self.targets(Destination::All);
        let pending = self.pending.get_mut(&ticket).ok_or(UnknownTicket(ticket))?;
        match &pending.phase {
            Phase::Active => {}
            Phase::Unknown => {
                pending.phase = Phase::Active;
                pending.attempt = 0;
                pending.send(ticket, &targets, &self.patience, out);
                out.push(ClientEffect::Arm { timer: ClientTimer::Deadline(ticket), after: self.patience.deadline });
            }
            Phase::Settled(outcome) => {
                out.push(ClientEffect::Done { ticket, outcome: outcome.clone() });
                self.pending.remove(&ticket);
            }
        }
        Ok(())
    }

    /// Gives a request up: it may or may not be executed, and nobody will be told. Makes room for another one.
    pub fn forget(&mut self, ticket: Ticket, out: &mut Vec<ClientEffect>) {
        if let Some(Pending { phase: Phase::Active, .. }) = self.pending.remove(&ticket) {
            disarm(ticket, out);
        }
    }

    /// Takes in what happened.
    pub fn step(&mut self, input: ClientInput, out: &mut Vec<ClientEffect>) {
        match input {
            ClientInput::Reply { from, reply } => self.on_reply(from, reply, out),
            ClientInput::Unreachable { ticket } => {
                if let Some(pending) = self.pending.get_mut(&ticket) {
                    pending.in_doubt = pending.in_doubt.saturating_sub(1);
                }
            }
            ClientInput::Timeout(ClientTimer::Retransmit(ticket)) => self.on_retransmit(ticket, out),
            ClientInput::Timeout(ClientTimer::Deadline(ticket)) => self.on_deadline(ticket, out),
        }
    }

    /// Whose requests these are.
    pub fn identity(&self) -> ClientId {
        self.identity
    }

    /// The session that new requests go to.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// How many requests are held: under way, of unknown outcome, or settled and not yet asked for again.
    pub fn outstanding(&self) -> usize {
        self.pending.len()
    }

    /// The replica that is presumed to be the primary: that of the largest view which a correct replica is known to
    /// have reached.
    pub fn presumed_primary(&self) -> ReplicaId {
        let mut views: Vec<View> = self.views.values().copied().collect();
        views.sort_unstable();
        let vouched = views.iter().rev().nth(Weak::size(&self.scope.membership) - 1);
        self.scope.membership.primary(vouched.copied().unwrap_or_default())
    }

    /// A request of the present session, and the replica it names to send the result.
    fn sign(&mut self, id: RequestId, operations: Vec<Bytes>) -> Result<(Request, ReplicaId), RequestError> {
        let replier = self.repliers.choose(&self.scope.membership);
        let (domain, named) = (&self.scope.domain, Replier::One(replier));
        let request = Request::sign_for(named, self.session, id, operations, domain, &*self.signer)?;
        Ok((request, replier))
    }

    fn targets(&self, destination: Destination) -> Vec<ReplicaId> {
        match destination {
            Destination::Primary => Vec::from([self.presumed_primary()]),
            Destination::All => self.scope.membership.replicas().collect(),
        }
    }

    /// Makes sure that the next id harms no other and cannot be refused as too far ahead.
    fn find_room(&mut self) -> Result<(), SubmitError> {
        let busy = SubmitError::Busy { outstanding: self.pending.len() };
        let unresolved = self.pending.values().filter(|pending| pending.is_unresolved_in(self.session));
        let lowest = unresolved.map(|pending| pending.request.key().id).min();
        let next = self.issued.next();
        if self.pending.len() as u64 >= WINDOW || lowest.is_some_and(|lowest| next >= lowest.plus(WINDOW)) {
            return Err(busy);
        }
        if next > self.executed.plus(WINDOW) {
            if lowest.is_some() {
                return Err(busy);
            }
            self.leave_session(self.session);
        }
        Ok(())
    }

    /// Directs new requests to a session above the present one and above `highest`. Returns whether there is one.
    fn leave_session(&mut self, highest: SessionId) -> bool {
        let above = self.session.max(highest);
        if above == above.plus(1) {
            return false;
        }
        self.session = above.plus(self.stride);
        self.issued = RequestId::default();
        self.executed = RequestId::default();
        true
    }

    fn on_reply(&mut self, from: ReplicaId, reply: Reply, out: &mut Vec<ClientEffect>) {
        let members = self.scope.membership;
        if reply.signer() != from || !members.contains(from) {
            return;
        }
        self.repliers.hear(from);
        let view = self.views.entry(from).or_default();
        *view = reply.view().max(*view);
        let key = reply.answer().request;
        let mut unsettled = self.pending.iter_mut().filter(|(_, pending)| pending.is_unresolved_in(key.session));
        let Some((&ticket, pending)) = unsettled.find(|(_, pending)| pending.request.key() == key) else {
            return;
        };
        let is_active = pending.phase == Phase::Active;
        match pending.hear(reply, &members) {
            Heard::Nothing => {}
            Heard::Settled(certificate, body) => {
                if pending.was_served(certificate.answer()) {
                    self.repliers.served(pending.replier);
                }
                self.settle(ticket, certificate, body, out);
            }
            Heard::ResultMissing if is_active => {
                let timer = ClientTimer::Retransmit(ticket);
                out.push(ClientEffect::Arm { timer, after: self.patience.result.min(self.patience.widen) });
            }
            Heard::ResultWithheld if is_active => self.ask_everyone(ticket, out),
            // Nobody waits; whoever asks again will ask everyone.
            Heard::ResultMissing | Heard::ResultWithheld => {}
        }
    }

    /// Sends a request to all replicas, again. The one that was to send a result which is missing by now has failed.
    fn ask_everyone(&mut self, ticket: Ticket, out: &mut Vec<ClientEffect>) {
        let targets = self.targets(Destination::All);
        if let Some(pending) = self.pending.get_mut(&ticket).filter(|pending| pending.phase == Phase::Active) {
            if pending.lacks_result() {
                self.repliers.failed(pending.replier);
            }
            pending.send(ticket, &targets, &self.patience, out);
        }
    }

    fn on_retransmit(&mut self, ticket: Ticket, out: &mut Vec<ClientEffect>) {
        if let Some(pending) = self.pending.get_mut(&ticket).filter(|pending| !pending.lacks_result()) {
            pending.attempt += 1;
        }
        self.ask_everyone(ticket, out);
    }

    fn on_deadline(&mut self, ticket: Ticket, out: &mut Vec<ClientEffect>) {
        let Some(pending) = self.pending.get_mut(&ticket).filter(|pending| pending.phase == Phase::Active) else {
            return;
        };
        out.push(ClientEffect::Disarm(ClientTimer::Retransmit(ticket)));
        if pending.reached_nobody() {
            self.pending.remove(&ticket);
            out.push(ClientEffect::Done { ticket, outcome: Outcome::Unavailable });
        } else {
            pending.phase = Phase::Unknown;
            out.push(ClientEffect::Done { ticket, outcome: Outcome::Unknown });
        }
    }
}

fn disarm(ticket: Ticket, out: &mut Vec<ClientEffect>) {
    out.push(ClientEffect::Disarm(ClientTimer::Retransmit(ticket)));
    out.push(ClientEffect::Disarm(ClientTimer::Deadline(ticket)));
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("identity", &self.identity)
            .field("session", &self.session)
            .field("issued", &self.issued)
            .field("executed", &self.executed)
            .field("views", &self.views)
            .field("repliers", &self.repliers)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}

/// Everything that changes. The key and the rules it was made with do not.
impl Hash for Client {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.identity, self.session, self.stride, self.issued, self.executed, self.last_ticket).hash(state);
        (&self.views, &self.repliers, &self.pending).hash(state);
    }
}

#[cfg(test)]
mod tests;
