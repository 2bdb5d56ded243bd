//! The pages.

use crate::metrics::Metrics;
use crate::status::Reporter;
use crate::transport::Connectivity;
use serde::Serialize;
use std::sync::Arc;
use synod_kernel::{Membership, ReplicaId};

/// What the pages are made of.
pub(crate) struct Admin {
    id: ReplicaId,
    membership: Membership,
    reporter: Reporter,
    connectivity: Connectivity,
    metrics: Arc<Metrics>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// The HTTP status.
    pub(crate) code: u16,
    /// The type of the content.
    pub(crate) kind: &'static str,
    /// The content.
    pub(crate) body: String,
}

/// What `/readyz` says.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    replica: u16,
    state: String,
    view: u64,
    executed: u64,
    /// Replicas that are connected in both directions, this one included.
    connected: Vec<u16>,
    /// How many it takes.
    needed: usize,
    /// Replicas that are not connected.
    missing: Vec<u16>,
}

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

impl Admin {
    /// The pages of one replica.
    pub(crate) fn new(
        id: ReplicaId,
        membership: Membership,
        reporter: Reporter,
        connectivity: Connectivity,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { id, membership, reporter, connectivity, metrics }
    }

    /// Answers a request for `path`.
    pub(crate) fn page(&self, path: &str) -> Page {
        match path {
            "/healthz" => Page { code: 200, kind: TEXT, body: "alive\n".to_owned() },
            "/readyz" => self.readiness(),
            "/metrics" => {
                self.metrics.show_usage(&self.reporter.usage());
                Page { code: 200, kind: OPENMETRICS, body: self.metrics.render() }
            }
            _ => Page { code: 404, kind: TEXT, body: "there are /healthz, /readyz and /metrics\n".to_owned() },
        }
    }

    fn readiness(&self) -> Page {
        let mut connected = self.connectivity.connected();
        connected.push(self.id);
        connected.sort_unstable();
        let missing = self.membership.replicas().filter(|id| !connected.contains(id));
        let missing = missing.map(ReplicaId::get).collect();
        let needed = self.membership.strong();
        let ready = connected.len() >= needed;
        let status = self.reporter.protocol();
        let readiness = Readiness {
            ready,
            replica: self.id.get(),
            state: status.state,
            view: status.view.get(),
            executed: status.executed.get(),
            connected: connected.into_iter().map(ReplicaId::get).collect(),
            needed,
            missing,
        };
        let body = serde_json::to_string_pretty(&readiness).expect("numbers and strings are always JSON") + "\n";
        Page { code: if ready { 200 } else { 503 }, kind: JSON, body }
    }
}
