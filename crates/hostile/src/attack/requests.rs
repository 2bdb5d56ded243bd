//! What a registered client does with good signatures.

use super::Tally;
use crate::client::{Client, new_session};
use crate::folder::Folder;
use crate::frame::{Header, STATUS_QUERY};
use crate::kv;
use crate::line::Lines;
use crate::pace::Pace;
use crate::reply::Body;
use crate::request::{Place, Request};
use std::io;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Keys that attackers write to, so that what they write stays small.
const KEYS: u64 = 256;

fn operation(id: u64, value: &str) -> Vec<Vec<u8>> {
    vec![kv::put(format!("hostile/{}", id % KEYS).as_bytes(), value.as_bytes())]
}

/// Sends to a replica, and counts.
async fn send(lines: &mut Lines, tally: &mut Tally, replica: usize, frame: &[u8]) {
    tally.actions += 1;
    if lines.send(replica, frame).await.is_err() {
        tally.failed += 1;
    }
    tally.heard = lines.heard();
}

pub(super) async fn duplicates(folder: Arc<Folder>, mut pace: Pace, tally: &mut Tally) -> io::Result<()> {
    let mut lines = Lines::new(folder.clone(), None);
    let (session, mut id) = (new_session(), 0);
    while let Some(portion) = pace.portion().await {
        for _ in 0..portion {
            let ids = (id + 1..=id + 4).rev();
            id += 4;
            let frames: Vec<_> = ids
                .map(|id| Request::sign(&folder, Place { session, id }, &operation(id, "again")).frame(&folder))
                .collect();
            for frame in frames.iter().chain(&frames).chain(frames.iter().rev()) {
                for replica in 0..folder.replicas() {
                    send(&mut lines, tally, replica, frame).await;
                }
            }
        }
    }
    Ok(())
}

pub(super) async fn retransmissions(folder: Arc<Folder>, mut pace: Pace, tally: &mut Tally) -> io::Result<()> {
    let session = new_session();
    let (request, _) = Client::connect(folder.clone(), session).await.ask(&operation(0, "old")).await?;
    let frame = request.frame(&folder);
    let mut lines = Lines::new(folder.clone(), None);
    let mut next = 0;
    while let Some(portion) = pace.portion().await {
        // As many as are due in one write: it is the frames that count, not the packets.
        let frames = frame.repeat(usize::try_from(portion).unwrap_or_default());
        tally.actions += u64::from(portion);
        if lines.send(next % folder.replicas(), &frames).await.is_err() {
            tally.failed += u64::from(portion);
        }
        tally.heard = lines.heard();
        next += 1;
    }
    Ok(())
}

pub(super) async fn two_bodies(folder: Arc<Folder>, mut pace: Pace, tally: &mut Tally) -> io::Result<()> {
    let mut lines = Lines::new(folder.clone(), None);
    let (session, mut id) = (new_session(), 0);
    while let Some(portion) = pace.portion().await {
        for _ in 0..portion {
            id += 1;
            for replica in 0..folder.replicas() {
                let value = if (replica + usize::try_from(id).unwrap_or_default()) % 2 == 0 { "one" } else { "other" };
                let request = Request::sign(&folder, Place { session, id }, &operation(id, value));
                send(&mut lines, tally, replica, &request.frame(&folder)).await;
            }
        }
    }
    Ok(())
}

pub(super) async fn backups_only(folder: Arc<Folder>, mut pace: Pace, tally: &mut Tally) -> io::Result<()> {
    let mut lines = Lines::new(folder.clone(), None);
    let (session, mut id) = (new_session(), 0);
    while let Some(portion) = pace.portion().await {
        for _ in 0..portion {
            id += 1;
            let request = Request::sign(&folder, Place { session, id }, &operation(id, "backup")).frame(&folder);
            for replica in 1..folder.replicas() {
                send(&mut lines, tally, replica, &request).await;
            }
        }
    }
    Ok(())
}

pub(super) async fn flood(folder: Arc<Folder>, mut pace: Pace, tally: &mut Tally) -> io::Result<()> {
    let mut lines = Lines::new(folder.clone(), None);
    let (session, mut id) = (new_session(), 0);
    while let Some(portion) = pace.portion().await {
        for _ in 0..portion {
            id += 1;
            let request = Request::sign(&folder, Place { session, id }, &operation(id, "flood")).frame(&folder);
            send(&mut lines, tally, 0, &request).await;
        }
    }
    Ok(())
}

pub(super) async fn status_queries(folder: Arc<Folder>, mut pace: Pace, tally: &mut Tally) -> io::Result<()> {
    let mut lines = Lines::new(folder.clone(), None);
    let query = Header::new(folder.domain, STATUS_QUERY).frame(b"");
    let mut next = 0;
    while let Some(portion) = pace.portion().await {
        for _ in 0..portion {
            send(&mut lines, tally, next % folder.replicas(), &query).await;
            next += 1;
        }
    }
    Ok(())
}

pub(super) async fn extreme_ids(folder: Arc<Folder>, mut pace: Pace, tally: &mut Tally) -> io::Result<()> {
    let mut lines = Lines::new(folder.clone(), None);
    let session = new_session();
    let extremes = [0, 1, 2, 64, 65, 66, 1 << 32, u64::MAX - 64, u64::MAX - 1, u64::MAX];
    let mut next = 0;
    while let Some(portion) = pace.portion().await {
        for _ in 0..portion {
            // The largest session comes last: it lets no other in after it.
            let sessions = [session, 0, 1, u64::MAX - 1, u64::MAX];
            let place = Place {
                session: sessions[(next / extremes.len()).min(sessions.len() - 1)],
                id: extremes[next % extremes.len()],
            };
            next += 1;
            let frame = Request::sign(&folder, place, &operation(0, "extreme")).frame(&folder);
            for replica in 0..folder.replicas() {
                send(&mut lines, tally, replica, &frame).await;
            }
        }
    }
    Ok(())
}

pub(super) async fn same_key(folder: Arc<Folder>, mut pace: Pace, tally: &mut Tally) -> io::Result<()> {
    let session = new_session();
    let mut twins = Vec::new();
    for name in ["one twin", "other twin"] {
        twins.push((name, Client::connect(folder.clone(), session).await));
    }
    let mut id = 0;
    while let Some(portion) = pace.portion().await {
        for _ in 0..portion.div_ceil(2) {
            id += 1;
            let mut calls = JoinSet::new();
            for (name, mut client) in twins.drain(..) {
                calls.spawn(async move {
                    let body = client.ask(&operation(id, name)).await;
                    (name, client, body)
                });
            }
            while let Some(ended) = calls.join_next().await {
                let (name, client, body) = ended.map_err(io::Error::other)?;
                tally.actions += 1;
                match body {
                    // Whoever came second is told so, and takes no answer for its own.
                    Ok((_, Body::Executed(_) | Body::Refused(4, _))) => tally.answered += 1,
                    Ok((_, Body::Refused(..))) | Err(_) => tally.failed += 1,
                }
                twins.push((name, client));
            }
            if pace.left().is_zero() {
                return Ok(());
            }
        }
    }
    Ok(())
}
