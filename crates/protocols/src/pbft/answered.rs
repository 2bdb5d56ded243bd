//! Replies that were given, to be given again to a client that missed one.
//!
//! What is no longer here the service still knows, as far as its sessions remember results.

use alloc::collections::{BTreeMap, VecDeque};
use synod_kernel::{ClientId, Digest, Reply, Request};

/// Replies kept per client, at most.
const OF_CLIENT: usize = 64;
/// Bytes of them, at most (one reply is always kept).
const OF_CLIENT_BYTES: usize = 16 << 20;
/// Bytes of the replies to all clients, at most. Whoever takes up most gives way first.
const OF_ALL_BYTES: usize = 128 << 20;
/// Bytes of a reply besides its result, about.
const REPLY_BYTES: usize = 512;

/// The replies to one client.
#[derive(Clone, Debug, Default, Hash)]
struct Replies {
    /// With the digest of the request, newest last.
    kept: VecDeque<(Digest, Reply)>,
    bytes: usize,
}

impl Replies {
    fn drop_oldest(&mut self) -> usize {
        let bytes = self.kept.pop_front().map_or(0, |(_, reply)| size(&reply));
        self.bytes -= bytes;
        bytes
    }
}

/// The replies to all clients: at most one entry per registered client.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Answered {
    clients: BTreeMap<ClientId, Replies>,
    bytes: usize,
}

fn size(reply: &Reply) -> usize {
    reply.result().len() + REPLY_BYTES
}

impl Answered {
    /// The reply that this very request was given.
    pub(super) fn reply_to(&self, request: &Request) -> Option<&Reply> {
        let replies = self.clients.get(&request.key().client)?;
        let same = |(digest, reply): &&(Digest, Reply)| {
            reply.answer().statement().request == request.key() && *digest == request.digest()
        };
        replies.kept.iter().find(same).map(|(_, reply)| reply)
    }

    /// Keeps the reply to the request with this digest.
    pub(super) fn keep(&mut self, digest: Digest, reply: Reply) {
        let replies = self.clients.entry(reply.answer().statement().request.client).or_default();
        let bytes = size(&reply);
        self.bytes += bytes;
        replies.bytes += bytes;
        replies.kept.push_back((digest, reply));
        while replies.kept.len() > OF_CLIENT || (replies.bytes > OF_CLIENT_BYTES && replies.kept.len() > 1) {
            self.bytes -= replies.drop_oldest();
        }
        while self.bytes > OF_ALL_BYTES {
            let Some(largest) = self.clients.values_mut().max_by_key(|replies| replies.bytes) else { break };
            self.bytes -= largest.drop_oldest();
        }
    }
}

#[cfg(test)]
mod tests;
