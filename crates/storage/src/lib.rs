//! What a replica keeps through a crash: a write-ahead log and a checkpoint store, both over one narrow [`Disk`] trait.
//!
//! Everything above [`Disk`] is the same code on a real disk ([`RealDisk`]) and in the simulator ([`MemoryDisk`]), so
//! the formats, the recovery rules and the reactions to faults that run in production are the ones that are tested.
//!
//! The invariant of the whole crate: what was reported durable is read back exactly as it was written, or reading is
//! refused with the name of the file and the offset. Nothing is ever returned that was not written, and nothing that
//! was proven durable is ever skipped. The crate does not interpret records, keys or values, and it decides nothing
//! about the protocol: what to do with a damaged or missing file is the caller's choice.

pub mod checkpoint;
mod disk;
mod executor;
mod identity;
pub mod log;
mod tag;

pub use disk::memory::{Counters, MemoryDisk, MemoryFile, MemoryLock};
pub use disk::real::{RealDisk, RealFile, RealLock, SyncCounter};
pub use disk::{Disk, DiskError, DiskFile, Failure, Operation};
pub use executor::{CHUNK_BYTES, Executor, ExecutorError, Opened, Performed, Save, Saved, Saver, SerialExecutor};
pub use identity::Identity;
