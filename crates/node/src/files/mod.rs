//! Everything on disk that is not the log: keys, the descriptor, and the folders that hold them.
//!
//! The invariant: what is read here is either good or refused with an error that says what is wrong, in which file, and
//! what to do about it; a secret is never read from a file that others can read, and nothing is ever overwritten.
//! The log and the checkpoints are the storage crate's.

mod descriptor;
mod durable;
mod error;
mod folder;
pub(crate) mod hex;
mod key;
mod marker;

pub use descriptor::{DescriptorFile, OperatorSignature};
pub(crate) use durable::create_folder;
pub use error::{FileError, FileProblem};
pub use folder::{
    ClientFolder, DATA_FOLDER, DESCRIPTOR_FILE, ReplicaFolder, ReplicaSettings, write_client_folder,
    write_replica_folder,
};
pub use key::{SecretSeed, read_key, write_key};
pub(crate) use marker::{has_voted, mark_as_voted};
