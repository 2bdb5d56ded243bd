//! Encoding and decoding a batch as a primary proposes it under load: 16 requests of 64 operations of 300 bytes.
//!
//! Decoding includes the digests of all requests, which it takes from the bytes where they stand.
#![allow(missing_docs, unreachable_pub, reason = "criterion's macros make public functions")]
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{
    Batch, ClientId, Digest, Domain, Encode, Epoch, Faults, Membership, Request, RequestId, Scope, SessionId,
    Unverified,
};

const CLIENT: ClientId = ClientId::new([7; 32]);

fn codec(criterion: &mut Criterion) {
    let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
    let domain = Domain { cluster: Digest::of("bench", b"cluster"), epoch: Epoch::new(0) };
    let scope = Scope { domain, membership, window: 256 };
    let signer = Referee::new(1, membership, [CLIENT]).signer(Author::Client(CLIENT));
    let request = |id: u64| {
        let operations = (0..64).map(|_| Bytes::from(vec![0x5a; 300])).collect();
        Request::sign(SessionId::new(1), RequestId::new(id), operations, &domain, &signer).unwrap()
    };
    let batch = Batch::new((1..=16).map(request).collect());
    let encoded = Bytes::from(batch.to_bytes());

    let mut group = criterion.benchmark_group("batch of 1024 operations");
    group.throughput(Throughput::Bytes(encoded.len() as u64));
    group.bench_function("encode", |bencher| bencher.iter(|| black_box(&batch).to_bytes()));
    group.bench_function("decode", |bencher| {
        bencher.iter(|| Unverified::<Batch>::decode(black_box(encoded.clone()), &scope).unwrap());
    });
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
