//! Damages valid encodings the way a fuzzer would, from any source of decisions.
//!
//! Small, local damage to valid input reaches deeper into a decoder than random bytes do: counts that lie, tags
//! that do not exist, neighbours swapped, ends cut off.

/// One to three random edits. `choose(n)` answers with a number below `n`.
pub(crate) fn mutate(valid: &[u8], choose: &mut dyn FnMut(usize) -> usize) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    for _ in 0..=choose(3) {
        edit(&mut bytes, choose);
    }
    bytes
}

fn edit(bytes: &mut Vec<u8>, choose: &mut dyn FnMut(usize) -> usize) {
    let at = choose(bytes.len() + 1);
    let rest = bytes.len() - at;
    match choose(8) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, byte(choose)),
        2 if rest > 0 => bytes[at] ^= 1 << choose(8),
        3 if rest > 0 => bytes[at] = byte(choose),
        4 if rest >= 4 => bytes[at..at + 4].copy_from_slice(&interesting(choose).to_le_bytes()),
        5 if rest > 0 => {
            bytes.drain(at..at + 1 + choose(rest.min(80)));
        }
        6 if rest > 0 => {
            let piece = bytes[at..at + 1 + choose(rest.min(80))].to_vec();
            bytes.splice(at..at, piece);
        }
        7 if rest >= 8 => bytes[at..at + 8].copy_from_slice(&extreme(choose).to_le_bytes()),
        _ => bytes.push(byte(choose)),
    }
}

fn byte(choose: &mut dyn FnMut(usize) -> usize) -> u8 {
    u8::try_from(choose(256)).expect("below 256")
}

fn interesting(choose: &mut dyn FnMut(usize) -> usize) -> u32 {
    [0, 1, 2, 3, 4, 5, 32, 100, 101, 1024, 1025, 1 << 20, u32::MAX - 1, u32::MAX][choose(14)]
}

fn extreme(choose: &mut dyn FnMut(usize) -> usize) -> u64 {
    [0, 1, 1 << 63, u64::MAX - 1, u64::MAX][choose(5)]
}
