//! A client that writes numbered keys for as long as it is fed, and reading back what was acknowledged of them.
//!
//! The client appends a key to a file when, and only when, its write was acknowledged. What a key must hold follows
//! from its number.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ChildStdin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::check::{Comparison, Findings};
use crate::cluster::{Cluster, LOOK, file_for, output};
use crate::convergence;
use crate::import::{Import, Portions};
use crate::random::Random;

/// Bytes of a line of the file of acknowledged keys: all keys are equally long.
const LINE_BYTES: u64 = 17;
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
    import: Import,
    feeder: JoinHandle<io::Result<()>>,
    stop: Arc<AtomicBool>,
    fed: Arc<AtomicU64>,
    acknowledged: PathBuf,
}

impl Writer {
    /// Starts to write so many keys a second, `limit` of them at most.
    pub(crate) fn start(cluster: &Cluster, a_second: u64, limit: u64) -> io::Result<Self> {
        let acknowledged = cluster.path().join("acknowledged");
        let mut import = Import::start(cluster, "writer.log", file_for(&acknowledged)?.into())?;
        let input = import.input();
        let (stop, fed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let feeder = thread::spawn({
            let (stop, fed) = (stop.clone(), fed.clone());
            move || feed(input, a_second, limit, &stop, &fed)
        });
        Ok(Self { import, feeder, stop, fed, acknowledged })
    }

    /// How many writes were acknowledged.
    pub(crate) fn acknowledged(&self) -> io::Result<u64> {
        Ok(fs::metadata(&self.acknowledged)?.len() / LINE_BYTES)
    }

    /// Fails if it has ended.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        self.import.check()
    }

    /// Waits until so many writes are acknowledged, and returns how many are.
    pub(crate) fn wait_for(&mut self, cluster: &mut Cluster, writes: u64, at_most: Duration) -> io::Result<u64> {
        let until = Instant::now() + at_most;
        loop {
            cluster.check()?;
            self.check()?;
            let acknowledged = self.acknowledged()?;
            if acknowledged >= writes {
                return Ok(acknowledged);
            }
            if Instant::now() > until {
                return Err(io::Error::other(format!("only {acknowledged} writes of {writes} in {at_most:?}")));
            }
            thread::sleep(LOOK);
        }
    }

    /// Feeds nothing more, waits for what is under way, reads it all back, and has the replicas end.
    pub(crate) fn settle(self, cluster: &mut Cluster) -> io::Result<Findings> {
        eprintln!("waiting for what is under way, then reading everything back");
        self.stop.store(true, Ordering::Relaxed);
        let (acknowledged, fed) = self.finish()?;
        let compare = |found: &str| compare(found, &acknowledged, fed);
        Findings::look(cluster, acknowledged.len() as u64, compare, convergence::wait)?.close(cluster)
    }

    /// Waits until everything was fed and what is under way has ended. Returns what was acknowledged, and how much was
    /// fed.
    pub(crate) fn finish(mut self) -> io::Result<(BTreeSet<u64>, u64)> {
        let fed = self.feeder.join().map_err(|_| io::Error::other("the thread that feeds the client panicked"))?;
        self.import.wait()?;
        fed?;
        let text = fs::read_to_string(&self.acknowledged)?;
        let strange = |line: &str| self.import.complain(&format!("it acknowledged what nobody wrote: {line:?}"));
        let acknowledged: io::Result<_> = text.lines().map(|line| number(line).ok_or_else(|| strange(line))).collect();
        Ok((acknowledged?, self.fed.load(Ordering::Relaxed)))
    }
}

fn feed(input: ChildStdin, a_second: u64, limit: u64, stop: &AtomicBool, fed: &AtomicU64) -> io::Result<()> {
    let mut input = BufWriter::new(input);
    let mut portions = Portions::new(a_second);
    let mut numbers = 0..limit;
    while !stop.load(Ordering::Relaxed) && !numbers.is_empty() {
        for number in numbers.by_ref().take(portions.due()) {
            writeln!(input, "{}\t{}", key(number), value(number))?;
            fed.store(number + 1, Ordering::Relaxed);
        }
        input.flush()?;
        portions.wait();
    }
    Ok(())
}

/// Every key and its value, verified: lines of a key, a tab and a value. All keys have to be equally long; what stands
/// before the first of them, others wrote.
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
