//! Tells replicas which session a connection is for, so that they send only its replies there.
//!
//! Several programs may share a client's key; without this each would get the replies to all of them.

use crate::transport::{SendQueue, Weight};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use synod_kernel::SessionId;
use synod_kernel::frame::{FrameKind, Header};

/// The session that a client is in. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Announcement {
    header: Header,
    session: Arc<AtomicU64>,
}

impl Announcement {
    /// The client is in this session.
    pub(super) fn new(header: Header, session: SessionId) -> Self {
        let header = Header { kind: FrameKind::Session, ..header };
        Self { header, session: Arc::new(AtomicU64::new(session.get())) }
    }

    /// Says so on a connection. If that breaks before it is said, it is said on the next one.
    pub(super) fn say(&self, queue: &SendQueue) {
        let session = SessionId::new(self.session.load(Ordering::Acquire));
        queue.push(Bytes::from(self.header.frame(&session)), Weight::Essential);
    }

    /// The client is in this session now. Whether it was in another one.
    pub(super) fn change(&self, session: SessionId) -> bool {
        self.session.swap(session.get(), Ordering::AcqRel) != session.get()
    }
}
