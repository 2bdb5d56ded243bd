//! The clients and their tasks, each with one operation outstanding.

use super::arguments::Bench;
use super::recorder::{Ended, Recorder};
use super::workload::{Sort, Workload};
use crate::failure::{Cause, Failure};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use synod_kernel::Membership;
use synod_kv::Answer;
use synod_node::client::OperationOutcome;
use synod_node::{Bundler, CallError, Client, ClientFolder, ClientOptions};
use synod_protocols::pbft;
use synod_state::client::Outcome;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How long a task rests after an operation came to nothing, so that a cluster that refuses is not asked all the time.
const PAUSE: Duration = Duration::from_millis(20);

/// Operations under way.
pub(super) struct Load {
    /// Has no operations of its own: what it asks waits behind none.
    observer: Client,
    membership: Membership,
    is_over: Arc<AtomicBool>,
    tasks: JoinSet<()>,
}

impl Load {
    /// Connects every client and begins.
    pub(super) async fn start(arguments: &Bench, recorder: &Arc<Recorder>) -> Result<Self, Failure> {
        let folder = ClientFolder::open(&arguments.dir)?;
        let membership = folder.cluster().scope().membership;
        let mut options = ClientOptions::new(pbft::PROTOCOL);
        options.connect_timeout = options.connect_timeout.min(arguments.timeout);
        options.patience.deadline = arguments.timeout;
        let observer = Client::connect(&folder, options.clone()).await;
        let connected = observer.connected().len();
        if connected < membership.strong() {
            let (size, needed) = (membership.size(), membership.strong());
            let sentence = format!("{connected} of {size} replicas can be reached, {needed} are needed");
            return Err(Failure::new(Cause::Unreachable, sentence));
        }
        let mut connecting = JoinSet::new();
        let folder = Arc::new(folder);
        for _ in 0..arguments.clients {
            let (folder, options) = (folder.clone(), options.clone());
            connecting.spawn(async move { Client::connect(&folder, options).await });
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let mut tasks = JoinSet::new();
        for (position, client) in (0_u64..).zip(connecting.join_all().await) {
            let bundler = Bundler::new(client, arguments.bundles.into());
            for slot in 0..u64::from(arguments.outstanding) {
                let place = position * u64::from(arguments.outstanding) + slot;
                let workload = Workload::new(place, arguments.keys, arguments.read_percent, arguments.value_size);
                tasks.spawn(ask(bundler.clone(), workload, recorder.clone(), is_over.clone()));
            }
        }
        Ok(Self { observer, membership, is_over, tasks })
    }

    /// A client for asking how the replicas are.
    pub(super) fn observer(&self) -> &Client {
        &self.observer
    }

    /// The members of the cluster.
    pub(super) fn membership(&self) -> &Membership {
        &self.membership
    }

    /// Begins nothing more, and waits for what is under way, but not longer than `patience`.
    pub(super) async fn end(mut self, patience: Duration) {
        self.is_over.store(true, Ordering::Relaxed);
        // What has no outcome by then is left to the cluster.
        let _ = timeout(patience, async { while self.tasks.join_next().await.is_some() {} }).await;
    }
}

/// One operation after the other.
async fn ask(bundler: Bundler, mut workload: Workload, recorder: Arc<Recorder>, is_over: Arc<AtomicBool>) {
    while !is_over.load(Ordering::Relaxed) {
        let (sort, operation) = workload.next();
        let begun = Instant::now();
        let ended = judge(sort, bundler.call(operation).await);
        recorder.record(begun.elapsed(), ended);
        if !matches!(ended, Ended::Acknowledged { .. }) {
            sleep(PAUSE).await;
        }
    }
}

/// What an outcome means.
pub(super) fn judge(sort: Sort, outcome: Result<OperationOutcome, CallError>) -> Ended {
    let Ok(outcome) = outcome else { return Ended::NotSent };
    match outcome.request() {
        Outcome::Committed { .. } => match (sort, outcome.result().map(Answer::parse)) {
            (Sort::Put, Some(Ok(Answer::Put { .. }))) | (Sort::Get, Some(Ok(Answer::Value { .. }))) => {
                Ended::Acknowledged { first: outcome.index() == 0 }
            }
            (Sort::Put | Sort::Get, Some(Ok(Answer::Invalid(_)))) => Ended::Refused,
            (Sort::Put | Sort::Get, _) => Ended::Nonsense,
        },
        Outcome::Rejected(_) => Ended::Refused,
        Outcome::Unavailable => Ended::NotSent,
        Outcome::Unknown => Ended::Unknown,
    }
}
