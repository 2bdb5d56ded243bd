//! Streams are cut at the right places however they arrive, and claims cost nothing.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use super::*;
use synod_kernel::chooser::{Chooser, Seeded};
use tokio::io::AsyncWriteExt;

fn frame(fill: u8, length: usize) -> Vec<u8> {
    let mut frame = (length as u32).to_le_bytes().to_vec();
    frame.extend(std::iter::repeat_n(fill, length));
    frame
}

async fn write_in_pieces(mut stream: tokio::io::DuplexStream, bytes: Vec<u8>, seed: u64) {
    let mut choose = Seeded::new(seed);
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let piece = (1 + choose.choose("piece", 5000)).min(rest.len());
        stream.write_all(&rest[..piece]).await.unwrap();
        rest = &rest[piece..];
    }
}

#[tokio::test]
async fn frames_come_out_whole_however_they_arrive() {
    for seed in 0..20 {
        let mut choose = Seeded::new(seed);
        let lengths: Vec<usize> = (0..20)
            .map(|_| match choose.choose("size", 3) {
                0 => HEADER_BYTES,
                1 => HEADER_BYTES + choose.choose("small", 300),
                _ => HEADER_BYTES + choose.choose("large", 300_000),
            })
            .collect();
        let bytes = (0..).zip(&lengths).flat_map(|(fill, &length)| frame(fill, length)).collect();
        let (near, far) = tokio::io::duplex(1 + choose.choose("pipe", 10_000));
        let writing = tokio::spawn(write_in_pieces(far, bytes, seed));
        let mut reader = FrameReader::new(near, 400_000);
        for (fill, &length) in (0_u8..).zip(&lengths) {
            let frame = reader.next().await.unwrap().unwrap();
            assert_eq!(frame.len(), length);
            assert!(frame.iter().all(|&byte| byte == fill), "seed {seed}");
        }
        assert!(reader.next().await.unwrap().is_none());
        writing.await.unwrap();
    }
}

#[tokio::test]
async fn a_length_beyond_the_limit_is_refused_before_anything_is_allocated() {
    for (claimed, maximum) in [(101, 100), (u32::MAX, 100), (64 << 20, 2 << 20)] {
        let (near, mut far) = tokio::io::duplex(64);
        far.write_all(&claimed.to_le_bytes()).await.unwrap();
        let mut reader = FrameReader::new(near, maximum);
        let error = reader.next().await.unwrap_err();
        assert!(matches!(error, FrameError::TooLong { length, .. } if length == claimed as usize), "{error}");
        assert_eq!(reader.held(), 0);
    }
    for claimed in [0, 1, HEADER_BYTES as u32 - 1] {
        let (near, mut far) = tokio::io::duplex(64);
        far.write_all(&claimed.to_le_bytes()).await.unwrap();
        let error = FrameReader::new(near, 100).next().await.unwrap_err();
        assert!(matches!(error, FrameError::TooShort { .. }), "{error}");
    }
}

#[tokio::test]
async fn memory_grows_with_what_has_arrived() {
    const CLAIMED: usize = 64 << 20;
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let mut reader = FrameReader::new(near, CLAIMED);
    far.write_all(&(CLAIMED as u32).to_le_bytes()).await.unwrap();
    let mut sent = 0;
    for _ in 0..40 {
        far.write_all(&[0; 10_000]).await.unwrap();
        sent += 10_000;
        // Polled once: it takes what is there and waits for more.
        let waiting = tokio::time::timeout(std::time::Duration::ZERO, reader.next()).await;
        assert!(waiting.is_err());
        assert!(reader.held() <= CHUNK_BYTES.max(2 * sent), "{} held after {sent}", reader.held());
    }
    drop(far);
    assert!(matches!(reader.next().await, Err(FrameError::Truncated)));
}

#[tokio::test]
async fn an_end_within_a_length_is_noticed() {
    let (near, mut far) = tokio::io::duplex(64);
    far.write_all(&[1, 0]).await.unwrap();
    drop(far);
    assert!(matches!(FrameReader::new(near, 100).next().await, Err(FrameError::Truncated)));
}
