//! What the Merkle map costs: `cargo run --release -p synod-state --example map_cost`.
//!
//! Prints medians in microseconds, at 100,000 entries with keys of 24 bytes and values of 100.

use std::hint::black_box;
use std::time::Instant;
use synod_state::map::{Assembler, MAX_KEY_BYTES, MapError, MerkleMap};

const ENTRIES: u64 = 100_000;
const ROUNDS: u64 = 200;

/// Scattered keys under a common prefix, as services have them.
fn key(number: u64) -> Vec<u8> {
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    format!("/service/{scattered:015x}").into_bytes()
}

/// The median duration of `ROUNDS` runs, in microseconds.
fn median(mut run: impl FnMut(u64)) -> f64 {
    let mut samples: Vec<f64> = (0..ROUNDS)
        .map(|round| {
            let start = Instant::now();
            run(round);
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn main() -> Result<(), MapError> {
    let mut map = MerkleMap::new();
    let start = Instant::now();
    for number in 0..ENTRIES {
        map.insert(&key(number), &[b'x'; 100])?;
    }
    println!("build, a put:               {:10.2}", start.elapsed().as_secs_f64() * 1e6 / ENTRIES as f64);
    let start = Instant::now();
    let mut snapshot = map.seal();
    black_box(snapshot.root());
    println!("first root, all hashed:     {:10.2}", start.elapsed().as_secs_f64() * 1e6);

    let (mut puts, mut roots) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let start = Instant::now();
        for number in 0..100 {
            map.insert(&key((round * 7919 + number * 977) % ENTRIES), &round.to_le_bytes())?;
        }
        puts.push(start.elapsed().as_secs_f64() * 1e6);
        let start = Instant::now();
        snapshot = map.seal();
        black_box(snapshot.root());
        roots.push(start.elapsed().as_secs_f64() * 1e6);
    }
    puts.sort_by(f64::total_cmp);
    roots.sort_by(f64::total_cmp);
    println!("100 puts after a seal:      {:10.2}", puts[puts.len() / 2]);
    println!("root after 100 puts:        {:10.2}", roots[roots.len() / 2]);
    println!("seal:                       {:10.2}", median(|_| drop(black_box(map.seal()))));
    println!("get:                        {:10.2}", median(|n| assert!(black_box(map.get(&key(n * 401))).is_some())));

    let older = snapshot.clone();
    map.insert(&key(5), b"changed")?;
    snapshot = map.seal();
    println!("diff of one change:         {:10.2}", median(|_| assert_eq!(older.diff(&snapshot).count(), 1)));
    let (root, probe) = (snapshot.root(), key(77));
    println!("prove:                      {:10.2}", median(|_| drop(black_box(snapshot.prove(&probe)))));
    let proof = snapshot.prove(&probe)?;
    println!("verify:                     {:10.2}", median(|_| drop(black_box(proof.verify(&root, &probe)))));
    println!("proof, in bytes:            {:10}", proof.encode().len());

    let start = Instant::now();
    let (mut assembler, mut bytes, mut chunks) = (Assembler::new(root), 0, 0);
    let first = |assembler: &Assembler| assembler.missing().next().map(|(from, _)| from.clone());
    while let Some(from) = first(&assembler) {
        let chunk = snapshot.chunk(&from, 256 * 1024);
        (bytes, chunks) = (bytes + chunk.encode().len(), chunks + 1);
        let verified = chunk.verify(&root, &from).expect("the chunk is ours");
        assembler.feed(&verified).expect("the chunk is the next");
    }
    let rebuilt = assembler.finish().expect("all chunks are here");
    assert_eq!(rebuilt.root(), root);
    println!("transfer, {chunks} chunks:        {:10.2}", start.elapsed().as_secs_f64() * 1e6);
    println!("transfer, in bytes:         {bytes:10}");
    deepest_path()
}

/// A put at the end of the longest path that an attacker can make: a key ends at each byte, and one parts at each half.
fn deepest_path() -> Result<(), MapError> {
    let (mut map, key) = (MerkleMap::new(), [b'a'; MAX_KEY_BYTES]);
    for length in 0..MAX_KEY_BYTES {
        map.insert(&key[..length], b"")?;
        map.insert(&[&key[..length], b"b"].concat(), b"")?;
    }
    let mut snapshot = map.seal();
    let cost = median(|round| {
        map.insert(&key, &round.to_le_bytes()).expect("the key is within the limits");
        snapshot = map.seal();
        black_box(snapshot.root());
    });
    println!("put and root, deepest path: {cost:10.2}");
    println!("its proof, in bytes:        {:10}", snapshot.prove(&key)?.encode().len());
    Ok(())
}
