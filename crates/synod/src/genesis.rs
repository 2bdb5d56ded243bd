//! `synod genesis`: makes a cluster's keys, descriptor and folders.

use crate::cli::{DevGenesis, GenesisCommand};
use crate::failure::{Cause, Failure};
use crate::output;
use serde::Serialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use synod_kernel::descriptor::{DescriptorError, Parameters};
use synod_kernel::{Faults, Membership};
use synod_node::genesis::{self, DevCluster, DevOptions};

/// Replicas listen on this port and the ones after it, if nothing else is asked for.
pub(crate) const DEFAULT_BASE_PORT: u16 = 7600;

/// Makes what was asked for.
pub(crate) fn run(command: &GenesisCommand) -> Result<(), Failure> {
    match command {
        GenesisCommand::Dev(arguments) => dev(arguments),
    }
}

fn dev(arguments: &DevGenesis) -> Result<(), Failure> {
    let DevGenesis { replicas, faults, clients, ref dir, base_port, json, .. } = *arguments;
    let faults = faults.unwrap_or_else(|| most_faults(replicas));
    check_faults(replicas, faults)?;
    let options = options(replicas, faults, base_port)?;
    let parameters = parameters(arguments, options.parameters, faults)?;
    let made = make(dir, &DevOptions { clients, parameters, ..options })?;
    if json { output::print_json(&Report::new(&made)) } else { output::print(&tell(&made)) }
}

/// The parameters that were asked for; where none were, those that suit the others.
fn parameters(arguments: &DevGenesis, suited: Parameters, faults: u16) -> Result<Parameters, Failure> {
    let DevGenesis { replicas, window, checkpoint_interval, pipeline, batch_bytes, .. } = *arguments;
    let interval = checkpoint_interval.or(window.map(|window| (window / 2).clamp(1, suited.checkpoint_interval)));
    let checkpoint_interval = interval.unwrap_or(suited.checkpoint_interval);
    let window = window.unwrap_or_else(|| suited.window.max(checkpoint_interval.saturating_mul(2)));
    let pipeline = pipeline.unwrap_or(suited.pipeline.min(window));
    let batch_bytes = batch_bytes.unwrap_or(suited.batch_bytes);
    let parameters = Parameters { checkpoint_interval, window, pipeline, batch_bytes, ..suited };
    let membership = Membership::new(replicas, Faults::Byzantine(faults)).map_err(DescriptorError::Membership);
    match membership.and_then(|membership| parameters.check(&membership)) {
        Ok(()) => Ok(parameters),
        Err(why) => {
            let sentence = format!(
                "--checkpoint-interval {checkpoint_interval}, --window {window}, --pipeline {pipeline} and \
                 --batch-bytes {batch_bytes} make no cluster of {replicas} replicas: {why}"
            );
            Err(Failure::new(Cause::Usage, sentence))
        }
    }
}

/// The most faults that so many replicas can tolerate: n >= 3f+1.
pub(crate) const fn most_faults(replicas: u16) -> u16 {
    replicas.saturating_sub(1) / 3
}

/// Makes a development cluster in `dir`, and the folders around it.
pub(crate) fn make(dir: &Path, options: &DevOptions) -> Result<DevCluster, Failure> {
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(|error| {
            Failure::new(Cause::Disk, format_args!("{}: cannot make this folder: {error}", parent.display()))
        })?;
    }
    Ok(genesis::dev(dir, options)?)
}

fn check_faults(replicas: u16, faults: u16) -> Result<(), Failure> {
    let needed = 3 * u32::from(faults) + 1;
    if u32::from(replicas) >= needed {
        return Ok(());
    }
    let most = most_faults(replicas);
    let sentence = format!(
        "{replicas} replicas cannot tolerate {faults} faulty ones: that takes at least {needed} (3 times {faults}, \
         plus 1); ask for --replicas {needed}, or for --faults {most}{}",
        if most == 0 { "" } else { " or fewer" }
    );
    Err(Failure::new(Cause::Usage, sentence))
}

/// Replicas on ports from `base_port` on, their admin pages on as many ports after those.
pub(crate) fn options(replicas: u16, faults: u16, base_port: u16) -> Result<DevOptions, Failure> {
    let last = u32::from(base_port) + 2 * u32::from(replicas) - 1;
    let admin_port = base_port.checked_add(replicas).filter(|_| last <= u32::from(u16::MAX)).ok_or_else(|| {
        let sentence = format!(
            "{replicas} replicas need {} ports, from {base_port} to {last}, and 65535 is the last there is; choose a \
             lower --base-port",
            2 * u32::from(replicas)
        );
        Failure::new(Cause::Usage, sentence)
    })?;
    Ok(DevOptions::local(replicas, faults, base_port, admin_port)?)
}

/// What `--json` reports.
#[derive(Serialize)]
struct Report {
    cluster: String,
    dev: bool,
    replicas: Vec<ReplicaReport>,
    faults: u16,
    client: PathBuf,
    /// All of them, `client` first.
    clients: Vec<PathBuf>,
    operator: PathBuf,
}

#[derive(Serialize)]
struct ReplicaReport {
    dir: PathBuf,
    address: String,
    admin: String,
}

impl Report {
    fn new(made: &DevCluster) -> Self {
        let descriptor = made.cluster.descriptor();
        let replica = |(dir, entry): (&PathBuf, &synod_kernel::descriptor::ReplicaEntry)| ReplicaReport {
            dir: dir.clone(),
            address: entry.address.clone(),
            admin: entry.admin.clone(),
        };
        Self {
            cluster: output::hexadecimal(made.cluster.scope().domain.cluster.as_bytes()),
            dev: descriptor.dev,
            replicas: made.replicas.iter().zip(&descriptor.replicas).map(replica).collect(),
            faults: descriptor.faults,
            client: made.client.clone(),
            clients: made.clients.clone(),
            operator: made.operator.clone(),
        }
    }
}

fn tell(made: &DevCluster) -> String {
    let Report { cluster, replicas, faults, client, clients, operator, .. } = Report::new(made);
    let program = output::program();
    let mut text =
        format!("made a development cluster of {} replicas that tolerates {faults} faulty\n", replicas.len());
    let mut line = |text_line: String| writeln!(text, "{text_line}").expect("writing to a string never fails");
    line(format!("  cluster    {cluster}"));
    for (position, replica) in replicas.iter().enumerate() {
        let ReplicaReport { dir, address, admin } = replica;
        line(format!("  replica {position:<2} {}  at {address}, admin pages at {admin}", dir.display()));
    }
    for client in &clients {
        line(format!("  client     {}", client.display()));
    }
    line(format!("  operator   {}", operator.display()));
    line("\nAll keys were made on this machine, so it is for trying things out and not for production.".to_owned());
    line("Start every replica, each in a terminal of its own:".to_owned());
    for replica in &replicas {
        line(format!("  {program} start --dir {}", replica.dir.display()));
    }
    line(format!("and then\n  {program} kv --dir {} put hello world", client.display()));
    text
}
