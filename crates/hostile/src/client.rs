//! A correct client, as small as the document allows: one request at a time.

use crate::folder::Folder;
use crate::frame::REPLY;
use crate::line::{Heard, Lines, Listener};
use crate::reply::{Answer, Body, Reply};
use crate::request::{Place, Request};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// From the first sending to the second; doubles each time.
const WIDEN: Duration = Duration::from_millis(300);
const WIDEST: Duration = Duration::from_secs(10);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A session that is larger than all before it.
pub(crate) fn new_session() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let microseconds = u64::try_from(since.as_micros()).unwrap_or(u64::MAX >> 13);
    microseconds * 4096 + getrandom::u64().unwrap_or(0) % 4096
}

/// A client in one session.
pub(crate) struct Client {
    folder: Arc<Folder>,
    lines: Lines,
    heard: mpsc::Receiver<Heard>,
    session: u64,
    id: u64,
    /// The latest view of each replica.
    views: BTreeMap<usize, u64>,
}

impl Client {
    /// A client in this session.
    pub(crate) async fn connect(folder: Arc<Folder>, session: u64) -> Self {
        let (sender, heard) = mpsc::channel(256);
        let lines = Lines::new(folder.clone(), Some(Listener { session, heard: sender }));
        Self { folder, lines, heard, session, id: 0, views: BTreeMap::new() }
    }

    /// Has operations carried out, and returns what f+1 replicas vouch for.
    pub(crate) async fn call(&mut self, operations: &[Vec<u8>]) -> io::Result<Vec<Vec<u8>>> {
        match self.ask(operations).await?.1 {
            Body::Executed(results) => Ok(results),
            Body::Refused(reason, detail) => Err(io::Error::other(format!("refused: {reason} {detail:?}"))),
        }
    }

    /// The same, refusals included, with the request that was resolved.
    pub(crate) async fn ask(&mut self, operations: &[Vec<u8>]) -> io::Result<(Request, Body)> {
        self.id += 1;
        let place = Place { session: self.session, id: self.id };
        let request = Request::sign(&self.folder, place, operations);
        let frame = request.frame(&self.folder);
        let until = Instant::now() + PATIENCE;
        // Replies come over channels that are up, so all of them are made before the primary alone is asked.
        let mut primary_alone = self.lines.made > 0;
        let mut wait = WIDEN;
        let mut answers = BTreeMap::new();
        while Instant::now() < until {
            if primary_alone {
                let primary = self.primary();
                // If it cannot be reached, all are asked soon enough.
                let _ = self.lines.send(primary, &frame).await;
            } else {
                self.lines.send_to_all(&frame).await;
            }
            let again = until.min(Instant::now() + wait);
            while let Ok(Some(heard)) = timeout_at(again, self.heard.recv()).await {
                if let Some(body) = self.hear(&request, heard, &mut answers) {
                    return Ok((request, body));
                }
            }
            primary_alone = false;
            wait = (wait * 2).min(WIDEST);
        }
        Err(io::Error::other("unknown: too few replicas answered"))
    }

    /// The primary of the (f+1)-th largest view.
    fn primary(&self) -> usize {
        let mut views: Vec<u64> = self.views.values().copied().collect();
        views.sort_unstable_by(|one, other| other.cmp(one));
        let view = views.get(self.folder.enough() - 1).copied().unwrap_or(0);
        usize::try_from(view % self.folder.replicas() as u64).unwrap_or(0)
    }

    /// Takes in a frame. The answer, once f+1 replicas have given it.
    fn hear(&mut self, request: &Request, heard: Heard, answers: &mut BTreeMap<usize, Reply>) -> Option<Body> {
        let (from, kind, body) = heard;
        if kind != REPLY {
            return None;
        }
        let reply = Reply::read(&self.folder, from, &body).ok()?;
        let view = self.views.entry(from).or_default();
        *view = reply.view.max(*view);
        if !reply.is_about(&self.folder, request) {
            return None;
        }
        if answers.get(&from).is_some_and(|known: &Reply| known.answer.seq > reply.answer.seq) {
            return None;
        }
        let Reply { answer, resolution: Some(resolution), .. } = reply.clone() else { return None };
        answers.insert(from, reply);
        let same = |other: &&Answer| **other == answer;
        let agreeing = answers.values().map(|reply| &reply.answer).filter(same).count();
        (agreeing >= self.folder.enough()).then_some(resolution.body)
    }
}
