//! What the user of one client may choose.

use crate::transport::Limits;
use std::time::Duration;
use synod_state::client::Patience;

/// How one client behaves.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// The number of the protocol that the replicas run.
    pub protocol: u8,
    /// How long it waits for answers.
    pub patience: Patience,
    /// How long connecting waits for a strong quorum of replicas, before it goes on with those there are.
    pub connect_timeout: Duration,
    /// How long it waits for the remaining replicas once a strong quorum is connected.
    pub connect_grace: Duration,
    /// How long one replica may take to tell its status.
    pub status_timeout: Duration,
    /// The bounds of its channels.
    pub limits: Limits,
}

impl ClientOptions {
    /// The usual choice for a protocol.
    pub fn new(protocol: u8) -> Self {
        Self {
            protocol,
            patience: Patience::default(),
            connect_timeout: Duration::from_secs(5),
            connect_grace: Duration::from_millis(100),
            status_timeout: Duration::from_secs(2),
            limits: Limits::default(),
        }
    }
}
