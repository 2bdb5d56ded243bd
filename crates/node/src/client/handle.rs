//! The face of a client.

use super::options::ClientOptions;
use super::worker::{Command, Worker};
use crate::files::ClientFolder;
use crate::status::NodeStatus;
use crate::transport::Connectivity;
use bytes::Bytes;
use std::time::Duration;
use synod_kernel::{ClientId, ReplicaId};
use synod_state::client::{Destination, Outcome, SubmitError, Ticket, UnknownTicket};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Commands that wait for the worker. Callers wait beyond it.
const COMMANDS_MAX: usize = 256;

/// A client of a cluster. Clones share its connections and its session; when the last one is dropped, they close.
#[derive(Clone, Debug)]
pub struct Client {
    commands: mpsc::Sender<Command>,
    connectivity: Connectivity,
    identity: ClientId,
    status_timeout: Duration,
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Names it, for asking again after [`Outcome::Unknown`].
    pub ticket: Ticket,
    /// What became of it.
    pub outcome: Outcome,
}

/// Why there was no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It was not submitted, and nothing was sent.
    #[error("not submitted: {0}")]
    Submit(SubmitError),
    /// There is nothing to ask again for.
    #[error("{0}")]
    Unknown(UnknownTicket),
    /// The client's worker ended, because its runtime did.
    #[error("the client has ended, together with the runtime it was made on")]
    Ended,
}

/// Why a replica's status is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// There is no such replica.
    #[error("replica {0} is not a member of this cluster")]
    NotAMember(ReplicaId),
    /// There is no connection to it.
    #[error("replica {0} is not connected")]
    NotConnected(ReplicaId),
    /// It did not answer in time.
    #[error("replica {replica} did not answer for {} ms", after.as_millis())]
    Silent {
        /// Which.
        replica: ReplicaId,
        /// How long we waited.
        after: Duration,
    },
    /// The client's worker ended, because its runtime did.
    #[error("the client has ended, together with the runtime it was made on")]
    Ended,
}

impl Client {
    /// Makes a client on the current tokio runtime and waits until a strong quorum of replicas is connected, or as long
    /// as the options say. Connections that are missing or break are made again for as long as the client lives.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time enabled.
    pub async fn connect(folder: &ClientFolder, options: ClientOptions) -> Self {
        let membership = folder.cluster().scope().membership;
        let connectivity = Connectivity::new(&membership);
        let (commands, waiting) = mpsc::channel(COMMANDS_MAX);
        let client = Self {
            commands,
            connectivity: connectivity.clone(),
            identity: folder.id(),
            status_timeout: options.status_timeout,
        };
        let (patience, grace) = (options.connect_timeout, options.connect_grace);
        tokio::spawn(Worker::new(folder, options, connectivity, waiting).run());
        let quorum = client.connectivity.wait_for_outbound(membership.strong());
        if timeout(patience, quorum).await.is_err() {
            tracing::warn!("only replicas {:?} are connected so far", client.connected());
        } else {
            // Whoever is missing may be the primary.
            let _ = timeout(grace, client.connectivity.wait_for_outbound(membership.size().into())).await;
        }
        client
    }

    /// Whose requests these are.
    pub fn identity(&self) -> ClientId {
        self.identity
    }

    /// The replicas that are connected. That they are says nothing of what they will answer.
    pub fn connected(&self) -> Vec<u16> {
        self.connectivity.outbound_up().into_iter().map(ReplicaId::get).collect()
    }

    /// Has operations ordered and executed as one request, and waits for what becomes of it. If that stays
    /// [`Outcome::Unknown`], the request is given up: use [`Client::submit`] to ask again.
    ///
    /// Many calls may be under way at once.
    ///
    /// # Errors
    /// [`CallError`], if nothing was submitted.
    pub async fn call(&self, operations: Vec<Bytes>) -> Result<Outcome, CallError> {
        let Settled { ticket, outcome } = self.submit(operations, Destination::default()).await?;
        if outcome == Outcome::Unknown {
            self.forget(ticket).await;
        }
        Ok(outcome)
    }

    /// The same, but a request whose outcome is unknown is kept until it is asked for again with [`Client::retry`], or
    /// given up with [`Client::forget`].
    ///
    /// # Errors
    /// [`CallError`], if nothing was submitted.
    pub async fn submit(&self, operations: Vec<Bytes>, to: Destination) -> Result<Settled, CallError> {
        self.ask(|answer| Command::Submit { operations, to, answer }).await
    }

    /// Asks again for a request whose outcome was unknown, which cannot make it happen twice.
    ///
    /// # Errors
    /// [`CallError::Unknown`], if it has its outcome or was given up.
    pub async fn retry(&self, ticket: Ticket) -> Result<Settled, CallError> {
        self.ask(|answer| Command::Retry { ticket, answer }).await
    }

    /// Gives a request up: it may or may not be executed.
    pub async fn forget(&self, ticket: Ticket) {
        // If the worker has ended, everything is forgotten.
        let _ = self.commands.send(Command::Forget { ticket }).await;
    }

    async fn ask(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<Settled, CallError>>) -> Command,
    ) -> Result<Settled, CallError> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).await.map_err(|_| CallError::Ended)?;
        answered.await.unwrap_or(Err(CallError::Ended))
    }

    /// What one replica says of itself: its word alone, and nothing is proved by it.
    ///
    /// # Errors
    /// [`StatusError`].
    pub async fn status(&self, replica: ReplicaId) -> Result<NodeStatus, StatusError> {
        let (answer, answered) = oneshot::channel();
        let command = Command::Status { replica, answer };
        self.commands.send(command).await.map_err(|_| StatusError::Ended)?;
        let after = self.status_timeout;
        match timeout(after, answered).await {
            Ok(answer) => answer.unwrap_or(Err(StatusError::Ended)),
            Err(_) => Err(StatusError::Silent { replica, after }),
        }
    }
}
