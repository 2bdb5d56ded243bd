//! What monitoring can ask of a replica, in a registry of its own: several replicas in one process do not share one.
//!
//! Counters only ever grow and nothing here decides anything. Clients share one label, because their number is not
//! bounded by anything that a graph could show.

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use synod_kernel::{Address, Status};

/// Whose channel is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct PeerLabel {
    peer: String,
}

/// Whose channel, and why.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RefusalLabel {
    peer: String,
    reason: &'static str,
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ReasonLabel {
    reason: &'static str,
}

/// Which rule of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RuleLabel {
    rule: String,
}

/// The counters of one channel, looked up once.
#[derive(Clone, Debug)]
pub(crate) struct PeerCounters {
    pub(crate) frames_received: Counter,
    pub(crate) bytes_received: Counter,
    pub(crate) frames_sent: Counter,
    pub(crate) bytes_sent: Counter,
    pub(crate) frames_dropped: Counter,
    pub(crate) connections: Gauge,
}

macro_rules! metrics {
    ($($(#[doc = $help:literal])+ $name:ident: $type:ty,)*) => {
        /// Every metric of one replica.
        #[derive(Debug)]
        pub(crate) struct Metrics {
            registry: Registry,
            $($(#[doc = $help])+ pub(crate) $name: $type,)*
        }

        impl Default for Metrics {
            fn default() -> Self {
                let mut registry = Registry::with_prefix("synod");
                $(let $name = <$type>::default();
                registry.register(stringify!($name), concat!($($help),+).trim().trim_end_matches('.'), $name.clone());)*
                Self { registry, $($name,)* }
            }
        }
    };
}

metrics! {
    /// Frames received from a peer.
    frames_received: Family<PeerLabel, Counter>,
    /// Bytes of frames received from a peer.
    bytes_received: Family<PeerLabel, Counter>,
    /// Frames written to a peer.
    frames_sent: Family<PeerLabel, Counter>,
    /// Bytes of frames written to a peer.
    bytes_sent: Family<PeerLabel, Counter>,
    /// Frames for a peer that were dropped because its queue was full.
    frames_dropped: Family<PeerLabel, Counter>,
    /// Connections of a peer that are up.
    connections: Family<PeerLabel, Gauge>,
    /// Frames that were refused, and connections closed for it.
    frames_refused: Family<RefusalLabel, Counter>,
    /// Frames that did not decode or had a bad signature.
    frames_rejected: Counter,
    /// Handshakes that failed.
    handshakes_refused: Family<ReasonLabel, Counter>,
    /// Requests that reached the protocol.
    requests: Counter,
    /// Replies to clients.
    replies: Counter,
    /// Batches that were executed.
    batches_executed: Counter,
    /// Requests in them that were executed there for the first time.
    requests_executed: Counter,
    /// Operations in those.
    operations_executed: Counter,
    /// Records written to the log.
    log_records: Counter,
    /// Bytes of records written to the log.
    log_bytes: Counter,
    /// Times the log was made durable.
    log_syncs: Counter,
    /// Times the log was compacted.
    log_compactions: Counter,
    /// Times a rule of the protocol was applied.
    rules_applied: Family<RuleLabel, Counter>,
    /// The view.
    view: Gauge,
    /// The last batch that was executed.
    executed: Gauge,
    /// The last stable checkpoint.
    checkpoint: Gauge,
    /// Requests that the protocol waits for.
    pending: Gauge,
    /// Replicas against which there is evidence.
    accused: Gauge,
    /// Effects that wait for the log.
    held_effects: Gauge,
    /// Log commands that are not yet durable.
    log_queue: Gauge,
    /// Tasks that are not yet done.
    task_queue: Gauge,
    /// Verified inputs that wait for the protocol.
    input_queue: Gauge,
}

/// How clients are called in labels, all of them together.
const CLIENTS: &str = "clients";

/// How a peer is called in labels.
fn label(peer: Address) -> String {
    match peer {
        Address::Replica(id) => format!("replica-{id}"),
        Address::Client(_) => CLIENTS.to_owned(),
    }
}

impl Metrics {
    /// The counters of one peer.
    pub(crate) fn peer(&self, peer: Address) -> PeerCounters {
        let label = PeerLabel { peer: label(peer) };
        PeerCounters {
            frames_received: self.frames_received.get_or_create_owned(&label),
            bytes_received: self.bytes_received.get_or_create_owned(&label),
            frames_sent: self.frames_sent.get_or_create_owned(&label),
            bytes_sent: self.bytes_sent.get_or_create_owned(&label),
            frames_dropped: self.frames_dropped.get_or_create_owned(&label),
            connections: self.connections.get_or_create_owned(&label),
        }
    }

    /// How many connections of clients are up.
    pub(crate) fn client_connections(&self) -> i64 {
        self.connections.get_or_create_owned(&PeerLabel { peer: CLIENTS.to_owned() }).get()
    }

    /// Counts a frame that was refused.
    pub(crate) fn refuse(&self, peer: Address, reason: &'static str) {
        self.frames_refused.get_or_create(&RefusalLabel { peer: label(peer), reason }).inc();
    }

    /// Counts a handshake that failed.
    pub(crate) fn refuse_handshake(&self, reason: &'static str) {
        self.handshakes_refused.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// Counts how often a rule is applied.
    pub(crate) fn rule(&self, rule: String) -> Counter {
        self.rules_applied.get_or_create_owned(&RuleLabel { rule })
    }

    /// Shows what the protocol says of itself.
    pub(crate) fn show(&self, status: &Status) {
        let set = |gauge: &Gauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        set(&self.view, status.view.get());
        set(&self.executed, status.executed.get());
        set(&self.checkpoint, status.checkpoint.get());
        set(&self.pending, status.pending);
        set(&self.accused, status.accused.len() as u64);
    }

    /// Everything, as Prometheus reads it.
    pub(crate) fn render(&self) -> String {
        let mut page = String::new();
        text::encode(&mut page, &self.registry).expect("writing to a string never fails");
        page
    }
}

#[cfg(test)]
mod tests;
