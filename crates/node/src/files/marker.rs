//! The marker that an identity has been used, kept outside the data folder.
//!
//! A replica that has voted must remember its votes: started again without its log it could contradict itself, which is
//! a Byzantine fault. The marker is durable before the first message leaves and after the log exists, so a marker
//! without a log means that a log was lost, never that a first start was interrupted.

use super::error::{FileError, FileProblem};
use super::{durable, hex};
use std::path::{Path, PathBuf};
use synod_kernel::ReplicaId;
use synod_kernel::descriptor::Cluster;

const FILE: &str = "voted";
const WHAT: &str = "the marker of a used identity";
const MAX_BYTES: u64 = 4096;

fn content(cluster: &Cluster, id: ReplicaId) -> String {
    let key = hex::encode(&cluster.descriptor().replicas[id.index()].voting_key);
    format!(
        "# This identity has voted: without the log in the data folder it must never vote again. Do not remove.\n\
         cluster {}\nreplica {id}\nkey {key}\n",
        hex::encode(cluster.scope().domain.cluster.as_bytes())
    )
}

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Whether the identity of this folder has ever been used.
///
/// # Errors
/// If the marker is another identity's, or cannot be read.
pub(crate) fn has_voted(folder: &Path, cluster: &Cluster, id: ReplicaId) -> Result<bool, FileError> {
    let path = path(folder);
    let mut file = match durable::open(&path, WHAT) {
        Ok(file) => file,
        Err(FileError { problem: FileProblem::Missing { .. }, .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    let found = durable::read_text(&mut file, &path, WHAT, MAX_BYTES)?;
    if found == content(cluster, id) { Ok(true) } else { Err(FileError::new(&path, FileProblem::ForeignMarker)) }
}

/// Notes, durably, that the identity of this folder is in use.
///
/// # Errors
/// If the marker cannot be written.
pub(crate) fn mark_as_voted(folder: &Path, cluster: &Cluster, id: ReplicaId) -> Result<(), FileError> {
    durable::write_new(&path(folder), 0o600, &content(cluster, id))
}
