//! Replies that were given, in full, to be given again to a client that missed one.
//!
//! What is no longer here the service still knows, as far as its sessions remember results.
//!
//! What it takes up: of each client at most [`OF_CLIENT`] replies, one for each request that its sessions can have
//! under way, and [`OF_CLIENT_BYTES`] or one reply; of all clients [`OF_ALL_BYTES`]. A reply counts as
//! its result and [`REPLY_BYTES`]. Entries of clients without replies do not stay, so there is nothing else.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use synod_kernel::{ClientId, Digest, Reply, Request, RequestKey};

/// Replies kept per client, at most: of 64 sessions 64 each, as many as the service remembers.
const OF_CLIENT: usize = 64 * 64;
/// Bytes of them, at most (one reply is always kept).
const OF_CLIENT_BYTES: usize = 16 << 20;
/// Bytes of the replies to all clients, at most. Whoever takes up most gives way first.
pub(super) const OF_ALL_BYTES: usize = 128 << 20;
/// Bytes of a reply besides its result, at most: its longest path is ten digests, and it stands in two indexes.
const REPLY_BYTES: usize = 1024;

/// A reply to the request with this digest.
#[derive(Clone, Debug, Hash)]
struct Kept {
    request: Digest,
    reply: Reply,
    /// Which of the client's replies this is: an older one under the same key is no longer meant by its entry in the
    /// order.
    number: u64,
}

/// The replies to one client.
#[derive(Clone, Debug, Default, Hash)]
struct Replies {
    kept: BTreeMap<RequestKey, Kept>,
    /// Newest last, an entry for each that is kept.
    order: VecDeque<(u64, RequestKey)>,
    given: u64,
    bytes: usize,
}

impl Replies {
    fn keep(&mut self, request: Digest, reply: Reply) {
        let key = reply.answer().request;
        self.remove(&key);
        self.bytes += size(&reply);
        self.given += 1;
        self.order.push_back((self.given, key));
        self.kept.insert(key, Kept { request, reply, number: self.given });
    }

    fn remove(&mut self, key: &RequestKey) {
        if let Some(Kept { reply, number, .. }) = self.kept.remove(key) {
            self.bytes -= size(&reply);
            if let Ok(place) = self.order.binary_search(&(number, *key)) {
                self.order.remove(place);
            }
        }
    }

    fn remove_oldest(&mut self) {
        if let Some(&(_, key)) = self.order.front() {
            self.remove(&key);
        }
    }
}

/// The replies to all clients: at most one entry per registered client.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Answered {
    clients: BTreeMap<ClientId, Replies>,
    /// The clients by what their replies take up.
    by_bytes: BTreeSet<(usize, ClientId)>,
    bytes: usize,
}

fn size(reply: &Reply) -> usize {
    reply.result().map_or(0, bytes::Bytes::len) + REPLY_BYTES
}

impl Answered {
    /// The reply that this very request was given.
    pub(super) fn reply_to(&self, request: &Request) -> Option<&Reply> {
        let kept = self.clients.get(&request.key().client)?.kept.get(&request.key())?;
        (kept.request == request.digest()).then_some(&kept.reply)
    }

    /// The reply that was given last under this key.
    pub(super) fn get(&self, key: &RequestKey) -> Option<&Reply> {
        Some(&self.clients.get(&key.client)?.kept.get(key)?.reply)
    }

    /// Keeps the reply to the request with this digest, in place of any other under the same key.
    pub(super) fn keep(&mut self, request: Digest, reply: Reply) {
        self.change(reply.answer().request.client, |replies| {
            replies.keep(request, reply);
            while replies.order.len() > OF_CLIENT || (replies.bytes > OF_CLIENT_BYTES && replies.order.len() > 1) {
                replies.remove_oldest();
            }
        });
        while self.bytes > OF_ALL_BYTES {
            let Some(&(_, largest)) = self.by_bytes.last() else { break };
            self.change(largest, Replies::remove_oldest);
        }
    }

    /// Changes what is kept of a client, and what is known of its size.
    fn change(&mut self, client: ClientId, change: impl FnOnce(&mut Replies)) {
        let replies = self.clients.entry(client).or_default();
        self.bytes -= replies.bytes;
        self.by_bytes.remove(&(replies.bytes, client));
        change(replies);
        self.bytes += replies.bytes;
        if replies.order.is_empty() {
            self.clients.remove(&client);
        } else {
            self.by_bytes.insert((replies.bytes, client));
        }
    }
}

#[cfg(test)]
mod tests;
