//! A store of checkpoints: snapshots of an ordered map from byte strings to byte strings.
//!
//! # What it promises
//!
//! A checkpoint is durable and complete once [`CheckpointStore::save`] has returned; a crash before that leaves the
//! store as it was, or with the complete checkpoint. [`CheckpointStore::load_newest`] returns exactly what was saved
//! under the newest sequence number, or refuses with file and offset. It never falls back to an older checkpoint by
//! itself, because whoever saved the newer one may have acted on it. The digest is kept for the caller, who knows what
//! it means.
//!
//! # Layout
//!
//! One file for each checkpoint, either a *base*, with all entries, or a *delta*, with the changes since its parent. A
//! file is a header and then frames of up to 64 KiB, each with a tag that is chained to the one before it, keyed by the
//! header. The last frame says so, and the file ends with it. A delta names the last tag of its parent, so a chain
//! cannot be put together from files that do not belong together. Saving streams: its memory does not grow with the
//! checkpoint.
//!
//! A file is written and synced under a temporary name, then renamed, and the directory synced. So a file that has its
//! name was durable as a whole, and whatever is wrong with it is damage. Only the temporary file can be unfinished, and
//! opening removes it.
//!
//! Beside the checkpoints there may be files of pieces of a checkpoint that is being fetched from peers; they are not
//! part of the store, and removing them costs time only.
//!
//! Plain files were chosen over an embedded database because a checkpoint is written once, read whole, and never
//! changed: of a database only its bugs and its own recovery rules would be used.

mod entries;
mod error;
mod format;
mod frames;
pub(crate) mod staging;
mod store;

pub use error::CheckpointError;
pub use store::{CheckpointStore, Loaded, Replayed};

/// The longest key, and the longest value, in bytes.
pub const MAX_ENTRY_PART: usize = 64 << 20;

/// From how many deltas on a base [`CheckpointStore::should_rebase`] asks for a new base.
pub const DELTAS_MAX: usize = 16;

#[cfg(test)]
mod tests;
