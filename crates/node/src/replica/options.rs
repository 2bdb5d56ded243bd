//! What the operator of one replica may choose; nothing here has to be the same at other replicas.

use crate::transport::Limits;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use synod_storage::log::LogOptions;

/// How one replica runs.
#[derive(Debug)]
pub struct ReplicaOptions {
    /// The number of the protocol, which stands in front of every frame.
    pub protocol: u8,
    /// Threads that verify signatures.
    pub verify_threads: NonZeroUsize,
    /// The bounds of its channels.
    pub limits: Limits,
    /// How the log uses the disk.
    pub log: LogOptions,
    /// Listen on this instead of the folder's address.
    pub listener: Option<TcpListener>,
    /// Serve the operator on this instead of the folder's admin address.
    pub admin_listener: Option<TcpListener>,
}

impl ReplicaOptions {
    /// The usual choice for a protocol: one verification thread less than there are processors, but at least one.
    pub fn new(protocol: u8) -> Self {
        let processors = available_parallelism().map_or(1, NonZeroUsize::get);
        let verify_threads = NonZeroUsize::new(processors.saturating_sub(1)).unwrap_or(NonZeroUsize::MIN);
        Self {
            protocol,
            verify_threads,
            limits: Limits::default(),
            log: LogOptions::default(),
            listener: None,
            admin_listener: None,
        }
    }
}
