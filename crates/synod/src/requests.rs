//! Many operations as requests: how they are parted, and that they wait until the session has room.

use bytes::Bytes;
use std::time::Duration;
use synod_node::client::{CallError, Client, Settled};
use synod_state::client::{Destination, SubmitError};
use tokio::time::sleep;

/// Bytes of operations in one request, unless one alone has more.
pub(crate) const REQUEST_BYTES: usize = 64 << 10;
/// How long to wait when the session has no room.
const PAUSE: Duration = Duration::from_millis(20);

/// The same items in the same order, parted into requests of at most so many.
pub(crate) fn parted<T>(
    items: impl IntoIterator<Item = T>,
    at_most: usize,
    bytes_of: impl Fn(&T) -> usize,
) -> Vec<Vec<T>> {
    let mut requests: Vec<Vec<T>> = Vec::new();
    let mut bytes = 0;
    for item in items {
        let own = bytes_of(&item);
        bytes += own;
        match requests.last_mut().filter(|last| last.len() < at_most && bytes <= REQUEST_BYTES) {
            Some(last) => last.push(item),
            None => {
                bytes = own;
                requests.push(vec![item]);
            }
        }
    }
    requests
}

/// Submits operations as one request, as soon as there is room for it.
///
/// # Errors
/// If there never will be: the client has ended, or the request is not one.
pub(crate) async fn submit(
    client: &Client,
    operations: &[Bytes],
    destination: Destination,
) -> Result<Settled, CallError> {
    loop {
        match client.submit(operations.to_vec(), destination).await {
            Err(CallError::Submit(SubmitError::Busy { .. })) => sleep(PAUSE).await,
            settled => return settled,
        }
    }
}

#[cfg(test)]
mod tests;
