//! Attacks that are made of many connections, each of which does the same.

use super::Tally;
use crate::channel::Fate;
use crate::folder::Folder;
use crate::pace::Pace;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// One connection of many.
#[derive(Clone)]
pub(super) struct Member {
    pub(super) folder: Arc<Folder>,
    /// Which, from 0.
    pub(super) number: usize,
    /// How long it has until the attack is over.
    pub(super) left: Duration,
}

impl Member {
    /// The replica whose turn it is.
    pub(super) fn replica(&self) -> usize {
        self.number % self.folder.replicas()
    }

    /// Chooses one of so many ways, another one for each round over the replicas.
    pub(super) fn way(&self, ways: usize) -> usize {
        self.number / self.folder.replicas() % ways
    }
}

/// Many connections.
pub(super) struct Crowd {
    pub(super) folder: Arc<Folder>,
    pub(super) at_once: usize,
}

impl Crowd {
    /// Has `one` done at the pace, so many at once, until the time is over.
    pub(super) async fn run<F>(&self, mut pace: Pace, tally: &mut Tally, one: fn(Member) -> F) -> io::Result<()>
    where
        F: Future<Output = io::Result<Fate>> + Send + 'static,
    {
        let mut members = JoinSet::new();
        let mut number = 0;
        while let Some(portion) = pace.portion().await {
            for _ in 0..portion {
                while let Some(ended) = members.try_join_next() {
                    tally.count(ended.unwrap_or_else(|error| Err(io::Error::other(error))));
                }
                if members.len() >= self.at_once {
                    continue;
                }
                tally.actions += 1;
                members.spawn(one(Member { folder: self.folder.clone(), number, left: pace.left() }));
                number += 1;
            }
        }
        let end = async {
            while let Some(ended) = members.join_next().await {
                tally.count(ended.unwrap_or_else(|error| Err(io::Error::other(error))));
            }
        };
        // Who waits for the replica to say something is not waited for.
        let _ = timeout(Duration::from_secs(1), end).await;
        Ok(())
    }
}
