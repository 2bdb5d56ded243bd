//! A checkpoint that is being fetched from peers.
//!
//! A piece counts only once it was verified against the certified root. Then it is kept on the disk, so that after a
//! crash only the missing ranges are fetched; there it is verified again. Pieces of another checkpoint, and our own
//! state, serve as far as they are the same, which digests below the root decide. None of this is the state, or is
//! served to anybody, before it is complete and installed.

use crate::checkpoint::{CheckpointError, staging};
use crate::{Disk, Failure, Identity};
use bytes::Bytes;
use staging::Staging;
use synod_kernel::process::{KeyRange, Transfer};
use synod_kernel::{Digest, Seq};
use synod_state::map::{AssembleError, Assembler, Chunk, MerkleMap, Snapshot};

/// Ranges reported as missing, at most: more than any number of peers is asked for at once.
const MISSING_MAX: usize = 64;
/// Checkpoints of which pieces are kept on the disk, at most, the one being fetched included.
const STAGED_MAX: usize = 3;

/// What is here of a checkpoint that is being fetched.
pub(super) struct Incoming<D: Disk> {
    seq: Seq,
    root: Digest,
    assembler: Assembler,
    /// Where pieces are kept through a crash; none if the disk has no room for them.
    staging: Option<Staging<D::File>>,
}

impl<D: Disk> Incoming<D> {
    /// Starts to fetch a checkpoint, with what is here of it and what `donors` have in common with it.
    pub(super) fn begin(
        disk: &D,
        identity: Identity,
        (seq, root): (Seq, Digest),
        donors: impl IntoIterator<Item = Snapshot>,
    ) -> Result<Self, CheckpointError> {
        let mut assembler = Assembler::new(root);
        donors.into_iter().for_each(|donor| assembler.reuse(donor));
        let mut others = staging::staged(disk)?;
        others.retain(|&other| other != seq.get());
        while others.len() >= STAGED_MAX {
            let smallest = staging::smallest(disk, &others)?;
            staging::discard(disk, others.remove(smallest))?;
        }
        for &other in others.iter().rev() {
            assembler.reuse(partial(disk, identity, other)?);
        }
        let opened = Staging::open(disk, identity, seq.get(), &root, |root, from, chunk| {
            add(&mut assembler, root, &from, chunk);
        });
        let staging = unless_full(opened)?;
        Ok(Self { seq, root, assembler, staging })
    }

    /// Whether this is the checkpoint that is being fetched.
    pub(super) fn is(&self, seq: Seq, root: &Digest) -> bool {
        self.seq == seq && self.root == *root
    }

    /// How far it has come.
    pub(super) fn transfer(&self) -> Transfer {
        let range = |(from, to): (&Bytes, Option<&Bytes>)| {
            KeyRange::new(from.clone(), to.cloned()).expect("missing ranges are not empty, and start and end with keys")
        };
        let missing: Vec<KeyRange> = self.assembler.missing().take(MISSING_MAX).map(range).collect();
        if missing.is_empty() { Transfer::Complete } else { Transfer::Missing(missing) }
    }

    /// Takes a piece in, durably, if it is what it should be.
    pub(super) fn store(&mut self, range: &KeyRange, chunk: Bytes) -> Result<Transfer, CheckpointError> {
        let Ok(decoded) = Chunk::decode(chunk.clone()) else { return Ok(Transfer::Refused) };
        let Ok(verified) = decoded.verify(&self.root, range.from()) else { return Ok(Transfer::Refused) };
        match self.assembler.feed(&verified) {
            Ok(()) => {}
            // It is right, and came twice.
            Err(AssembleError::Superfluous) => return Ok(self.transfer()),
            Err(_) => return Ok(Transfer::Refused),
        }
        if let Some(staging) = &mut self.staging
            && unless_full(staging.append(range.from(), &chunk))?.is_none()
        {
            self.staging = None;
        }
        Ok(self.transfer())
    }

    /// What is here, for another assembly to take from.
    pub(super) fn into_partial(self) -> Snapshot {
        self.assembler.into_partial()
    }

    /// The state, once nothing is missing.
    ///
    /// # Panics
    /// If something is.
    pub(super) fn finish(self) -> MerkleMap {
        self.assembler.finish().expect("every piece was verified against this root")
    }
}

/// Forgets the pieces of every checkpoint up to this one.
pub(super) fn discard_up_to<D: Disk>(disk: &D, seq: Seq) -> Result<(), CheckpointError> {
    for staged in staging::staged(disk)?.into_iter().filter(|&staged| staged <= seq.get()) {
        staging::discard(disk, staged)?;
    }
    Ok(())
}

/// What pieces of a checkpoint that was being fetched before make together.
fn partial<D: Disk>(disk: &D, identity: Identity, sequence: u64) -> Result<Snapshot, CheckpointError> {
    let mut assembler: Option<Assembler> = None;
    staging::read(disk, identity, sequence, |root, from, chunk| {
        add(assembler.get_or_insert_with(|| Assembler::new(*root)), root, &from, chunk);
    })?;
    Ok(assembler.map_or_else(|| MerkleMap::new().seal(), Assembler::into_partial))
}

/// Adds a piece that was verified before the crash, if it still is what it was.
fn add(assembler: &mut Assembler, root: &Digest, from: &Bytes, chunk: Bytes) {
    let verified = Chunk::decode(chunk).and_then(|chunk| chunk.verify(root, from));
    // One that is no use any more is fetched again where it is missing.
    let _ = verified.map(|verified| assembler.feed(&verified));
}

/// A full disk costs the pieces at a crash, and nothing else.
fn unless_full<T>(result: Result<T, crate::DiskError>) -> Result<Option<T>, CheckpointError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.failure == Failure::Full => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
