//! Appending to the log and syncing it: in memory, where only our own work is left, and on the disk that holds the
//! folder for temporary files (the variable `TMPDIR` chooses another).
#![allow(missing_docs, unreachable_pub, reason = "criterion's macros make public functions")]
#![allow(clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use synod_storage::log::{Log, LogOptions};
use synod_storage::{Disk, Identity, MemoryDisk, RealDisk};

const IDENTITY: Identity = Identity { cluster: [7; 32], replica: 3, incarnation: 1 };
/// What grows beyond this is replaced, so that a long measurement does not fill the disk.
const LOG_MAX: u64 = 256 << 20;

/// A log that is emptied from time to time.
struct Endless<D: Disk> {
    log: Log<D>,
    written: u64,
}

impl<D: Disk> Endless<D> {
    fn new(disk: D) -> Self {
        Self { log: Log::create(disk, IDENTITY, LogOptions::default()).unwrap(), written: 0 }
    }

    fn group(&mut self, records: usize, record: &[u8]) {
        for _ in 0..records {
            self.log.append(record).unwrap();
        }
        self.log.sync().unwrap();
        self.written += (records * record.len()) as u64;
        if self.written > LOG_MAX {
            self.log.replace_all(&[]).unwrap();
            self.written = 0;
        }
        self.log.prepare().unwrap();
    }
}

fn measure<D: Disk>(criterion: &mut Criterion, name: &str, disk: D) {
    let mut log = Endless::new(disk);
    let mut group = criterion.benchmark_group(name);
    let (vote, body) = (vec![0x5a; 200], vec![0x5a; 300 << 10]);
    for (what, records, record) in
        [("one vote and a sync", 1, &vote), ("32 votes and a sync", 32, &vote), ("a batch and a sync", 1, &body)]
    {
        group.throughput(Throughput::Bytes((records * record.len()) as u64));
        group.bench_function(what, |bencher| bencher.iter(|| log.group(records, record)));
    }
    group.finish();
}

fn log(criterion: &mut Criterion) {
    measure(criterion, "log in memory", MemoryDisk::new());
    let folder = tempfile::tempdir().unwrap();
    measure(criterion, "log on disk", RealDisk::open(folder.path()).unwrap());
}

criterion_group!(benches, log);
criterion_main!(benches);
