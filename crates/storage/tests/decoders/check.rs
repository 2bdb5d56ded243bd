//! What must hold of a log and of a store of checkpoints, whatever was done to their files.

use crate::edits;
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use synod_storage::checkpoint::{CheckpointError, CheckpointStore, Loaded};
use synod_storage::log::{Log, LogError, LogOptions};
use synod_storage::{Disk, Identity, MemoryDisk};

const IDENTITY: Identity = Identity { cluster: [7; 32], replica: 3, incarnation: 1 };
/// Segments of a header and three data blocks.
const OPTIONS: LogOptions = LogOptions { segment_bytes: 4 * 4096, spares_max: 2 };

fn contents(disk: &MemoryDisk) -> BTreeMap<String, Vec<u8>> {
    let names = disk.list().expect("the disk is good");
    names.into_iter().map(|name| (name.clone(), edits::content(disk, &name))).collect()
}

/// The records of the log: the first two are its base, and each of the others is a batch.
static RECORDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let lengths = [(1, 40), (2, 5000), (3, 700), (4, 3000), (5, 0), (6, 5000), (7, 300)];
    lengths.iter().map(|&(number, length)| vec![number; length]).collect()
});
const BASE_RECORDS: usize = 2;

/// A log of three segments, and spare ones with what it was before it was compacted.
static LOG: LazyLock<MemoryDisk> = LazyLock::new(|| {
    let disk = MemoryDisk::new();
    let mut log = Log::create(disk.clone(), IDENTITY, OPTIONS).expect("an empty folder");
    for number in 0..4 {
        log.append(&vec![100 + number; 4000]).expect("a good disk");
        log.sync().expect("a good disk");
    }
    log.replace_all(&RECORDS[..BASE_RECORDS]).expect("a good disk");
    for record in &RECORDS[BASE_RECORDS..] {
        log.append(record).expect("a good disk");
        log.sync().expect("a good disk");
    }
    drop(log);
    disk
});

/// A log whose files were edited. What it returns was written, in the same order and from the beginning, and it can
/// go on from there; or it refuses and changes nothing.
pub(crate) fn log(input: &[u8]) -> Verdict {
    let disk = LOG.fork();
    let is_sealed_anew = edits::run(input, &disk);
    let (before, counters) = (contents(&disk), disk.counters());
    let (mut log, recovered) = match Log::open(disk.clone(), IDENTITY, OPTIONS) {
        Ok(opened) => opened,
        Err(error) => {
            assert!(is_about_the_files(&error), "{error}");
            assert!(contents(&disk) == before && disk.counters() == counters, "a refusal changes nothing");
            return Verdict::Malformed;
        }
    };
    if !is_sealed_anew {
        assert!(RECORDS.starts_with(&recovered.records), "only what was written, from the beginning");
        assert!(recovered.records.len() >= BASE_RECORDS, "a base is never torn");
    }
    log.append(b"after").expect("a good disk");
    log.sync().expect("a good disk");
    drop(log);
    let (_, again) = Log::open(disk, IDENTITY, OPTIONS).expect("what was opened once is opened again");
    let (last, others) = again.records.split_last().expect("it was appended");
    assert!(last == b"after", "what is appended is kept");
    assert!(others == recovered.records, "it goes on from there");
    verdict(recovered.records == *RECORDS, is_sealed_anew)
}

fn verdict(is_whole: bool, is_sealed_anew: bool) -> Verdict {
    match (is_whole, is_sealed_anew) {
        (true, _) => Verdict::Valid,
        (false, true) => Verdict::Forged,
        (false, false) => Verdict::Torn,
    }
}

fn is_about_the_files(error: &LogError) -> bool {
    match error {
        LogError::Damaged { .. }
        | LogError::Missing { .. }
        | LogError::ForeignIdentity { .. }
        | LogError::UnsupportedVersion { .. }
        | LogError::NotFound => true,
        LogError::Disk(_) | LogError::AlreadyExists { .. } | LogError::RecordTooLarge { .. } => false,
    }
}

type Changes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// What each checkpoint is.
static SAVED: LazyLock<Vec<Loaded>> = LazyLock::new(|| {
    let mut entries = BTreeMap::new();
    let mut saved = Vec::new();
    for (number, _, changes) in checkpoints() {
        for (key, value) in changes {
            match value {
                Some(value) => entries.insert(key, value),
                None => entries.remove(&key),
            };
        }
        saved.push(Loaded { sequence: number.into(), digest: [number; 32], entries: entries.clone() });
    }
    saved
});

/// Number, parent and changes: a base and a delta, and a base and two deltas.
fn checkpoints() -> Vec<(u8, Option<u64>, Changes)> {
    let put = |key: u8, length: usize| (vec![b'k', key], Some(vec![key; length]));
    let all = |first: usize| (0..10).map(|key| put(key, first + usize::from(key) * 7)).collect::<Changes>();
    vec![
        (10, None, all(0)),
        (20, Some(10), vec![put(3, 80), (vec![b'k', 4], None)]),
        (30, None, all(50)),
        (40, Some(30), vec![(vec![b'k', 0], None), put(5, 0)]),
        (50, Some(40), vec![put(0, 9), put(11, 70)]),
    ]
}

static CHECKPOINTS: LazyLock<MemoryDisk> = LazyLock::new(|| {
    let disk = MemoryDisk::new();
    let mut store = CheckpointStore::open(disk.clone(), IDENTITY).expect("an empty folder");
    for (number, parent, changes) in checkpoints() {
        store.save(number.into(), [number; 32], parent, changes).expect("a good disk");
    }
    drop(store);
    disk
});

/// A store whose files were edited. What it loads is what was saved under the highest number that is left; or it
/// refuses and changes nothing.
pub(crate) fn checkpoint(input: &[u8]) -> Verdict {
    let disk = CHECKPOINTS.fork();
    let is_sealed_anew = edits::run(input, &disk);
    let before = contents(&disk);
    let newest = disk.list().expect("the disk is good").len();
    let opened = CheckpointStore::open(disk.clone(), IDENTITY);
    let loaded = opened.and_then(|store| load(store, is_sealed_anew));
    assert!(contents(&disk) == before, "reading changes nothing");
    match loaded {
        Ok(loaded) => {
            if !is_sealed_anew {
                let is_left = |saved: &&Loaded| loaded.as_ref().is_some_and(|loaded| loaded == *saved);
                assert!(SAVED.iter().any(|saved| is_left(&saved)) || newest == 0, "only what was saved");
            }
            save_another(&disk);
            verdict(loaded.as_ref() == SAVED.last(), is_sealed_anew)
        }
        Err(error) => {
            assert!(is_about_the_store(&error), "{error}");
            Verdict::Malformed
        }
    }
}

fn load(store: CheckpointStore<MemoryDisk>, is_sealed_anew: bool) -> Result<Option<Loaded>, CheckpointError> {
    let (loaded, verified) = (store.load_newest(), store.verify());
    match &loaded {
        // Of files that were sealed anew a scrub may find less, since it does not look for what is missing.
        Err(CheckpointError::Missing { .. }) => {}
        Err(_) => assert!(verified.is_err() || is_sealed_anew, "a scrub finds what loading finds"),
        Ok(loaded) => assert_eq!(loaded.as_ref().map(|loaded| loaded.sequence), store.newest()),
    }
    loaded
}

/// A store that was opened takes another checkpoint.
fn save_another(disk: &MemoryDisk) {
    let mut store = CheckpointStore::open(disk.clone(), IDENTITY).expect("what was opened once is opened again");
    let changes = [(b"key", Some(b"value"))];
    store.save(60, [60; 32], None, changes).expect("a good disk");
    let loaded = store.load_newest().expect("it was saved").expect("it was saved");
    assert!(loaded.sequence == 60 && loaded.entries.len() == 1);
}

fn is_about_the_store(error: &CheckpointError) -> bool {
    match error {
        CheckpointError::Damaged { .. }
        | CheckpointError::Missing { .. }
        | CheckpointError::ForeignIdentity { .. }
        | CheckpointError::UnsupportedVersion { .. } => true,
        CheckpointError::Disk(_)
        | CheckpointError::NotNewer { .. }
        | CheckpointError::UnknownParent { .. }
        | CheckpointError::Unordered { .. }
        | CheckpointError::RemovalInBase { .. }
        | CheckpointError::EntryTooLarge { .. } => false,
    }
}
