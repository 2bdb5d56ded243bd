//! What a replica tells its operator. Unsigned: it is one replica's word, and proves nothing.

use crate::codec::{Decode, Encode, Malformed, Reader, Writer};
use crate::digest::Digest;
use crate::id::{ReplicaId, Seq, View};
use alloc::string::String;
use alloc::vec::Vec;

/// What an operator wants to know of a replica.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status {
    /// What it is doing, in a word: `normal`, `view-change`, `transfer`, …. What is decoded is at most 32 printable
    /// ASCII characters, so it may be shown on a terminal, whoever said it.
    pub state: String,
    /// The view it is in.
    pub view: View,
    /// The last batch it executed.
    pub executed: Seq,
    /// Its last stable checkpoint.
    pub checkpoint: Seq,
    /// The digest of that checkpoint's state.
    pub digest: Digest,
    /// Client requests it waits for.
    pub pending: u64,
    /// Replicas it holds evidence against.
    pub accused: Vec<ReplicaId>,
}

impl Encode for Status {
    fn encode(&self, writer: &mut Writer) {
        writer.bytes(self.state.as_bytes());
        self.view.encode(writer);
        self.executed.encode(writer);
        self.checkpoint.encode(writer);
        self.digest.encode(writer);
        self.pending.encode(writer);
        writer.list(self.accused.iter());
    }
}

impl Decode for Status {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let state = reader.bytes("state", 32)?;
        if !state.iter().all(u8::is_ascii_graphic) {
            return Err(Malformed::Inconsistent("state is not a word"));
        }
        let state = state.iter().copied().map(char::from).collect();
        Ok(Self {
            state,
            view: Decode::decode(reader)?,
            executed: Decode::decode(reader)?,
            checkpoint: Decode::decode(reader)?,
            digest: Decode::decode(reader)?,
            pending: Decode::decode(reader)?,
            accused: reader.list("accused replicas", usize::from(crate::membership::MAX_REPLICAS))?,
        })
    }
}
