//! Waiting until every replica is connected to every other, which each says on its admin page.

use super::replicas::Replicas;
use crate::failure::{Cause, Failure};
use serde::Deserialize;
use std::time::Duration;
use synod_node::genesis::DevCluster;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// How long replicas may take.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);
/// How long one page may take.
const PAGE_PATIENCE: Duration = Duration::from_secs(2);

/// What matters of the page.
#[derive(Deserialize)]
struct Readiness {
    missing: Vec<u16>,
}

/// Waits until all are connected.
pub(crate) async fn wait(replicas: &mut Replicas, made: &DevCluster) -> Result<(), Failure> {
    let until = Instant::now() + PATIENCE;
    for (position, entry) in made.cluster.descriptor().replicas.iter().enumerate() {
        loop {
            replicas.check()?;
            let missing = timeout(PAGE_PATIENCE, ask(&entry.admin)).await.ok().flatten();
            if missing.as_ref().is_some_and(Vec::is_empty) {
                break;
            }
            if Instant::now() > until {
                let sentence = match missing {
                    None => format!("replica {position} did not answer on {} for {PATIENCE:?}", entry.admin),
                    Some(missing) => {
                        format!("replica {position} was not connected to replicas {missing:?} after {PATIENCE:?}")
                    }
                };
                return Err(Failure::new(Cause::Unreachable, sentence));
            }
            sleep(LOOK).await;
        }
    }
    Ok(())
}

/// The replicas that one replica misses, if it says so.
async fn ask(address: &str) -> Option<Vec<u16>> {
    let mut connection = TcpStream::connect(address).await.ok()?;
    connection.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.ok()?;
    let mut page = String::new();
    connection.read_to_string(&mut page).await.ok()?;
    let (_, body) = page.split_once("\r\n\r\n")?;
    let Readiness { missing } = serde_json::from_str(body).ok()?;
    Some(missing)
}
