//! What leaves a replica: a queue for each other replica, and the connections of clients.
//!
//! A frame is encoded once, however many get it, and not at all if nobody does.

use crate::transport::{Closing, Origin, Roster, Weight};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use synod_kernel::frame::{FrameKind, Header};
use synod_kernel::{ClientId, Domain, Encode, Message, Process, ReplicaId, Reply, Request, Target};

/// Where effects go that leave.
pub(super) struct Outgoing {
    domain: Domain,
    protocol: u8,
    replicas: BTreeMap<ReplicaId, Arc<Origin>>,
    roster: Arc<Roster>,
}

impl Outgoing {
    /// Sends to these replicas, and to the clients of the roster.
    pub(super) fn new(
        domain: Domain,
        protocol: u8,
        replicas: BTreeMap<ReplicaId, Arc<Origin>>,
        roster: Arc<Roster>,
    ) -> Self {
        Self { domain, protocol, replicas, roster }
    }

    fn frame(&self, kind: FrameKind, body: &impl Encode) -> Bytes {
        Bytes::from(Header { domain: self.domain, protocol: self.protocol, kind }.frame(body))
    }

    /// Sends a message of the protocol. A vow is dropped last when there is no room.
    pub(super) fn send<P: Process>(&self, to: Target, message: &Message<P>) {
        let weight = match message {
            Message::Vow(_) => Weight::Essential,
            Message::Hint(_) => Weight::Expendable,
        };
        let frame = self.frame(FrameKind::Message, message);
        match to {
            Target::One(id) => self.push(id, frame, weight),
            Target::Others => self.replicas.values().for_each(|origin| push(origin, frame.clone(), weight)),
        }
    }

    /// Hands a request on. Its client will ask again if it gets lost.
    pub(super) fn forward(&self, to: ReplicaId, request: &Request) {
        self.push(to, self.frame(FrameKind::Request, request), Weight::Expendable);
    }

    /// Answers a client, if it is connected.
    pub(super) fn reply(&self, to: ClientId, reply: &Reply) {
        self.roster.reply(to, reply.answer().request.session, || self.frame(FrameKind::Reply, reply));
    }

    fn push(&self, to: ReplicaId, frame: Bytes, weight: Weight) {
        match self.replicas.get(&to) {
            Some(origin) => push(origin, frame, weight),
            None => tracing::debug!("nothing is sent to replica {to}: it is this one"),
        }
    }

    /// Sends what is queued, and nothing more.
    pub(super) fn finish(&self) {
        self.replicas.values().for_each(|origin| origin.queue.close(Closing::Finished));
        self.roster.finish();
    }
}

fn push(origin: &Origin, frame: Bytes, weight: Weight) {
    let dropped = origin.queue.push(frame, weight);
    origin.counters.frames_dropped.inc_by(dropped as u64);
}
