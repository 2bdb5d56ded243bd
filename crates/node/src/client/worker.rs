//! The task that owns a client's logic and does what it says.

use super::announcement::Announcement;
use super::handle::{CallError, Settled, StatusError};
use super::options::ClientOptions;
use super::replies::{Heard, Replies};
use crate::files::ClientFolder;
use crate::metrics::Metrics;
use crate::status::NodeStatus;
use crate::timers::Timers;
use crate::transport::{
    Connectivity, Dialer, Limits, MAX_CLIENT_REPLY, Origin, SendQueue, TlsIdentity, Weight, dial_until_finished,
};
use crate::verify::{BatchVerifier, Remembering};
use bytes::Bytes;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use synod_kernel::frame::{Empty, FrameKind, Header};
use synod_kernel::{Address, Encode, ReplicaId, Request, SessionId};
use synod_state::client::{
    Client as Logic, ClientEffect, ClientInput, ClientTimer, Destination, Outcome, Patience, Ticket,
};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Replies that wait for the worker; beyond it connections are not read.
const HEARD_MAX: usize = 256;
/// Status queries of one replica under way; the oldest is given up for the newest.
const QUERIES_MAX: usize = 64;

type Answer = oneshot::Sender<Result<Settled, CallError>>;

/// Signatures that are not checked again. A client has few batches under way, and of each one signature per replica.
const SIGNATURES_REMEMBERED: usize = 512;
/// What the handle asks for.
#[derive(Debug)]
pub(super) enum Command {
    Submit { operations: Vec<Bytes>, to: Destination, answer: Answer },
    Retry { ticket: Ticket, answer: Answer },
    Forget { ticket: Ticket },
    Status { replica: ReplicaId, answer: oneshot::Sender<Result<NodeStatus, StatusError>> },
}

/// Owns everything of one client.
pub(super) struct Worker {
    logic: Logic,
    header: Header,
    announcement: Announcement,
    origins: Vec<Arc<Origin>>,
    connectivity: Connectivity,
    commands: mpsc::Receiver<Command>,
    heard: mpsc::Receiver<Heard>,
    timers: Timers<ClientTimer>,
    /// Callers by what they wait for. As many as requests are held, which the logic bounds.
    calls: BTreeMap<Ticket, Answer>,
    queries: BTreeMap<ReplicaId, VecDeque<oneshot::Sender<Result<NodeStatus, StatusError>>>>,
    /// Dials until dropped.
    _dialers: JoinSet<()>,
}

/// Sessions of one microsecond: incarnations of one key that begin at once draw different ones.
const SESSIONS_PER_MICROSECOND: u64 = 1 << 12;
/// Strides to draw from. All of them together are well below a millisecond, so the clock soon overtakes who takes one.
const STRIDES: u64 = 1 << 20;

/// The logic in a session that is larger than that of any earlier incarnation, unless the clock went back, which the
/// logic finds out.
fn new_logic(folder: &ClientFolder, patience: Patience) -> Logic {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let microseconds = u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX);
    // Without randomness two at once may meet; they are then told apart by what they ask.
    let random = getrandom::u64().unwrap_or_else(|_| u64::from(std::process::id()));
    let session = microseconds.saturating_mul(SESSIONS_PER_MICROSECOND).min(u64::MAX >> 1);
    let session = SessionId::new(session + random % SESSIONS_PER_MICROSECOND);
    let stride = 1 + random / SESSIONS_PER_MICROSECOND % STRIDES;
    Logic::new(*folder.cluster().scope(), folder.signer().clone(), session, patience).with_stride(stride)
}

impl Worker {
    pub(super) fn new(
        folder: &ClientFolder,
        options: ClientOptions,
        connectivity: Connectivity,
        commands: mpsc::Receiver<Command>,
    ) -> Self {
        let ClientOptions { protocol, patience, limits, .. } = options;
        let scope = *folder.cluster().scope();
        let (sender, heard) = mpsc::channel(HEARD_MAX);
        let verifier = Arc::new(Remembering::new(BatchVerifier::new(folder.cluster()), SIGNATURES_REMEMBERED));
        let replies = Replies { scope, protocol, verifier, heard: sender };
        let logic = new_logic(folder, patience);
        let header = Header { domain: scope.domain, protocol, kind: FrameKind::Request };
        let announcement = Announcement::new(header, logic.session());
        let (dialers, origins) = dial_all(folder, &limits, (&connectivity, &announcement), &replies);
        Self {
            logic,
            header,
            announcement,
            origins,
            connectivity,
            commands,
            heard,
            timers: Timers::new(),
            calls: BTreeMap::new(),
            queries: BTreeMap::new(),
            _dialers: dialers,
        }
    }

    /// Works until every handle is dropped.
    pub(super) async fn run(mut self) {
        let mut out = Vec::new();
        loop {
            let next = self.timers.next();
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(command) => self.on_command(command, &mut out),
                    None => return,
                },
                Some(heard) = self.heard.recv() => match heard {
                    Heard::Reply { from, reply } => self.logic.step(ClientInput::Reply { from, reply }, &mut out),
                    Heard::Status { from, status } => self.on_status(from, &status),
                },
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {
                    if let Some(timer) = self.timers.fire(Instant::now()) {
                        self.logic.step(ClientInput::Timeout(timer), &mut out);
                    }
                }
            }
            self.perform(&mut out);
            if self.announcement.change(self.logic.session()) {
                self.origins.iter().for_each(|origin| self.announcement.say(&origin.queue));
            }
        }
    }

    fn on_command(&mut self, command: Command, out: &mut Vec<ClientEffect>) {
        match command {
            Command::Submit { operations, to, answer } => match self.logic.submit(operations, to, out) {
                Ok(ticket) => drop(self.calls.insert(ticket, answer)),
                Err(error) => drop(answer.send(Err(CallError::Submit(error)))),
            },
            Command::Retry { ticket, answer } => match self.logic.retry(ticket, out) {
                Ok(()) => drop(self.calls.insert(ticket, answer)),
                Err(error) => drop(answer.send(Err(CallError::Unknown(error)))),
            },
            Command::Forget { ticket } => {
                self.calls.remove(&ticket);
                self.logic.forget(ticket, out);
            }
            Command::Status { replica, answer } => self.ask_status(replica, answer),
        }
    }

    /// Does what the logic says; what comes of it at once goes back into it.
    fn perform(&mut self, out: &mut Vec<ClientEffect>) {
        let mut effects: VecDeque<ClientEffect> = out.drain(..).collect();
        while let Some(effect) = effects.pop_front() {
            match effect {
                ClientEffect::Send { ticket, to, request } => {
                    if !self.send(to, &request) {
                        self.logic.step(ClientInput::Unreachable { ticket }, out);
                        effects.extend(out.drain(..));
                    }
                }
                ClientEffect::Arm { timer, after } => self.timers.arm(timer, Instant::now(), after),
                ClientEffect::Disarm(timer) => self.timers.disarm(timer),
                ClientEffect::Done { ticket, outcome } => self.settle(ticket, outcome),
            }
        }
    }

    fn settle(&mut self, ticket: Ticket, outcome: Outcome) {
        let is_unknown = outcome == Outcome::Unknown;
        let caller = self.calls.remove(&ticket);
        let told = caller.is_some_and(|caller| caller.send(Ok(Settled { ticket, outcome })).is_ok());
        if is_unknown && !told {
            // Nobody is left to ask again, so it must not take up room.
            self.logic.forget(ticket, &mut Vec::new());
        }
    }

    /// Sends a request if its replica is connected. Otherwise not a byte of it leaves.
    fn send(&self, to: ReplicaId, request: &Request) -> bool {
        self.connectivity.is_outbound(to) && self.push(to, FrameKind::Request, request, Weight::Essential)
    }

    fn push(&self, to: ReplicaId, kind: FrameKind, body: &impl Encode, weight: Weight) -> bool {
        let Some(origin) = self.origins.get(to.index()) else { return false };
        origin.queue.push(Bytes::from(Header { kind, ..self.header }.frame(body)), weight);
        true
    }

    fn ask_status(&mut self, replica: ReplicaId, answer: oneshot::Sender<Result<NodeStatus, StatusError>>) {
        if replica.index() >= self.origins.len() {
            drop(answer.send(Err(StatusError::NotAMember(replica))));
        } else if !self.connectivity.is_outbound(replica) {
            drop(answer.send(Err(StatusError::NotConnected(replica))));
        } else {
            self.push(replica, FrameKind::StatusQuery, &Empty, Weight::Expendable);
            let waiting = self.queries.entry(replica).or_default();
            waiting.retain(|query| !query.is_closed());
            if waiting.len() >= QUERIES_MAX {
                waiting.pop_front();
            }
            waiting.push_back(answer);
        }
    }

    /// The newest word of a replica answers everyone who waits for it.
    fn on_status(&mut self, from: ReplicaId, status: &NodeStatus) {
        for query in self.queries.remove(&from).into_iter().flatten() {
            // The one who asked may have lost patience.
            let _ = query.send(Ok(status.clone()));
        }
    }
}

fn dial_all(
    folder: &ClientFolder,
    limits: &Limits,
    (connectivity, announcement): (&Connectivity, &Announcement),
    replies: &Replies,
) -> (JoinSet<()>, Vec<Arc<Origin>>) {
    let identity = TlsIdentity::new(folder.transport());
    let metrics = Metrics::default();
    let (mut dialers, mut origins) = (JoinSet::new(), Vec::new());
    for (id, entry) in (0..).map(ReplicaId::new).zip(&folder.cluster().descriptor().replicas) {
        let origin = Arc::new(Origin::new(
            Address::Replica(id),
            Arc::new(SendQueue::dropping(limits.client_queue_bytes, limits.client_queue_frames)),
            Arc::new(Semaphore::new(0)),
            metrics.peer(Address::Replica(id)),
        ));
        origins.push(origin.clone());
        let (announcement, queue) = (announcement.clone(), origin.queue.clone());
        dialers.spawn(dial_until_finished(Dialer {
            id,
            address: entry.address.clone(),
            source: None,
            tls: identity.client(entry.transport_key),
            limits: limits.clone(),
            origin,
            backlog_max: usize::MAX,
            frame_max: MAX_CLIENT_REPLY,
            sink: replies.clone(),
            connectivity: connectivity.clone(),
            on_change: move |is_up| {
                if is_up {
                    announcement.say(&queue);
                }
            },
        }));
    }
    (dialers, origins)
}
