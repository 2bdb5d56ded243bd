//! The Merkle map: filling it, hashing it, and what a batch of changes costs once it is full.
#![allow(missing_docs, unreachable_pub, reason = "criterion's macros make public functions")]
#![allow(clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use synod_state::map::MerkleMap;

const ENTRIES: u64 = 10_000;
const CHANGES: u64 = 1024;

fn key(number: u64) -> Vec<u8> {
    format!("bench-{number:08}").into_bytes()
}

fn full() -> MerkleMap {
    let mut map = MerkleMap::new();
    for number in 0..ENTRIES {
        map.insert(&key(number), &[0x5a; 256]).unwrap();
    }
    map
}

/// Overwrites scattered keys.
fn change(map: &mut MerkleMap) {
    for number in 0..CHANGES {
        map.insert(&key(number * 7919 % ENTRIES), &[0xa5; 256]).unwrap();
    }
}

fn map(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("map of 10000 keys");
    group.throughput(Throughput::Elements(ENTRIES));
    group.bench_function("insert all", |bencher| bencher.iter(full));
    group.bench_function("root of all, nothing hashed yet", |bencher| {
        bencher.iter_batched(full, |map| (map.root(), map), BatchSize::LargeInput);
    });
    group.throughput(Throughput::Elements(CHANGES));
    let sealed = full().seal();
    sealed.root();
    group.bench_function("1024 changes after a seal", |bencher| {
        let changed = |mut map: MerkleMap| {
            change(&mut map);
            map
        };
        bencher.iter_batched(|| sealed.to_map(), changed, BatchSize::LargeInput);
    });
    group.bench_function("root after 1024 changes", |bencher| {
        let changed = || {
            let mut map = sealed.to_map();
            change(&mut map);
            map
        };
        bencher.iter_batched(changed, |map| (black_box(map.root()), map), BatchSize::LargeInput);
    });
    group.finish();
}

criterion_group!(benches, map);
criterion_main!(benches);
