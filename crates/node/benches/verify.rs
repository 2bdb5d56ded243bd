//! Signatures: making one, checking one, and checking many at once, as those of requests and votes that came together.
#![allow(missing_docs, unreachable_pub, reason = "criterion's macros make public functions")]
#![allow(clippy::unwrap_used)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use synod_kernel::ed25519::SecretKey;
use synod_kernel::signature::{Author, Check, Verifier};
use synod_kernel::{Digest, ReplicaId};
use synod_node::files::read_key;
use synod_node::genesis::{self, DevOptions};
use synod_node::verify::BatchVerifier;
use tempfile::TempDir;

fn signatures(criterion: &mut Criterion) {
    let folder = TempDir::new().unwrap();
    let made = genesis::dev(&folder.path().join("cluster"), &DevOptions::local(4, 1, 7000, 7100).unwrap()).unwrap();
    let verifier = BatchVerifier::new(&made.cluster);
    let keys: Vec<SecretKey> =
        made.replicas.iter().map(|path| SecretKey::from_seed(&read_key(&path.join("voting.key")).unwrap())).collect();
    let check = |number: u16| {
        let digest = Digest::of("bench", &number.to_le_bytes());
        let position = number % 4;
        let signature = keys[usize::from(position)].sign(&digest);
        Check { author: Author::Replica(ReplicaId::new(position)), digest, signature }
    };
    let checks: Vec<Check> = (0..256).map(check).collect();

    let digest = Digest::of("bench", b"to be signed");
    criterion.bench_function("sign", |bencher| bencher.iter(|| keys[0].sign(black_box(&digest))));
    let mut group = criterion.benchmark_group("verify");
    for count in [1, 4, 16, 64, 256] {
        group.throughput(Throughput::Elements(count as u64));
        group.bench_with_input(BenchmarkId::from_parameter(count), &checks[..count], |bencher, checks| {
            bencher.iter(|| verifier.verify(black_box(checks)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, signatures);
criterion_main!(benches);
