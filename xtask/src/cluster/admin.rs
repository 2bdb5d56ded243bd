//! The admin pages of a replica.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde_json::Value;

/// How long one page may take.
const PAGE_MAX: Duration = Duration::from_secs(2);

/// Whether the replica with this admin address says that it is connected to every other.
pub(super) fn misses_nobody(admin: &str) -> bool {
    missing(admin).is_some_and(|missing| missing.is_empty())
}

/// The view that the replica says it is in.
pub(super) fn view(admin: &str) -> Option<u64> {
    readiness(admin)?["view"].as_u64()
}

fn missing(admin: &str) -> Option<Vec<Value>> {
    readiness(admin)?["missing"].as_array().cloned()
}

/// What the replica says of how far it is.
pub(super) fn readiness(admin: &str) -> Option<Value> {
    serde_json::from_str(&page(admin, "/readyz")?).ok()
}

/// The page at `path`, if whoever listens at this address, `host:port`, shows it in time.
pub(crate) fn page(admin: &str, path: &str) -> Option<String> {
    let address = admin.to_socket_addrs().ok()?.next()?;
    let mut connection = TcpStream::connect_timeout(&address, PAGE_MAX).ok()?;
    connection.set_read_timeout(Some(PAGE_MAX)).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some(body.to_owned())
}
