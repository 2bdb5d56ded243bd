//! The load: every key written, then every key that was acknowledged read back, many requests at once.

use super::narrator::{Line, Narrator};
use super::pace::{Latency, Pace};
use super::scene::Scene;
use crate::failure::{Cause, Failure};
use crate::requests;
use bytes::Bytes;
use std::ops::Range;
use std::time::Duration;
use synod_kernel::Encode;
use synod_kv::{Answer, Operation};
use synod_node::client::Client;
use synod_state::client::{Destination, Outcome};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// Requests under way at once; well below what a session of a client can have.
const REQUESTS_MAX: usize = 32;
/// How often a request is asked for again before it is given up.
const RETRIES: usize = 3;
/// How often the pace is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// Looks from one line about the pace to the next, where there is no bar.
const LOOKS_PER_LINE: u64 = 5;

/// What became of the writes.
pub(crate) struct Written {
    /// For each entry, whether it was acknowledged.
    pub(crate) acknowledged: Vec<bool>,
    /// From the first request to the last acknowledgement.
    pub(crate) took: Duration,
    /// How long an operation took from being asked for to its acknowledgement; none if none was acknowledged.
    pub(crate) latency: Option<Latency>,
    /// Why some were not acknowledged, once.
    pub(crate) complaint: Option<String>,
}

/// What was read back of the entries that were acknowledged.
#[derive(Default)]
pub(crate) struct Read {
    /// As written.
    pub(crate) right: usize,
    /// Another value.
    pub(crate) wrong: usize,
    /// Nothing.
    pub(crate) lost: usize,
    /// No answer, so nothing is known.
    pub(crate) unread: usize,
}

/// Sends the load.
pub(crate) struct Load<'a> {
    client: &'a Client,
    scene: &'a Scene,
    narrator: &'a Narrator,
    /// How many entries were written, or given up.
    settled: watch::Sender<usize>,
}

/// Operations on some of the entries, as one request.
struct Bundle {
    entries: Range<usize>,
    operations: Vec<Bytes>,
}

impl<'a> Load<'a> {
    /// Sends nothing yet.
    pub(crate) fn new(client: &'a Client, scene: &'a Scene, narrator: &'a Narrator) -> Self {
        Self { client, scene, narrator, settled: watch::Sender::new(0) }
    }

    /// Waits until so many writes are settled.
    pub(crate) async fn reached(&self, count: usize) {
        let mut settled = self.settled.subscribe();
        settled.wait_for(|settled| *settled >= count).await.expect("the sender is in self");
    }

    /// Writes every entry.
    pub(crate) async fn write_all(&self) -> Result<Written, Failure> {
        let entries = self.scene.entries();
        let begun = Instant::now();
        let acknowledged = vec![false; entries.len()];
        let mut written = Written { acknowledged, took: Duration::ZERO, latency: None, complaint: None };
        let put = |index: usize| {
            let entry = &entries[index];
            Operation::Put { key: entry.key.clone(), value: entry.value.clone() }
        };
        let all: Vec<usize> = (0..entries.len()).collect();
        let pace = self.send("writing", &all, put, |range, result| {
            match result {
                Ok(answers) => {
                    for (index, answer) in range.zip(answers) {
                        written.acknowledged[index] = matches!(answer, Answer::Put { .. });
                    }
                    written.took = begun.elapsed();
                }
                Err(complaint) => written.complaint = Some(complaint),
            }
            true
        });
        written.latency = pace.await?.latency();
        let acknowledged = written.acknowledged.iter().filter(|acknowledged| **acknowledged).count();
        let (took, rate) = (written.took, rate(acknowledged, written.took));
        let stall = if self.scene.liar().is_some() { ", the time without an honest primary included" } else { "" };
        let took = took.as_secs_f64();
        let latency = written.latency.map_or_else(String::new, |latency| format!(", {latency}"));
        let sentence = format!("{acknowledged} writes acknowledged in {took:.1} s: {rate:.0} a second{latency}{stall}");
        self.narrator.say(&sentence);
        Ok(written)
    }

    /// Reads every entry that was acknowledged, and compares.
    pub(crate) async fn read_all(&self, written: &Written) -> Result<Read, Failure> {
        let entries = self.scene.entries();
        let acknowledged: Vec<usize> = (0..entries.len()).filter(|index| written.acknowledged[*index]).collect();
        let mut read = Read::default();
        let get = |index: usize| Operation::Get { key: entries[index].key.clone() };
        self.send("reading", &acknowledged, get, |range, result| {
            let Ok(answers) = result else {
                read.unread += range.len();
                return false;
            };
            for (place, answer) in range.zip(answers) {
                match answer {
                    Answer::Value { entry: Some(found), .. } if found.value == entries[acknowledged[place]].value => {
                        read.right += 1;
                    }
                    Answer::Value { entry: None, .. } => read.lost += 1,
                    _ => read.wrong += 1,
                }
            }
            false
        })
        .await?;
        let Read { right, wrong, lost, .. } = read;
        self.narrator
            .say(&format!("everything that was acknowledged is read back: {right} right, {wrong} wrong, {lost} lost"));
        Ok(read)
    }

    /// Sends an operation for each of `indices`, and hands over the answers for places in `indices`. The handler says
    /// whether they count as settled writes. Returns how fast it went.
    async fn send(
        &self,
        what: &'static str,
        indices: &[usize],
        operation: impl Fn(usize) -> Operation,
        mut handle: impl FnMut(Range<usize>, Result<Vec<Answer>, String>) -> bool,
    ) -> Result<Pace, Failure> {
        self.narrator.begin(what, indices.len());
        let mut bundles = bundles(indices, self.scene.bundle(), operation).into_iter();
        let mut under_way = JoinSet::new();
        let (mut done, mut pace, mut looks) = (0, Pace::default(), 0_u64);
        let mut look = interval_at(Instant::now() + LOOK, LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            while under_way.len() < REQUESTS_MAX
                && let Some(Bundle { entries, operations }) = bundles.next()
            {
                let client = self.client.clone();
                under_way.spawn(async move {
                    let begun = Instant::now();
                    (entries, order(&client, operations).await, begun.elapsed())
                });
            }
            let ended = tokio::select! {
                ended = under_way.join_next() => ended,
                _ = look.tick() => {
                    looks += 1;
                    let line = if looks.is_multiple_of(LOOKS_PER_LINE) { Line::Due } else { Line::TooEarly };
                    self.narrator.pace(&pace.recent(Instant::now()), line);
                    continue;
                }
            };
            let Some(ended) = ended else { break };
            let (range, result, took) = ended.map_err(|error| Failure::new(Cause::Internal, error))?;
            done += range.len();
            if result.is_ok() {
                pace.done(Instant::now(), range.len(), took);
            }
            if handle(range, result) {
                self.settled.send_replace(done);
            }
            self.narrator.advance(done);
        }
        self.narrator.clear();
        Ok(pace)
    }
}

/// Operations a second.
pub(crate) fn rate(operations: usize, took: Duration) -> f64 {
    let operations = u32::try_from(operations).unwrap_or(u32::MAX);
    if took.is_zero() { 0.0 } else { f64::from(operations) / took.as_secs_f64() }
}

fn bundles(indices: &[usize], size: usize, operation: impl Fn(usize) -> Operation) -> Vec<Bundle> {
    let encoded = indices.iter().map(|index| Bytes::from(operation(*index).to_bytes()));
    let mut end = 0;
    let bundle = |operations: Vec<Bytes>| {
        let start = end;
        end += operations.len();
        Bundle { entries: start..end, operations }
    };
    requests::parted(encoded, size, Bytes::len).into_iter().map(bundle).collect()
}

/// Has operations executed, and returns their answers, which f+1 replicas vouch for.
async fn order(client: &Client, operations: Vec<Bytes>) -> Result<Vec<Answer>, String> {
    let settled = requests::submit(client, &operations, Destination::Primary).await;
    let mut settled = settled.map_err(|error| error.to_string())?;
    for _ in 0..RETRIES {
        if settled.outcome != Outcome::Unknown {
            break;
        }
        settled = client.retry(settled.ticket).await.map_err(|error| error.to_string())?;
    }
    match settled.outcome {
        Outcome::Committed { results, .. } => {
            results.iter().map(|result| Answer::parse(result).map_err(|error| error.to_string())).collect()
        }
        Outcome::Rejected(refusal) => Err(format!("the cluster refused a request: {refusal}")),
        Outcome::Unavailable => Err("no replica could be reached".to_owned()),
        Outcome::Unknown => {
            client.forget(settled.ticket).await;
            Err("too few replicas answered in time".to_owned())
        }
    }
}
