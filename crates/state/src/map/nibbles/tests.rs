//! Nibble arithmetic against the obvious way to do it.
#![allow(clippy::unwrap_used)]

use super::super::fixture::Random;
use super::*;

fn spell(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect()
}

#[test]
fn prefixes_and_order_are_those_of_the_spelt_out_nibbles() {
    let mut random = Random::new(1);
    for _ in 0..5_000 {
        let (a, b) = (random.key(), random.key());
        let (x, y) = (spell(&a), spell(&b));
        let shared = x.iter().zip(&y).take_while(|(x, y)| x == y).count();
        let known = random.below(shared + 1);
        assert_eq!(common(&a, &b, known), shared);
        let (i, j) = (random.below(x.len() + 1), random.below(y.len() + 1));
        assert_eq!(compare((&a, i), (&b, j)), x[..i].cmp(&y[..j]));
    }
}

#[test]
fn segments_are_read_back_and_have_one_form() {
    let mut random = Random::new(2);
    for _ in 0..5_000 {
        let length = random.below(6);
        let key = random.bytes(length);
        let nibbles = spell(&key);
        assert_eq!(pack(&nibbles), key);
        let end = random.below(nibbles.len() + 1);
        let start = random.below(end + 1);
        let mut segment = Vec::from([7]);
        write_segment(&mut segment, &key, start, end);
        let segment = segment.split_off(1);
        assert_eq!(segment.len(), segment_bytes(start, end));
        assert!(is_canonical(&segment, start, end));
        assert!(segment_nibbles(&segment, start, end).eq(nibbles[start..end].iter().copied()));
        if let Some(first) = segment.first().filter(|_| start % 2 == 1) {
            let mut padded = segment.clone();
            padded[0] = first | 0x10;
            assert!(!is_canonical(&padded, start, end));
        }
        if let Some(last) = segment.last().filter(|_| end % 2 == 1) {
            let mut padded = segment.clone();
            *padded.last_mut().unwrap() = last | 0x01;
            assert!(!is_canonical(&padded, start, end));
        }
    }
}
