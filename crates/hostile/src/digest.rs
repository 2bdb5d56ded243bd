//! Digests with a purpose, and what a signature is over.

use crate::codec::Out;

/// The digest of `bytes` for one purpose.
pub(crate) fn digest(purpose: &str, bytes: &[u8]) -> [u8; 32] {
    let input = Out::default().u64(purpose.len() as u64).raw(purpose.as_bytes()).raw(bytes).done();
    *blake3::hash(&input).as_bytes()
}

/// Which cluster, and which configuration of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Domain {
    pub(crate) cluster: [u8; 32],
    pub(crate) epoch: u64,
}

/// What protocol 0, which is common to all, has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    Request,
    Answers,
}

impl Domain {
    /// What is signed for a statement with this encoding.
    pub(crate) fn statement(&self, statement: Statement, encoding: &[u8]) -> [u8; 32] {
        let kind = match statement {
            Statement::Request => 1,
            Statement::Answers => 3,
        };
        let input = Out::default().raw(&self.cluster).u64(self.epoch).u8(0).u8(kind).raw(encoding);
        digest("synod statement v1", &input.done())
    }
}
