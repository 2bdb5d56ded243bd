//! Watching the honest replicas during a demonstration: their view, their evidence, and how far they are.
//!
//! We know who is honest, because we started the liar ourselves; what the liar says of itself is never asked.

use super::narrator::Narrator;
use super::scene::Scene;
use crate::cli::Lie;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use synod_kernel::{Faults, Membership, ReplicaId, Seq, Status, View};
use synod_node::Client;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

const LOOK: Duration = Duration::from_millis(100);
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a restarted replica may take to catch up.
const RECOVERY: Duration = Duration::from_secs(60);
/// How long to wait for evidence that is still on its way.
const EVIDENCE: Duration = Duration::from_secs(5);

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// The highest view in which enough honest replicas have voted to get something done.
    pub(crate) view: View,
    /// Against whom there is evidence, and which honest replicas hold it.
    pub(crate) evidence: BTreeMap<ReplicaId, BTreeSet<ReplicaId>>,
    /// How far those are that answered when last asked.
    executed: BTreeMap<ReplicaId, Seq>,
}

/// Watches until it is dropped.
pub(crate) struct Watcher {
    client: Client,
    honest: Vec<ReplicaId>,
    seen: watch::Receiver<Seen>,
    expects_evidence: bool,
    task: AbortHandle,
}

impl Watcher {
    /// Watches from now on, and tells what changes.
    pub(crate) fn start(client: &Client, scene: &Scene, narrator: &Narrator) -> Self {
        let membership = Membership::new(scene.replicas(), Faults::Byzantine(scene.faults()));
        let membership = membership.expect("the cluster was made with these numbers");
        let sender = watch::Sender::new(Seen::default());
        let seen = sender.subscribe();
        let honest: Vec<ReplicaId> = scene.honest().collect();
        let watching = watch_all(client.clone(), honest.clone(), membership, sender, narrator.clone());
        let task = tokio::spawn(watching).abort_handle();
        let expects_evidence = scene.lie() == Some(Lie::Equivocate);
        Self { client: client.clone(), honest, seen, expects_evidence, task }
    }

    /// Waits for the first primary to be replaced.
    pub(crate) async fn wait_for_view_change(&self) {
        self.wait_for(|seen| seen.view > View::default()).await;
    }

    /// Waits until a replica is where enough others are now, and returns whether it came there in time.
    pub(crate) async fn wait_until_recovered(&self, id: ReplicaId, narrator: &Narrator) -> bool {
        let others: Vec<ReplicaId> = self.honest.iter().copied().filter(|other| *other != id).collect();
        let words = ask(&self.client, &others).await;
        // The slowest of the quorum that served while it was away.
        let target = words.values().map(|status| status.executed).min().unwrap_or_default();
        let has_recovered = |seen: &Seen| seen.executed.get(&id).is_some_and(|executed| *executed >= target);
        let recovered = timeout(RECOVERY, self.wait_for(has_recovered)).await.is_ok();
        narrator.say(&if recovered {
            format!("replica {id} has caught up with the others, at batch {target}")
        } else {
            format!("replica {id} has NOT caught up with the others in {RECOVERY:?}: they are at batch {target}")
        });
        recovered
    }

    /// What was seen in all.
    pub(crate) async fn settle(&self) -> Seen {
        if self.expects_evidence {
            // If there is none by then, the report says so.
            let _ = timeout(EVIDENCE, self.wait_for(|seen| !seen.evidence.is_empty())).await;
        }
        self.seen.borrow().clone()
    }

    async fn wait_for(&self, is_so: impl FnMut(&Seen) -> bool) {
        let mut seen = self.seen.clone();
        seen.wait_for(is_so).await.expect("the task that sees runs as long as this value is there");
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn watch_all(
    client: Client,
    honest: Vec<ReplicaId>,
    membership: Membership,
    seen: watch::Sender<Seen>,
    narrator: Narrator,
) {
    loop {
        let words = ask(&client, &honest).await;
        let old = seen.borrow().clone();
        let normal = words.values().filter(|status| status.state == "normal");
        let view = vouched(membership.strong(), normal.map(|status| status.view)).max(old.view);
        let mut new = Seen { view, evidence: old.evidence.clone(), executed: BTreeMap::new() };
        for (id, status) in words {
            new.executed.insert(id, status.executed);
            for culprit in status.accused {
                new.evidence.entry(culprit).or_default().insert(id);
            }
        }
        if new.view > old.view {
            let (before, now) = (membership.primary(old.view), membership.primary(new.view));
            narrator
                .say(&format!("the others have replaced replica {before}: view {}, led by replica {now}", new.view));
        }
        for culprit in new.evidence.keys().filter(|culprit| !old.evidence.contains_key(culprit)) {
            narrator.say(&format!("caught: there is proof that replica {culprit} signed contradictory statements"));
        }
        seen.send_replace(new);
        sleep(LOOK).await;
    }
}

async fn ask(client: &Client, replicas: &[ReplicaId]) -> BTreeMap<ReplicaId, Status> {
    let mut asked = JoinSet::new();
    for id in replicas.iter().copied() {
        let client = client.clone();
        asked.spawn(async move { Some((id, timeout(PATIENCE, client.status(id)).await.ok()?.ok()?.protocol)) });
    }
    asked.join_all().await.into_iter().flatten().collect()
}

/// The largest value that so many have reached.
fn vouched<T: Ord + Default>(count: usize, values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.into_iter().rev().nth(count.saturating_sub(1)).unwrap_or_default()
}
