//! Putting a replica together, running it, and taking it apart.

use super::announce::announce;
use super::data::{self, Data};
use super::driver::Driver;
use super::error::RunError;
use super::executor_thread::ExecutorThread;
use super::ingress::{Ingress, SendOnly};
use super::log_thread::LogThread;
use super::narration::Narration;
use super::network::Network;
use super::options::ReplicaOptions;
use super::outgoing::Outgoing;
use super::shutdown::Shutdown;
use super::stages::Stages;
use crate::admin::{self, Admin};
use crate::files::ReplicaFolder;
use crate::metrics::Metrics;
use crate::resources;
use crate::status::{Reporter, Sources};
use crate::timers::Timers;
use crate::transport::{Acceptor, Connectivity, Dialer, Limits, MemberAddresses, Origin, PeerDirectory};
use crate::transport::{Roster, SendQueue, TlsIdentity, dial_until_finished};
use crate::verify::{BatchVerifier, Pool, inputs};
use std::collections::BTreeMap;
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::time::Duration;
use synod_kernel::descriptor::Cluster;
use synod_kernel::frame::HEADER_BYTES;
use synod_kernel::gate::Gate;
use synod_kernel::{Address, Input, Process, ReplicaId, Signer};
use synod_state::StateMachine;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

/// How long an orderly end waits for what is queued to be sent.
const FAREWELL: Duration = Duration::from_secs(1);

/// Bytes of what was said to a replica while it was away that it is told when it is back. With the latest it can
/// follow; what it lacks it asks for, and until it had taken in all the rest, it could not.
const BACKLOG_BYTES: usize = 1 << 20;

/// Descriptors for everything but strangers and clients: the log, checkpoints, two connections with each of up to 32
/// other replicas, the admin pages.
const RESERVED_FILES: usize = 128;

/// Runs the replica of a folder on this thread, until `shutdown` is triggered or something fails.
///
/// `build` makes the protocol, which signs with the signer it is given; `machine` is the service that it replicates.
///
/// # Errors
/// Whatever a replica cannot run without: see [`RunError`], whose [`exit_code`](RunError::exit_code) is meant for the
/// process. After a failure of the disk nothing was sent that was not durable.
pub fn run_replica<P, M, B>(
    folder: &ReplicaFolder,
    build: B,
    machine: Arc<M>,
    options: ReplicaOptions,
    mut shutdown: Shutdown,
) -> Result<(), RunError>
where
    P: Process,
    M: StateMachine,
    B: FnOnce(&Cluster, ReplicaId, Arc<dyn Signer>) -> P,
{
    let data = data::open::<P, M>(folder, machine, options.log)?;
    let core = build(folder.cluster(), folder.id(), folder.signer().clone());
    let failed = |action| move |source| RunError::System { action, source };
    // Dropped last: the connections outlive what they serve.
    let network = Network::start().map_err(failed("start the network thread"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(failed("start the runtime"))?;
    let (mut running, start) = network.enter(assemble(folder, core, data, options))?;
    runtime.block_on(async {
        tracing::info!(
            "replica {} of {} runs: {} cluster {}, of which {} may fail or lie",
            folder.id(),
            folder.cluster().scope().membership.size(),
            if folder.cluster().descriptor().dev { "development" } else { "production" },
            folder.cluster().scope().domain.cluster,
            folder.cluster().scope().membership.tolerated(),
        );
        let result = running.driver.run(start, &mut shutdown).await;
        let closed = running.close().await;
        result.and(closed)
    })
}

/// A replica with all its parts.
struct Running<P: Process> {
    driver: Driver<P>,
    acceptor: JoinHandle<()>,
    stop_accepting: watch::Sender<bool>,
    dialers: JoinSet<()>,
    /// Tell the operator until dropped.
    _observers: JoinSet<()>,
    /// Answers the operator until dropped.
    _admin: JoinSet<()>,
    /// Verifies until dropped.
    _pool: Pool,
}

async fn assemble<P: Process, M: StateMachine>(
    folder: &ReplicaFolder,
    core: P,
    data: Data<P, M>,
    options: ReplicaOptions,
) -> Result<(Running<P>, Input<P>), RunError> {
    let ReplicaOptions { protocol, verify_threads, limits, listener, admin_listener, log: _ } = options;
    let (cluster, scope) = (folder.cluster(), *folder.cluster().scope());
    let listener = listen(listener, folder.listen_address()).await?;
    let admin_listener = listen(admin_listener, folder.admin_address()).await?;
    let limits = affordable(patient(limits, cluster), resources::open_files_max());
    let metrics = Arc::new(Metrics::default());
    let connectivity = Connectivity::new(&scope.membership);
    let roster = Arc::new(Roster::new(limits.clone(), connectivity.clone(), metrics.clone()));
    let (verified, inputs) = inputs();
    let verifier = BatchVerifier::new(cluster);
    let pool = Pool::start::<P>(verify_threads.get(), scope, &verifier, (&roster, &metrics), &verified);
    let pool = pool.map_err(|source| RunError::System { action: "start the verification threads", source })?;
    let status = watch::Sender::new(core.status());
    metrics.show(&status.borrow());
    let Data { log, records, executor, saver, executed, state, log_syncs, checkpoint_syncs } = data;
    let reporter = Reporter::new(Sources {
        id: folder.id(),
        status: status.subscribe(),
        connectivity: connectivity.clone(),
        metrics: metrics.clone(),
        log_syncs,
        checkpoint_syncs,
    });
    let (reporting, served) = (reporter.clone(), roster.clone());
    let sink = Ingress::new(scope.domain, protocol, &limits, pool.handle(), reporting, metrics.clone(), served);

    let identity = TlsIdentity::new(folder.transport());
    let (stop_accepting, stopped) = watch::channel(false);
    let members = Arc::new(MemberAddresses::default());
    let acceptor = acceptor(folder, &identity, &limits, &roster, &metrics, members.clone(), sink);
    let acceptor = tokio::spawn(acceptor.run(listener, stopped));
    let (dialers, origins) = dial_others(folder, &identity, &limits, &connectivity, &metrics);
    let mut observers = JoinSet::new();
    let names = members_named(cluster);
    observers.spawn(async move { members.keep_looking_up(names).await });
    observers.spawn(announce(connectivity.clone(), folder.id(), cluster.clone()));
    let admin = Admin::new(folder.id(), scope.membership, reporter, connectivity, metrics.clone());
    let admin = admin::serve(admin_listener, Arc::new(admin));

    let gate = Gate::new(&records);
    let failed = |action| move |source| RunError::System { action, source };
    let stages = Stages::new(&metrics);
    let driver = Driver {
        core,
        gate,
        log: LogThread::start(log, folder.data(), metrics.clone()).map_err(failed("start the log thread"))?,
        executor: ExecutorThread::start(executor, saver, folder.data(), metrics.clone())
            .map_err(failed("start the threads of the service"))?,
        outgoing: Outgoing::new(scope.domain, protocol, origins, roster),
        inputs,
        status,
        metrics,
        timers: Timers::new(),
        rules: BTreeMap::new(),
        stages,
        narration: Narration::default(),
        has_told: false,
        durable: 0,
    };
    let running =
        Running { driver, acceptor, stop_accepting, dialers, _observers: observers, _admin: admin, _pool: pool };
    Ok((running, Input::Start { records, executed, state }))
}

fn acceptor(
    folder: &ReplicaFolder,
    identity: &TlsIdentity,
    limits: &Limits,
    roster: &Arc<Roster>,
    metrics: &Arc<Metrics>,
    members: Arc<MemberAddresses>,
    sink: Ingress,
) -> Acceptor<Ingress> {
    let cluster = folder.cluster();
    let directory = Arc::new(PeerDirectory::new(cluster, folder.id()));
    Acceptor {
        tls: identity.server(directory.clone()),
        directory,
        limits: limits.clone(),
        roster: roster.clone(),
        metrics: metrics.clone(),
        members,
        replica_frame_max: cluster.descriptor().parameters.frame_max(&cluster.scope().membership),
        sink,
    }
}

/// Every replica, and where it listens.
fn members_named(cluster: &Cluster) -> Vec<(ReplicaId, String)> {
    let entries = (0..).map(ReplicaId::new).zip(&cluster.descriptor().replicas);
    entries.map(|(id, entry)| (id, entry.address.clone())).collect()
}

/// A replica that says how far it is only every so often is not taken for a silent one.
fn patient(mut limits: Limits, cluster: &Cluster) -> Limits {
    let interval = Duration::from_millis(cluster.descriptor().parameters.status_interval_ms.into());
    limits.replica_idle = limits.replica_idle.max(3 * interval);
    limits
}

/// No more connections than the system gives descriptors for: those of members, the files and the admin pages come
/// first, then half for handshakes and half for clients, until there are enough for both.
fn affordable(mut limits: Limits, open_files_max: Option<usize>) -> Limits {
    let Some(open_files) = open_files_max else { return limits };
    let left = open_files.saturating_sub(RESERVED_FILES);
    limits.handshakes_max = limits.handshakes_max.min(left / 4).max(1);
    let clients = left.saturating_sub(2 * limits.handshakes_max).max(1);
    if clients < limits.client_connections_max {
        tracing::info!("at most {clients} client connections: this process may have {open_files} files open");
        limits.client_connections_max = clients;
    }
    limits
}

async fn listen(given: Option<StdListener>, address: &str) -> Result<TcpListener, RunError> {
    let listener = match given {
        Some(listener) => listener.set_nonblocking(true).and_then(|()| TcpListener::from_std(listener)),
        None => TcpListener::bind(address).await,
    };
    listener.map_err(|source| RunError::Listen { address: address.to_owned(), source })
}

fn dial_others(
    folder: &ReplicaFolder,
    identity: &TlsIdentity,
    limits: &Limits,
    connectivity: &Connectivity,
    metrics: &Metrics,
) -> (JoinSet<()>, BTreeMap<ReplicaId, Arc<Origin>>) {
    let (mut dialers, mut origins) = (JoinSet::new(), BTreeMap::new());
    let entries = (0..).map(ReplicaId::new).zip(&folder.cluster().descriptor().replicas);
    for (id, entry) in entries.filter(|(id, _)| *id != folder.id()) {
        let origin = Arc::new(Origin::new(
            Address::Replica(id),
            Arc::new(SendQueue::dropping(limits.replica_queue_bytes, limits.replica_queue_frames)),
            Arc::new(Semaphore::new(0)),
            metrics.peer(Address::Replica(id)),
        ));
        origins.insert(id, origin.clone());
        dialers.spawn(dial_until_finished(Dialer {
            id,
            address: entry.address.clone(),
            source: folder.outgoing_address(),
            tls: identity.client(entry.transport_key),
            limits: limits.clone(),
            origin,
            backlog_max: BACKLOG_BYTES,
            frame_max: HEADER_BYTES,
            sink: SendOnly,
            connectivity: connectivity.clone(),
            on_change: |_| (),
        }));
    }
    (dialers, origins)
}

impl<P: Process> Running<P> {
    /// Sends what is queued, finishes the log, and ends every thread.
    async fn close(mut self) -> Result<(), RunError> {
        self.driver.outgoing.finish();
        self.stop_accepting.send_replace(true);
        let farewell = async {
            let _ = (&mut self.acceptor).await;
            while self.dialers.join_next().await.is_some() {}
        };
        if timeout(FAREWELL, farewell).await.is_err() {
            tracing::info!("some of what was queued could not be sent in time");
        }
        self.acceptor.abort();
        let executed = self.driver.executor.end();
        let logged = self.driver.log.end();
        tracing::info!("replica ended");
        logged.and(executed)
    }
}

#[cfg(test)]
mod tests;
