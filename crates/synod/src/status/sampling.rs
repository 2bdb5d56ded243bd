//! Asking all replicas at once, so that one that does not answer holds up nobody.

use crate::session::Session;
use std::io;
use std::time::Duration;
use synod_kernel::ReplicaId;
use synod_node::NodeStatus;
use synod_node::client::{Client, StatusError};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// How often a connection that is not up yet is looked for.
const LOOK: Duration = Duration::from_millis(20);
/// How long to try to find out why a replica cannot be reached.
const PROBE: Duration = Duration::from_millis(500);

/// What one replica said, or why it said nothing.
pub(super) type Answer = Result<NodeStatus, String>;

/// Asks every replica and waits at most so long for each. The answers are in the order of the replicas.
pub(super) async fn sample(session: &Session, addresses: &[String], patience: Duration) -> Vec<Answer> {
    let until = Instant::now() + patience;
    let mut asked = JoinSet::new();
    for (id, address) in session.cluster().scope().membership.replicas().zip(addresses) {
        let (client, address) = (session.client.clone(), address.clone());
        asked.spawn(async move { (id, ask(&client, id, &address, until).await) });
    }
    let mut answers: Vec<(ReplicaId, Answer)> = asked.join_all().await;
    answers.sort_unstable_by_key(|(id, _)| *id);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Asks one replica. Where nothing listens there is nothing to wait for.
async fn ask(client: &Client, id: ReplicaId, address: &str, until: Instant) -> Answer {
    let begun = Instant::now();
    let mut probed = None;
    while Instant::now() < until {
        match tokio::time::timeout_at(until, client.status(id)).await {
            Ok(Ok(status)) => return Ok(status),
            Ok(Err(StatusError::NotConnected(_))) => {}
            Ok(Err(error @ (StatusError::NotAMember(_) | StatusError::Ended))) => return Err(error.to_string()),
            Ok(Err(StatusError::Silent { .. })) | Err(_) => {
                let waited = begun.elapsed().as_millis();
                return Err(format!("connected, but gave no answer for {waited} ms"));
            }
        }
        match &probed {
            None => probed = Some(timeout(PROBE, TcpStream::connect(address)).await.unwrap_or_else(slow).map(drop)),
            Some(Err(error)) => return Err(error.to_string()),
            Some(Ok(())) => sleep(LOOK).await,
        }
    }
    match probed {
        Some(Err(error)) => Err(error.to_string()),
        _ => Err("something listens there, but it is not this replica, or has no time".to_owned()),
    }
}

fn slow(_: tokio::time::error::Elapsed) -> io::Result<TcpStream> {
    Err(io::Error::from(io::ErrorKind::TimedOut))
}
