//! What every command that speaks to a cluster begins with: a runtime, the client's folder, and connections.

use crate::failure::{Cause, Failure};
use std::future::Future;
use std::path::Path;
use std::time::Duration;
use synod_kernel::descriptor::Cluster;
use synod_node::{Client, ClientFolder, ClientOptions};
use synod_protocols::pbft;

/// The longest to wait for connections before asking those replicas that are there.
const CONNECT_MAX: Duration = Duration::from_secs(2);

/// Runs a future to its end on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Failure::new(Cause::Disk, format_args!("cannot start the runtime: {error}")))?;
    runtime.block_on(future)
}

/// A client and the cluster it belongs to.
pub(crate) struct Session {
    /// Speaks to the replicas.
    pub(crate) client: Client,
    folder: ClientFolder,
}

impl Session {
    /// Connects with the keys in `dir`. Connecting and one request together take at most `timeout`.
    pub(crate) async fn open(dir: &Path, timeout: Duration) -> Result<Self, Failure> {
        Self::open_for(dir, timeout, timeout).await
    }

    /// The same for whoever asks again until it has taken `in_all`: connecting and one attempt take at most `attempt`.
    pub(crate) async fn open_for(dir: &Path, attempt: Duration, in_all: Duration) -> Result<Self, Failure> {
        let folder = ClientFolder::open(dir)?;
        let mut options = ClientOptions::new(pbft::PROTOCOL);
        options.connect_timeout = CONNECT_MAX.min(attempt / 4);
        options.patience.deadline = attempt - options.connect_timeout;
        options.status_timeout = attempt - options.connect_timeout;
        let client = Client::connect(&folder, options).await;
        let (connected, membership) = (client.connected().len(), folder.cluster().scope().membership);
        if connected < membership.strong() {
            let (size, needed) = (membership.size(), membership.strong());
            eprintln!(
                "{connected} of {size} replicas can be reached, {needed} are needed; trying for {in_all:?} in all"
            );
        }
        Ok(Self { client, folder })
    }

    /// The cluster that its descriptor describes.
    pub(crate) fn cluster(&self) -> &Cluster {
        self.folder.cluster()
    }
}
