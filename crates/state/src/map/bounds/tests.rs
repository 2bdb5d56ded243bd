//! Bounds followed nibble by nibble, against comparing whole keys.
#![allow(clippy::unwrap_used)]

use super::super::fixture::Random;
use super::*;

fn follow<'a>(span: Span<'a>, path: &[u8], length: usize) -> Bounds<'a> {
    (0..length).fold(Bounds::new(span), |bounds, position| bounds.push(nibbles::at(path, position)))
}

#[test]
fn a_path_is_in_the_span_when_its_key_is() {
    let mut random = Random::new(13);
    let mut inside = 0;
    for _ in 0..20_000 {
        let (from, end, key) = (random.key(), random.key(), random.key());
        let Ok(span) = Span::new(&from, (random.below(4) > 0).then_some(&end)) else { continue };
        assert_eq!(follow(span, &key, nibbles::count(&key)).contains(), span.contains(&key));
        inside += usize::from(span.contains(&key));
    }
    assert!(inside > 1_000);
}

/// A path overlaps the span unless its least key is at or after the end, or its greatest before the start.
#[test]
fn a_path_overlaps_the_span_when_a_key_below_it_can() {
    let mut random = Random::new(14);
    for _ in 0..20_000 {
        let (from, end, path) = (random.key(), random.key(), random.key());
        let Ok(span) = Span::new(&from, (random.below(4) > 0).then_some(&end)) else { continue };
        let greatest = [path.as_slice(), &[0xff; 8]].concat();
        let possible = greatest >= from && span.end.is_none_or(|end| *path < *end);
        assert_eq!(follow(span, &path, nibbles::count(&path)).overlaps(), possible);
    }
}

#[test]
fn an_empty_span_is_refused() {
    assert_eq!(Span::new(b"a", Some(b"a")).unwrap_err(), ChunkError::EmptyRange);
    assert_eq!(Span::new(b"", Some(b"")).unwrap_err(), ChunkError::EmptyRange);
    assert!(Span::new(b"a", Some(b"a\0")).unwrap().contains(b"a"));
    assert!(Span::new(b"a", None).unwrap().contains(b"b"));
}
