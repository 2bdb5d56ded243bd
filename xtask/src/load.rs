//! A client that overwrites a fixed set of keys for as long as it runs, and what it has to find in them.
//!
//! Each key is written with growing numbers, and never again before its last write was acknowledged. So a key holds the
//! number that was acknowledged last, or the one after it, which may have been under way.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::process::{ChildStdin, ChildStdout, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::check::Comparison;
use crate::cluster::{Cluster, file_for};
use crate::import::{Import, Portions};
use crate::random::Random;

/// Keys, at most.
pub(crate) const KEYS_MAX: u32 = 1_000_000;

/// The key at a position.
fn key(position: usize) -> String {
    format!("load-{position:07}")
}

/// The position of a key.
fn position(text: &str) -> Option<usize> {
    let digits = text.strip_prefix("load-")?;
    digits.parse().ok().filter(|position| key(*position) == text)
}

/// What a key holds after the write with a number.
fn value(position: usize, number: u64) -> String {
    let mut random = Random::new(number ^ (position as u64) << 40);
    let noise: String = (0..5).map(|_| format!("{:016x}", random.next())).collect();
    format!("{number:016}-{noise}")
}

/// The number of the write that left this in a key.
fn number(position: usize, text: &str) -> Option<u64> {
    let number = text.split('-').next()?.parse().ok()?;
    (value(position, number) == text).then_some(number)
}

/// What was written, by the positions of the keys. Numbers begin with 1; 0 is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Book {
    issued: Vec<u64>,
    acknowledged: Vec<u64>,
    /// Keys of which nothing is under way, in the order in which they are written next.
    idle: VecDeque<usize>,
    count: u64,
}

impl Book {
    fn new(keys: usize) -> Self {
        Self { issued: vec![0; keys], acknowledged: vec![0; keys], idle: (0..keys).collect(), count: 0 }
    }

    /// The next write, unless something is under way for every key.
    fn issue(&mut self) -> Option<(usize, u64)> {
        let position = self.idle.pop_front()?;
        self.issued[position] += 1;
        Some((position, self.issued[position]))
    }

    /// The last write of a key was acknowledged. Returns its number, or nothing if there was none.
    fn acknowledge(&mut self, position: usize) -> Option<u64> {
        let issued = *self.issued.get(position)?;
        if self.acknowledged[position] == issued {
            return None;
        }
        self.acknowledged[position] = issued;
        self.idle.push_back(position);
        self.count += 1;
        Some(issued)
    }

    /// How many writes were acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.count
    }

    /// Compares what was found, lines of a key, a tab and a value, with what was written.
    pub(crate) fn compare(&self, found: &str) -> Comparison {
        let mut comparison = Comparison::default();
        let mut is_missing: Vec<bool> = self.acknowledged.iter().map(|number| *number > 0).collect();
        for line in found.lines() {
            let (found_key, found_value) = line.split_once('\t').unwrap_or((line, ""));
            let position = position(found_key).filter(|position| *position < self.issued.len());
            let number = position.and_then(|position| number(position, found_value));
            let Some((position, number)) = position.zip(number).filter(|(at, number)| *number <= self.issued[*at])
            else {
                comparison.wrong.push(line.to_owned());
                position.into_iter().for_each(|position| is_missing[position] = false);
                continue;
            };
            is_missing[position] = false;
            let acknowledged = self.acknowledged[position];
            if number < acknowledged {
                comparison.lost.push(format!("{found_key}: write {acknowledged}, it holds {number}"));
            } else if acknowledged > 0 {
                comparison.right += 1;
            }
        }
        let missing = (0..).zip(is_missing).filter(|(_, is_missing)| *is_missing);
        comparison.lost.extend(missing.map(|(at, _)| format!("{}: it is not there", key(at))));
        comparison
    }

    /// How many keys were acknowledged at least once.
    pub(crate) fn keys(&self) -> u64 {
        self.acknowledged.iter().filter(|number| **number > 0).count() as u64
    }
}

#[derive(Debug)]
struct Shared {
    is_over: bool,
    book: Book,
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A client that writes.
pub(crate) struct Load {
    import: Import,
    feeder: JoinHandle<io::Result<()>>,
    listener: JoinHandle<io::Result<()>>,
    shared: Arc<Mutex<Shared>>,
}

impl Load {
    /// Starts to write, so often a second at most, to so many keys.
    pub(crate) fn start(cluster: &Cluster, a_second: u64, keys: u32) -> io::Result<Self> {
        let history = BufWriter::new(file_for(&cluster.path().join("acknowledged"))?);
        let mut import = Import::start(cluster, "load.log", Stdio::piped())?;
        let (input, output) = (import.input(), import.output().expect("it was asked for"));
        let keys = usize::try_from(keys).map_err(io::Error::other)?;
        let shared = Arc::new(Mutex::new(Shared { is_over: false, book: Book::new(keys) }));
        let for_feeder = shared.clone();
        let feeder = thread::spawn(move || feed(input, a_second, &for_feeder));
        let for_listener = shared.clone();
        let listener = thread::spawn(move || listen(output, history, &for_listener));
        Ok(Self { import, feeder, listener, shared })
    }

    /// How many writes were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> u64 {
        lock(&self.shared).book.acknowledged()
    }

    /// Fails if it has ended.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        self.import.check()
    }

    /// Feeds nothing more, waits for what is under way, and returns what was written.
    pub(crate) fn finish(mut self) -> io::Result<Book> {
        lock(&self.shared).is_over = true;
        self.import.wait()?;
        for thread in [self.feeder, self.listener] {
            thread.join().map_err(|_| io::Error::other("a thread of the load panicked"))??;
        }
        let book = lock(&self.shared).book.clone();
        if book.acknowledged != book.issued {
            return Err(self.import.complain("the writing client ended well before everything was acknowledged"));
        }
        Ok(book)
    }
}

fn feed(input: ChildStdin, a_second: u64, shared: &Mutex<Shared>) -> io::Result<()> {
    let mut input = BufWriter::new(input);
    let mut portions = Portions::new(a_second);
    loop {
        let writes: Vec<(usize, u64)> = {
            let mut shared = lock(shared);
            if shared.is_over {
                return input.flush();
            }
            std::iter::from_fn(|| shared.book.issue()).take(portions.due()).collect()
        };
        for (position, number) in writes {
            writeln!(input, "{}\t{}", key(position), value(position, number))?;
        }
        input.flush()?;
        portions.wait();
    }
}

/// Notes what is acknowledged, and when, for people as well.
fn listen(output: ChildStdout, mut history: impl Write, shared: &Mutex<Shared>) -> io::Result<()> {
    let start = Instant::now();
    for line in BufReader::new(output).lines() {
        let line = line?;
        let number = position(&line).and_then(|position| lock(shared).book.acknowledge(position));
        let number = number.ok_or_else(|| io::Error::other(format!("acknowledged, and not under way: {line:?}")))?;
        writeln!(history, "{}\t{line}\t{number}", start.elapsed().as_millis())?;
    }
    history.flush()
}

#[cfg(test)]
mod tests;
