//! A write-ahead log of opaque records, with group commit, atomic compaction and strict recovery.
//!
//! # What it promises
//!
//! After a crash at any instant, [`Log::open`] returns a prefix of the records that were appended since the last
//! [`Log::replace_all`], which includes every record that [`Log::sync`] had reported durable; or it refuses, naming
//! file and offset, and changes nothing. It does not look inside records, and it has no opinion about a log that is
//! missing: [`Log::exists`] tells, the caller decides.
//!
//! # Layout
//!
//! The log is a sequence of *segments*, files called `log-` and a sequence number. A segment is a header block and data
//! blocks, all of 4096 bytes, filled with zeros or with stale blocks of an earlier use, and synced, before it gets its
//! name. So writing never changes the length of a file or allocates space, which is what makes a sync cheap.
//!
//! Everything appended between two syncs is one *batch*. A batch has a number, starts at a block boundary, never
//! crosses a segment, and its last block says so. Starting at a block boundary means that a write never touches a block
//! that holds durable data. Records are laid end to end through the payloads of a batch's blocks, each after its
//! length.
//!
//! Every data block carries its own header: batch number, position in the segment, index in the batch, the tag of the
//! block before it, and a tag over all of that and its payload. The key of the tags is derived from the segment's
//! header, which names identity, sequence number and the end of the chain before it. Thus a block left over from an
//! earlier use of the file, or written to the wrong place, or to the wrong file, or in the wrong order, does not
//! verify. Since headers stand at fixed places where payload never does, no record content can imitate a block.
//!
//! # Torn tail or damage?
//!
//! Batch `n + 1` is written only after batch `n` was synced. Therefore:
//!
//! - A bad block in batch `n`, and anywhere behind it a block of a *later* batch that verifies, or a later segment:
//!   batch `n` had been durable and is damaged. Opening is refused with [`LogError::Damaged`].
//! - A bad block in batch `n`, and nothing of a later batch: `n` may never have been synced. Its blocks may have
//!   reached the disk in any order, so that later blocks of `n` itself are intact proves nothing. The batch is cut as a
//!   whole and reported in [`Recovered::torn_bytes`].
//! - The first batch of a base segment (see below) was durable before the file had its name: if it is bad, that is
//!   damage. So are a header that does not verify and a file of the wrong length.
//!
//! What this cannot see is damage to the very last batch after it was synced; it looks like a torn tail. [`Log::seal`],
//! called before an orderly shutdown, writes an empty batch that proves everything before it. Nor can it see that a log
//! was replaced by an older copy of itself.
//!
//! A batch found at opening may only be in the page cache: its sync may have failed, or never have been asked for. The
//! last batch is therefore written again and synced before it is returned, because after a failed sync the system may
//! consider pages clean that never reached the disk.
//!
//! # Compaction
//!
//! [`Log::replace_all`] writes a *base* segment: its header names itself as base, and its first batch holds all the new
//! records. It is complete and synced under a spare name; renaming it and syncing the directory is the commit point.
//! The newest segment names the base it builds on, and everything older is obsolete. Obsolete segments become spares
//! only after the commit point; should a power cut bring their names back, they are still obsolete. Opening removes
//! whatever is obsolete or spare.
//!
//! # After a failure
//!
//! The first failed write or sync poisons the log: every later call returns the same error. A sync is never retried.

mod batch;
mod block;
mod error;
mod recovery;
mod segment;
mod spares;
mod writer;

pub use block::BLOCK_BYTES;
pub use error::LogError;
pub use writer::{Log, LogOptions, Position, Recovered};

/// The longest record, in bytes.
pub const MAX_RECORD: usize = 64 << 20;

/// The most bytes of records that wait for a sync. An append that would exceed it syncs first.
pub const MAX_PENDING: usize = 2 * MAX_RECORD;

#[cfg(test)]
mod tests;
