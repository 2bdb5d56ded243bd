//! What the admin page of a replica says of its connections.

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
    page(admin)?["view"].as_u64()
}

fn missing(admin: &str) -> Option<Vec<Value>> {
    page(admin)?["missing"].as_array().cloned()
}

fn page(admin: &str) -> Option<Value> {
    let address = admin.to_socket_addrs().ok()?.next()?;
    let mut connection = TcpStream::connect_timeout(&address, PAGE_MAX).ok()?;
    connection.set_read_timeout(Some(PAGE_MAX)).ok()?;
    connection.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
    let mut page = String::new();
    connection.read_to_string(&mut page).ok()?;
    let (_, body) = page.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}
