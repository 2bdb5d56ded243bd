//! `synod start`: one replica, until it is told to end.
//!
//! A replica can be made to lie, to see that it does no harm; only in a cluster whose descriptor says, under its
//! operators' signatures, that it is for trying things out.

use crate::cli::{Lie, Start};
use crate::failure::{Cause, Failure};
use crate::interrupts::Interrupts;
use crate::logging;
use std::io::{self, Read};
use std::process;
use std::sync::Arc;
use std::thread;
use synod_attacks::Silent;
use synod_attacks::pbft::Equivocate;
use synod_kernel::adversary::{Adversary, Corrupted, Puppets};
use synod_kernel::descriptor::Cluster;
use synod_kernel::{ReplicaId, Signer};
use synod_kv::KeyValueStore;
use synod_node::{Limits, ReplicaFolder, ReplicaOptions, RunError, Shutdown, ShutdownHandle};
use synod_node::{machine_memory, memory_max, run_replica, shutdown};
use synod_protocols::pbft::{self, Config, Replica};

/// What a shell reports of a process that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// Runs the replica.
pub(crate) fn run(arguments: &Start) -> Result<(), Failure> {
    logging::start(arguments.log_format, "info")?;
    let folder = ReplicaFolder::open(&arguments.dir)?;
    let is_dev = folder.cluster().descriptor().dev;
    if is_dev {
        tracing::warn!(
            "DEVELOPMENT CLUSTER: all its keys were made on one machine; never keep anything of value in it"
        );
    }
    match arguments.lie {
        Some(lie) if !is_dev => {
            let sentence = format!(
                "--lie {lie}: {} is not a development cluster's, and a replica of a real cluster must not lie; make a \
                 cluster to try this in with `synod genesis dev`",
                arguments.dir.display()
            );
            return Err(Failure::new(Cause::Configuration, sentence));
        }
        Some(lie) => tracing::warn!("THIS REPLICA LIES ({lie}): what it says is not to be believed"),
        None => {}
    }
    let (handle, shutdown) = shutdown();
    end_on_signals(handle.clone())?;
    if arguments.until_stdin_closes {
        end_with_stdin(handle)?;
    }
    say_memory(folder.cluster());
    run_folder(&folder, arguments.lie, shutdown).map_err(|error| {
        let cause = match error.exit_code() {
            74 => Cause::Disk,
            78 => Cause::Configuration,
            _ => Cause::Internal,
        };
        Failure::new(cause, error)
    })
}

/// Says how much memory the replica can take at worst, and whether the machine has it.
fn say_memory(cluster: &Cluster) {
    let (descriptor, members) = (cluster.descriptor(), &cluster.scope().membership);
    let protocol = pbft::memory_max(&descriptor.parameters, members);
    let (limits, clients) = (Limits::default(), descriptor.clients.len());
    let max = memory_max(&descriptor.parameters, &limits, members, clients, protocol).total();
    let needed = max.div_ceil(1 << 20);
    tracing::info!("memory: at most {needed} MiB, beside the service's own data, if all that may be hostile is");
    if let Some(machine) = machine_memory().filter(|machine| *machine < max) {
        tracing::warn!(
            "this machine has {} MiB of memory; a smaller window or batch_bytes in the descriptor takes less",
            machine >> 20
        );
    }
}

fn run_folder(folder: &ReplicaFolder, lie: Option<Lie>, shutdown: Shutdown) -> Result<(), RunError> {
    let (options, machine) = (ReplicaOptions::new(pbft::PROTOCOL), Arc::new(KeyValueStore));
    match lie {
        None => run_replica(folder, honest, machine, options, shutdown),
        Some(Lie::Silent) => run_replica(folder, corrupt(Silent), machine, options, shutdown),
        Some(Lie::Equivocate) => run_replica(folder, corrupt(Equivocate::default()), machine, options, shutdown),
    }
}

fn honest(cluster: &Cluster, _: ReplicaId, signer: Arc<dyn Signer>) -> Replica {
    Replica::new(Config::new(*cluster.scope(), cluster.descriptor().parameters, signer))
}

fn corrupt<A: Adversary<Replica>>(
    adversary: A,
) -> impl FnOnce(&Cluster, ReplicaId, Arc<dyn Signer>) -> Corrupted<Replica, A> {
    move |cluster, id, signer| {
        let scope = cluster.scope();
        let puppets = Puppets::new(scope.domain, scope.membership);
        Corrupted::new(id, puppets, honest(cluster, id, signer.clone()), signer, adversary)
    }
}

/// Ends in an orderly way at the first signal, at once at the second.
fn end_on_signals(handle: ShutdownHandle) -> Result<(), Failure> {
    let refused = |error: io::Error| Failure::new(Cause::Disk, format_args!("cannot wait for signals: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(refused)?;
    let mut interrupts = runtime.block_on(async { Interrupts::new() })?;
    let wait = move || {
        runtime.block_on(async {
            let name = interrupts.next().await;
            tracing::info!("{name}: ending; a second signal ends without waiting");
            handle.trigger();
            interrupts.next().await;
            process::exit(INTERRUPTED);
        });
    };
    thread::Builder::new().name("signals".to_owned()).spawn(wait).map_err(refused)?;
    Ok(())
}

/// Ends with the process at the other end of standard input, however that one ends.
fn end_with_stdin(handle: ShutdownHandle) -> Result<(), Failure> {
    let wait = move || {
        let mut ignored = [0; 64];
        while matches!(io::stdin().read(&mut ignored), Ok(count) if count > 0) {}
        tracing::info!("standard input is closed: ending");
        handle.trigger();
    };
    let spawned = thread::Builder::new().name("stdin".to_owned()).spawn(wait);
    spawned.map_err(|error| Failure::new(Cause::Disk, format_args!("cannot watch standard input: {error}")))?;
    Ok(())
}
