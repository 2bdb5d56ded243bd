//! `synod kv import`: many keys from standard input, several requests under way at once.
//!
//! A key is printed only when f+1 replicas vouch for its write. What is not answered is asked for again under the same
//! id, so that it happens once at most, also when every replica dies in between.

mod lines;

use super::Kv;
use super::report::Style;
use crate::failure::{Cause, Failure};
use crate::output::{self, Layout, Text};
use crate::requests;
use crate::session::{self, Session};
use lines::Line;
use serde::Serialize;
use std::collections::VecDeque;
use std::io;
use std::thread;
use std::time::Duration;
use synod_kv::{Answer, Revision};
use synod_node::client::{Client, Settled};
use synod_state::client::{Destination, Outcome};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Requests under way at once; well below what a session of a client can have.
const REQUESTS_MAX: usize = 16;
/// Lines in one request, at most.
const REQUEST_LINES: usize = 64;
/// Lines that were read and not sent yet, at most.
const QUEUE_MAX: usize = 256;
/// How long to wait for an answer before asking all replicas again.
const ATTEMPT: Duration = Duration::from_secs(4);

/// The writes of one request that were acknowledged.
struct Written {
    keys: Vec<Vec<u8>>,
    revisions: Vec<Revision>,
    seq: u64,
}

#[derive(Serialize)]
struct Json<'a> {
    key: Text<'a>,
    revision: u64,
    seq: u64,
}

/// Writes every line of standard input.
pub(super) fn run(arguments: &Kv) -> Result<(), Failure> {
    let (sender, lines) = mpsc::channel(QUEUE_MAX);
    let read = move || lines::read(&mut io::stdin().lock(), &sender);
    let spawned = thread::Builder::new().name("stdin".to_owned()).spawn(read);
    spawned.map_err(|error| Failure::new(Cause::Disk, format_args!("cannot read standard input: {error}")))?;
    session::block_on(async {
        let attempt = ATTEMPT.min(arguments.timeout);
        let session = Session::open_for(&arguments.dir, attempt, arguments.timeout).await?;
        write_all(arguments, &session.client, lines).await
    })
}

/// Sends lines as they come, and after the first failure no more, but waits for those under way.
async fn write_all(
    arguments: &Kv,
    client: &Client,
    mut lines: mpsc::Receiver<Result<Line, Failure>>,
) -> Result<(), Failure> {
    let (mut under_way, mut batch, mut bundles) = (JoinSet::new(), Vec::new(), VecDeque::new());
    let (mut written, mut failure, mut is_open) = (0, None, true);
    while is_open || !under_way.is_empty() || !bundles.is_empty() {
        // What was read at once may be more requests than have room.
        while under_way.len() < REQUESTS_MAX
            && let Some(bundle) = bundles.pop_front()
        {
            let (client, timeout, all) = (client.clone(), arguments.timeout, arguments.all);
            let destination = if all { Destination::All } else { Destination::Primary };
            under_way.spawn(async move { write(&client, bundle, destination, timeout).await });
        }
        tokio::select! {
            count = lines.recv_many(&mut batch, REQUEST_LINES), if is_open && bundles.is_empty() => {
                is_open = count > 0;
                let (good, bad) = split(batch.drain(..));
                if bad.is_some() {
                    (failure, is_open) = (failure.or(bad), false);
                }
                bundles.extend(requests::parted(good, REQUEST_LINES, |line| line.operation.len()));
            }
            Some(ended) = under_way.join_next(), if !under_way.is_empty() => {
                match ended.map_err(|error| Failure::new(Cause::Internal, error))? {
                    Ok(bundle) => {
                        written += bundle.keys.len();
                        acknowledge(&bundle, arguments)?;
                    }
                    Err(why) => {
                        bundles.clear();
                        (failure, is_open) = (failure.or(Some(why)), false);
                    }
                }
            }
        }
    }
    match failure {
        None => Ok(()),
        Some(failure) => {
            let why = failure.message().unwrap_or_default();
            Err(Failure::new(failure.cause(), format_args!("{why}; {written} keys were written, those printed")))
        }
    }
}

/// The lines up to the first that is not right, and what is not right about it.
fn split(batch: impl Iterator<Item = Result<Line, Failure>>) -> (Vec<Line>, Option<Failure>) {
    let mut good = Vec::new();
    for line in batch {
        match line {
            Ok(line) => good.push(line),
            Err(failure) => return (good, Some(failure)),
        }
    }
    (good, None)
}

/// Says that these keys are written.
fn acknowledge(bundle: &Written, arguments: &Kv) -> Result<(), Failure> {
    let style = Style::of(arguments);
    let mut text = Vec::new();
    for (key, revision) in bundle.keys.iter().zip(&bundle.revisions) {
        if arguments.json {
            let line = Json { key: Text(key), revision: revision.get(), seq: bundle.seq };
            text.extend(output::json_line(&line).into_bytes());
        } else {
            text.extend_from_slice(&style.show(key, Layout::Cell));
            text.push(b'\n');
        }
    }
    output::print_bytes(&text)
}

/// Has lines written as one request, and asks again until `timeout` has passed.
async fn write(
    client: &Client,
    bundle: Vec<Line>,
    destination: Destination,
    timeout: Duration,
) -> Result<Written, Failure> {
    let until = Instant::now() + timeout;
    let (keys, operations): (Vec<_>, Vec<_>) = bundle.into_iter().map(|line| (line.key, line.operation)).unzip();
    loop {
        let settled = requests::submit(client, &operations, destination).await;
        let mut settled = settled.map_err(|error| Failure::new(Cause::Failed, error))?;
        while settled.outcome == Outcome::Unknown && Instant::now() < until {
            settled = client.retry(settled.ticket).await.map_err(|error| Failure::new(Cause::Internal, error))?;
        }
        let Settled { outcome, .. } = settled;
        match outcome {
            // It never left, so it may be submitted again like something new.
            Outcome::Unavailable if Instant::now() < until => {}
            outcome => return judge(outcome, keys, timeout),
        }
    }
}

/// What an outcome means for the writes of a request.
fn judge(outcome: Outcome, keys: Vec<Vec<u8>>, timeout: Duration) -> Result<Written, Failure> {
    let count = keys.len();
    match outcome {
        Outcome::Committed { seq, results, .. } => {
            let mut revisions = Vec::with_capacity(count);
            for result in &results {
                match Answer::parse(result) {
                    Ok(Answer::Put { revision }) => revisions.push(revision),
                    Ok(Answer::Invalid(why)) => {
                        return Err(Failure::new(Cause::Failed, format_args!("the store refused: {why}")));
                    }
                    Ok(_) | Err(_) => return Err(nonsense()),
                }
            }
            if revisions.len() == count { Ok(Written { keys, revisions, seq: seq.get() }) } else { Err(nonsense()) }
        }
        Outcome::Rejected(refusal) => {
            Err(Failure::new(Cause::Failed, format_args!("the cluster refused a request: {refusal}")))
        }
        Outcome::Unavailable => Err(Failure::new(
            Cause::Unreachable,
            format_args!("no replica could be reached for {timeout:?}: {count} or more lines were not sent"),
        )),
        Outcome::Unknown => Err(Failure::new(
            Cause::Unreachable,
            format_args!(
                "too few replicas answered alike within {timeout:?}: THE OUTCOME OF {count} OR MORE WRITES IS UNKNOWN"
            ),
        )),
    }
}

fn nonsense() -> Failure {
    let sentence = "enough replicas vouch for an answer that no key-value store gives to a write: this cluster runs \
                    another service or version, or more replicas lie than it tolerates";
    Failure::new(Cause::Unverified, sentence)
}
