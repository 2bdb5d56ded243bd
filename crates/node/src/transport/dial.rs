//! The dialling side: one connection to one replica, made again whenever it breaks.
//!
//! What was queued last survives a broken connection, what was already handed to it may not. How much of it is the
//! caller's to say: a replica that was away asks for what it lacks, and would have to take in all of that first. Waits
//! grow from one attempt to the next and are jittered: replicas that come back together are not dialled in step. A
//! replica that dials us is back, so it is dialled at once.

use super::connection::{End, Origin, Sink, Terms, carry};
use super::connectivity::Connectivity;
use super::limits::Limits;
use super::socket;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use synod_kernel::ReplicaId;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Whom to dial, and how.
pub(crate) struct Dialer<K, F> {
    /// The replica.
    pub(crate) id: ReplicaId,
    /// Where it listens, `host:port`.
    pub(crate) address: String,
    /// The address of ours to dial from; none leaves the choice to the system.
    pub(crate) source: Option<IpAddr>,
    /// Accepts its key alone.
    pub(crate) tls: Arc<ClientConfig>,
    /// The bounds.
    pub(crate) limits: Limits,
    /// What is sent to it, and how its connection counts.
    pub(crate) origin: Arc<Origin>,
    /// Bytes of what was queued before a connection that it is sent when there is one; of the rest it has to ask.
    pub(crate) backlog_max: usize,
    /// Bytes of a frame from it, at most.
    pub(crate) frame_max: usize,
    /// Where its frames go.
    pub(crate) sink: K,
    /// Told when the connection comes up, and when it is over, and asked whether the replica has dialled us.
    pub(crate) connectivity: Connectivity,
    /// Told the same, before.
    pub(crate) on_change: F,
}

/// What is left to an attempt when the replica dials us: what was sent to it before may have been lost on its way to
/// nobody, and the system is slow to send it again.
const ATTEMPT_LEFT: Duration = Duration::from_millis(250);
/// From one attempt to the next, at least, however often the replica dials us.
const ATTEMPTS_APART: Duration = Duration::from_millis(50);

/// Keeps a connection up until the queue is closed.
pub(crate) async fn dial_until_finished<K: Sink, F: Fn(bool) + Send>(dialer: Dialer<K, F>) {
    let Dialer { id, address, limits, origin, connectivity, .. } = &dialer;
    let mut backoff = Backoff::new(limits.backoff_min, limits.backoff_max);
    let mut was_reachable = true;
    while origin.queue.closing().is_none() {
        let (begun, seen) = (Instant::now(), connectivity.arrivals(*id));
        let connected = tokio::select! {
            connected = timeout(limits.handshake_timeout, connect(&dialer)) => connected,
            () = has_returned(connectivity, *id, seen, ATTEMPT_LEFT) => {
                backoff.reset();
                continue;
            }
            () = origin.queue.closed() => return,
        };
        match connected {
            Ok(Ok(stream)) => {
                let since = Instant::now();
                was_reachable = true;
                let end = hold(&dialer, stream).await;
                tracing::info!("connection to replica {id} at {address} is over: {end}");
                if since.elapsed() >= limits.backoff_max {
                    backoff.reset();
                }
            }
            failed => {
                let why = failed.map_or_else(|_| "it does not answer".to_owned(), |result| describe(&result));
                // Said once for each outage; the rest is for those who look closer.
                if was_reachable {
                    tracing::warn!("cannot reach replica {id} at {address}: {why}; trying again until it answers");
                } else {
                    tracing::debug!("cannot reach replica {id} at {address}: {why}");
                }
                was_reachable = false;
            }
        }
        tokio::select! {
            () = sleep(backoff.next()) => {}
            () = has_returned(connectivity, *id, seen, Duration::ZERO) => {
                backoff.reset();
                sleep_until(begun + ATTEMPTS_APART).await;
            }
            () = origin.queue.closed() => {}
        }
    }
}

/// Waits until the replica has dialled us since, and a while longer. Then it is there, however long it was not.
async fn has_returned(connectivity: &Connectivity, id: ReplicaId, seen: u64, longer: Duration) {
    connectivity.arrival_after(id, seen).await;
    sleep(longer).await;
}

fn describe(result: &io::Result<TlsStream<TcpStream>>) -> String {
    result.as_ref().err().map_or_else(String::new, ToString::to_string)
}

async fn connect<K, F>(dialer: &Dialer<K, F>) -> io::Result<TlsStream<TcpStream>> {
    let socket = socket::connect(&dialer.address, dialer.source).await?;
    socket::prepare(&socket, dialer.limits.silence_max)?;
    // Never sent: a peer is its key, but the library wants a name.
    let nobody = ServerName::from(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    TlsConnector::from(dialer.tls.clone()).connect(nobody, socket).await
}

async fn hold<K: Sink, F: Fn(bool) + Send>(dialer: &Dialer<K, F>, stream: TlsStream<TcpStream>) -> End {
    let Dialer { id, address, limits, origin, frame_max, sink, connectivity, on_change, .. } = dialer;
    tracing::info!("connected to replica {id} at {address}");
    let dropped = origin.queue.keep_newest(dialer.backlog_max);
    origin.counters.frames_dropped.inc_by(dropped as u64);
    on_change(true);
    connectivity.outbound(*id, true);
    origin.counters.connections.inc();
    let terms = Terms::new(*frame_max, None, limits);
    let end = carry(stream, origin, sink, terms).await;
    origin.counters.connections.dec();
    on_change(false);
    connectivity.outbound(*id, false);
    end
}

/// Waits that double, each shortened by up to a half at random.
#[derive(Debug)]
struct Backoff {
    min: Duration,
    max: Duration,
    next: Duration,
}

impl Backoff {
    fn new(min: Duration, max: Duration) -> Self {
        Self { min, max, next: min }
    }

    fn reset(&mut self) {
        self.next = self.min;
    }

    fn next(&mut self) -> Duration {
        let whole = self.next;
        self.next = (whole * 2).min(self.max);
        // Without randomness the wait is whole, which is only less even.
        let random = getrandom::u32().unwrap_or(0);
        whole - whole.mul_f64(f64::from(random) / f64::from(u32::MAX) / 2.0)
    }
}

#[cfg(test)]
mod tests;
