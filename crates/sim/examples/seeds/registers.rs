//! A service of 256 registers, and the same thing said once more without any of synod's machinery.

use bytes::Bytes;
use std::collections::BTreeMap;
use synod_kernel::chooser::Chooser;
use synod_kernel::{Request, Seq};
use synod_sim::Model;
use synod_sim::draw::{between, pick};
use synod_state::{Context, Space, StateMachine};

/// Registers over the replicated map. An operation is a letter, a register and bytes:
/// `g`et, `s`et (answers what was there before), `a`ppend (answers the new content).
pub(crate) struct Registers;

/// Bytes of one register, at most; an append beyond is refused.
const REGISTER_BYTES: usize = 64;

impl StateMachine for Registers {
    fn apply(&self, space: &mut Space<'_>, _: &Context, operation: &Bytes) -> Bytes {
        let [letter, register, bytes @ ..] = &operation[..] else { return Bytes::from_static(b"?") };
        let key = [*register];
        let before = space.get(&key).cloned().unwrap_or_default();
        let after = match letter {
            b's' => bytes.to_vec(),
            b'a' if before.len() + bytes.len() <= REGISTER_BYTES => [&before, bytes].concat(),
            _ => return before,
        };
        if space.insert(&key, &after).is_err() {
            return Bytes::from_static(b"full");
        }
        if *letter == b's' { before } else { Bytes::from(after) }
    }
}

/// What registers do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plain(BTreeMap<u8, Vec<u8>>);

impl Model for Plain {
    fn execute(&mut self, _: Seq, request: &Request) -> Vec<Bytes> {
        request.operations().map(|operation| self.apply(&operation)).collect()
    }
}

impl Plain {
    fn apply(&mut self, operation: &[u8]) -> Bytes {
        let register = self.0.entry(operation[1]).or_default();
        match operation[0] {
            b's' => Bytes::from(std::mem::replace(register, operation[2..].to_vec())),
            b'a' => {
                if register.len() + operation.len() - 2 <= REGISTER_BYTES {
                    register.extend_from_slice(&operation[2..]);
                }
                Bytes::copy_from_slice(register)
            }
            _ => Bytes::copy_from_slice(register),
        }
    }
}

/// An operation on a few hot registers and many cold ones, with a value that nobody else writes.
pub(crate) fn operation(client: usize, number: u64, choose: &mut dyn Chooser) -> Bytes {
    let letter = pick(choose, "letter", b"gssaa");
    let highest = pick(choose, "registers", &[3, 255]);
    let register = u8::try_from(between(choose, "register", 0, highest)).expect("at most 255");
    let mut operation = vec![letter, register];
    operation.extend_from_slice(format!("{client}.{number};").as_bytes());
    Bytes::from(operation)
}
