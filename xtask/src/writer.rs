//! A client that writes numbered keys for as long as it is fed, and reading back what was acknowledged of them.
//!
//! It is one process, `synod kv import`, for the whole check, whatever happens to the replicas meanwhile. It appends a
//! key to a file when, and only when, its write was acknowledged. What a key must hold follows from its number.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, LOOK, file_for, output};
use crate::random::Random;

/// Bytes of a line of the file of acknowledged keys: all keys are equally long.
const LINE_BYTES: u64 = 17;
/// How long the client asks for one write before it gives up.
const WRITE_MAX: &str = "10m";
/// How long what is under way may take once nothing more is fed.
const END_MAX: Duration = Duration::from_secs(600);
/// Writes are fed in portions, one per such time.
const PORTION: Duration = Duration::from_millis(10);
/// How often one page of keys is asked for.
const READS_MAX: usize = 5;

/// What all keys begin with.
const PREFIX: &str = "key-";

/// The key with a number.
fn key(number: u64) -> String {
    format!("{PREFIX}{number:012}")
}

/// What the key with a number has to hold: 256 bytes.
fn value(number: u64) -> String {
    let mut random = Random::new(number);
    (0..16).map(|_| format!("{:016x}", random.next())).collect()
}

/// The number of a key.
fn number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix(PREFIX)?;
    digits.parse().ok().filter(|number| key(*number) == text)
}

/// A client that writes.
pub(crate) struct Writer {
    child: Child,
    feeder: Option<JoinHandle<io::Result<()>>>,
    stop: Arc<AtomicBool>,
    fed: Arc<AtomicU64>,
    acknowledged: PathBuf,
    log: PathBuf,
}

impl Writer {
    /// Starts to write so many keys a second, `limit` of them at most.
    pub(crate) fn start(cluster: &Cluster, a_second: u64, limit: u64) -> io::Result<Self> {
        let (acknowledged, log) = (cluster.path().join("acknowledged"), cluster.path().join("writer.log"));
        let mut command = cluster.client("kv");
        command.args(["--timeout", WRITE_MAX, "import"]);
        command.stdin(Stdio::piped()).stdout(file_for(&acknowledged)?).stderr(file_for(&log)?);
        let mut child = command.spawn()?;
        let input = child.stdin.take().expect("it was asked for");
        let (stop, fed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let feeder = thread::spawn({
            let (stop, fed) = (stop.clone(), fed.clone());
            move || feed(input, a_second, limit, &stop, &fed)
        });
        Ok(Self { child, feeder: Some(feeder), stop, fed, acknowledged, log })
    }

    /// How many writes were acknowledged.
    pub(crate) fn acknowledged(&self) -> io::Result<u64> {
        Ok(fs::metadata(&self.acknowledged)?.len() / LINE_BYTES)
    }

    /// Fails if it has ended.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(self.complain(&format!("the writing client ended by itself: {status}"))),
        }
    }

    /// Feeds nothing more, waits for what is under way, and returns what was acknowledged and how much was fed.
    pub(crate) fn finish(self) -> io::Result<(BTreeSet<u64>, u64)> {
        self.stop.store(true, Ordering::Relaxed);
        self.finish_all()
    }

    /// The same, once everything was fed.
    pub(crate) fn finish_all(mut self) -> io::Result<(BTreeSet<u64>, u64)> {
        let fed = self.feeder.take().map(JoinHandle::join);
        let until = Instant::now() + END_MAX;
        let status = loop {
            match self.child.try_wait()? {
                Some(status) => break status,
                None if Instant::now() < until => thread::sleep(LOOK),
                None => return Err(self.complain(&format!("the writing client did not end in {END_MAX:?}"))),
            }
        };
        if !status.success() {
            return Err(self.complain(&format!("the writing client failed: {status}")));
        }
        if let Some(Ok(Err(error))) = fed {
            return Err(error);
        }
        let text = fs::read_to_string(&self.acknowledged)?;
        let strange = |line: &str| self.complain(&format!("it acknowledged what nobody wrote: {line:?}"));
        let acknowledged: io::Result<_> = text.lines().map(|line| number(line).ok_or_else(|| strange(line))).collect();
        Ok((acknowledged?, self.fed.load(Ordering::Relaxed)))
    }

    fn complain(&self, what: &str) -> io::Error {
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        io::Error::other(format!("{what}; it said: {}", said.trim()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn feed(input: ChildStdin, a_second: u64, limit: u64, stop: &AtomicBool, fed: &AtomicU64) -> io::Result<()> {
    let portions = u64::try_from(Duration::from_secs(1).as_millis() / PORTION.as_millis()).unwrap_or(1);
    let portion = a_second.div_ceil(portions);
    let mut input = BufWriter::new(input);
    let mut next = Instant::now();
    let mut numbers = 0..limit;
    while !stop.load(Ordering::Relaxed) {
        for number in numbers.by_ref().take(usize::try_from(portion).unwrap_or(usize::MAX)) {
            writeln!(input, "{}\t{}", key(number), value(number))?;
            fed.store(number + 1, Ordering::Relaxed);
        }
        input.flush()?;
        if numbers.is_empty() {
            break;
        }
        // A client that was held up is not flooded afterwards.
        next = next.max(Instant::now()) + PORTION;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

/// What was read back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Acknowledged, and as written.
    pub(crate) right: u64,
    /// Acknowledged, and not there.
    pub(crate) lost: Vec<String>,
    /// There, and not as written, or never written.
    pub(crate) wrong: Vec<String>,
}

/// Reads every key back, verified, and compares. What others write stands before the first of them.
pub(crate) fn read_back(cluster: &Cluster, acknowledged: &BTreeSet<u64>, fed: u64) -> io::Result<Comparison> {
    Ok(compare(&read_all(cluster)?, acknowledged, fed))
}

/// Every key and its value, verified: lines of a key, a tab and a value. All keys have to be equally long.
pub(crate) fn read_all(cluster: &Cluster) -> io::Result<String> {
    let pages = cluster.path().join("read");
    let mut found = BufWriter::new(File::create(&pages)?);
    let mut from = PREFIX.to_owned();
    loop {
        let page = read_page(cluster, &from)?;
        let Some(last) = page.lines().last() else { break };
        // As all keys are equally long, this is greater than the last and smaller than the next.
        from = format!("{} ", last.split('\t').next().unwrap_or_default());
        found.write_all(page.as_bytes())?;
    }
    found.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::read_to_string(&pages)
}

fn read_page(cluster: &Cluster, from: &str) -> io::Result<String> {
    let read = || output(cluster.client("kv").args(["range", from]));
    let mut page = read();
    for _ in 1..READS_MAX {
        if page.is_ok() {
            break;
        }
        page = read();
    }
    String::from_utf8(page?).map_err(io::Error::other)
}

/// Compares what was found, lines of a key, a tab and a value, with what was acknowledged.
fn compare(found: &str, acknowledged: &BTreeSet<u64>, fed: u64) -> Comparison {
    let mut comparison = Comparison::default();
    let mut missing = acknowledged.clone();
    for line in found.lines() {
        let (found_key, found_value) = line.split_once('\t').unwrap_or((line, ""));
        match number(found_key).filter(|number| *number < fed && value(*number) == found_value) {
            Some(number) => comparison.right += u64::from(missing.remove(&number)),
            None => {
                comparison.wrong.push(line.to_owned());
                number(found_key).map(|number| missing.remove(&number));
            }
        }
    }
    comparison.lost = missing.into_iter().map(key).collect();
    comparison
}

#[cfg(test)]
mod tests;
