//! What monitoring can ask of a replica, in a registry of its own: several replicas in one process do not share one.
//!
//! Counters only ever grow and nothing here decides anything. Clients share one label, because their number is not
//! bounded by anything that a graph could show.

use crate::status::Usage;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;
use synod_kernel::{Address, Status};

mod stage;

use stage::{Busy, Waits, counts, durations, waits};
pub(crate) use stage::{Meter, Stage, count};

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

/// Which kind of sync.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct SyncLabel {
    purpose: &'static str,
}

/// What monitoring expects of every process under these very names.
#[derive(Debug, Default)]
struct ProcessMetrics {
    cpu_seconds: Counter<f64, AtomicU64>,
    resident_bytes: Gauge,
}

impl ProcessMetrics {
    fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let Self { cpu_seconds, resident_bytes } = &metrics;
        let help = "Processor time of the process in seconds, user and system together";
        registry.register("process_cpu_seconds", help, cpu_seconds.clone());
        let help = "Memory of the process that is resident, in bytes";
        registry.register("process_resident_memory_bytes", help, resident_bytes.clone());
        metrics
    }
}

macro_rules! metrics {
    ($($(#[doc = $help:literal])+ $name:ident: $type:ty = $new:expr,)*) => {
        /// Every metric of one replica.
        #[derive(Debug)]
        pub(crate) struct Metrics {
            registry: Registry,
            process: ProcessMetrics,
            $($(#[doc = $help])+ pub(crate) $name: $type,)*
        }

        impl Default for Metrics {
            fn default() -> Self {
                let mut registry = Registry::default();
                let process = ProcessMetrics::register(&mut registry);
                let ours = registry.sub_registry_with_prefix("synod");
                $(let $name: $type = $new;
                ours.register(stringify!($name), concat!($($help),+).trim().trim_end_matches('.'), $name.clone());)*
                Self { registry, process, $($name,)* }
            }
        }
    };
}

metrics! {
    /// Frames received from a peer.
    frames_received: Family<PeerLabel, Counter> = Family::default(),
    /// Bytes of frames received from a peer.
    bytes_received: Family<PeerLabel, Counter> = Family::default(),
    /// Frames written to a peer.
    frames_sent: Family<PeerLabel, Counter> = Family::default(),
    /// Bytes of frames written to a peer.
    bytes_sent: Family<PeerLabel, Counter> = Family::default(),
    /// Frames for a peer that were dropped because its queue was full.
    frames_dropped: Family<PeerLabel, Counter> = Family::default(),
    /// Connections of a peer that are up.
    connections: Family<PeerLabel, Gauge> = Family::default(),
    /// Frames that were refused, and connections closed for it.
    frames_refused: Family<RefusalLabel, Counter> = Family::default(),
    /// Frames that did not decode or had a bad signature.
    frames_rejected: Counter = Counter::default(),
    /// Frames that the protocol did not need any more, and whose signatures were not checked.
    frames_needless: Counter = Counter::default(),
    /// Handshakes that failed.
    handshakes_refused: Family<ReasonLabel, Counter> = Family::default(),
    /// Requests that reached the protocol.
    requests: Counter = Counter::default(),
    /// Replies to clients.
    replies: Counter = Counter::default(),
    /// Batches that were executed.
    batches_executed: Counter = Counter::default(),
    /// Requests in them that were executed there for the first time.
    requests_executed: Counter = Counter::default(),
    /// Operations in those.
    operations_executed: Counter = Counter::default(),
    /// Records written to the log.
    log_records: Counter = Counter::default(),
    /// Bytes of records written to the log.
    log_bytes: Counter = Counter::default(),
    /// Times the log was made durable.
    log_syncs: Counter = Counter::default(),
    /// Times the log was compacted.
    log_compactions: Counter = Counter::default(),
    /// Times a rule of the protocol was applied.
    rules_applied: Family<RuleLabel, Counter> = Family::default(),
    /// The view.
    view: Gauge = Gauge::default(),
    /// The last batch that was executed.
    executed: Gauge = Gauge::default(),
    /// The last stable checkpoint.
    checkpoint: Gauge = Gauge::default(),
    /// Requests that the protocol waits for.
    pending: Gauge = Gauge::default(),
    /// Replicas against which there is evidence.
    accused: Gauge = Gauge::default(),
    /// Effects that wait for the log.
    held_effects: Gauge = Gauge::default(),
    /// Log commands that are not yet durable.
    log_queue: Gauge = Gauge::default(),
    /// Tasks that are not yet done.
    task_queue: Gauge = Gauge::default(),
    /// Verified inputs that wait for the protocol.
    input_queue: Gauge = Gauge::default(),
    /// Seconds that a stage has worked; those of the log and of checkpoints count waiting for the disk.
    stage_seconds: Busy = Busy::default(),
    /// Seconds that work waited for a stage.
    stage_wait_seconds: Waits = waits(),
    /// Signatures that were checked.
    signatures_checked: Counter = Counter::default(),
    /// Seconds that one sync of the log took.
    log_sync_seconds: Histogram = durations(),
    /// Records that became durable with one sync.
    log_group_records: Histogram = counts(),
    /// Seconds that the service took for one batch.
    execute_batch_seconds: Histogram = durations(),
    /// Seconds that it took to hash one checkpoint and make it durable.
    save_checkpoint_seconds: Histogram = durations(),
    /// Operations in one batch.
    batch_operations: Histogram = counts(),
    /// Calls of fdatasync and fsync on the data folder, by purpose.
    syncs: Family<SyncLabel, Counter> = Family::default(),
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

    /// Shows what the process uses.
    pub(crate) fn show_usage(&self, usage: &Usage) {
        if let Some(microseconds) = usage.cpu_microseconds {
            let seconds = std::time::Duration::from_micros(microseconds).as_secs_f64();
            let shown = &self.process.cpu_seconds;
            shown.inc_by((seconds - shown.get()).max(0.0));
        }
        self.process.resident_bytes.set(usage.resident_bytes.and_then(|bytes| i64::try_from(bytes).ok()).unwrap_or(0));
        let syncs = [
            ("log", usage.syncs.log),
            ("log-upkeep", usage.syncs.log_upkeep),
            ("checkpoints", usage.syncs.checkpoints),
        ];
        for (purpose, count) in syncs {
            let shown = self.syncs.get_or_create_owned(&SyncLabel { purpose });
            shown.inc_by(count.saturating_sub(shown.get()));
        }
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
