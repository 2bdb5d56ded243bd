//! What is going to happen, decided before anything does: who there is, who lies, who is killed, what is written.

use super::arguments::{Attack, Demo};
use super::input::{self, Entry};
use crate::cli::Lie;
use crate::failure::{Cause, Failure};
use crate::genesis::{self, most_faults};
use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;
use synod_kernel::ReplicaId;
use synod_node::genesis::DevOptions;

/// Free ports are looked for from here on, below those that systems give to outgoing connections.
const PORTS_FROM: u16 = 20_000;
/// How many first ports there are to choose from.
const PORTS: u64 = 12_000;
/// How often to choose again before giving up.
const ATTEMPTS: usize = 64;
/// Requests to spread the keys over, at least.
const REQUESTS_MIN: usize = 64;
/// Keys in one request, at most.
const BUNDLE_MAX: usize = 32;

/// The first primary is the one that lies.
const FIRST_PRIMARY: ReplicaId = ReplicaId::new(0);

/// A demonstration that can be given.
pub(crate) struct Scene {
    options: DevOptions,
    attack: Attack,
    entries: Vec<Entry>,
    source: String,
}

impl Scene {
    /// Prepares what was asked for.
    pub(crate) fn new(arguments: &Demo) -> Result<Self, Failure> {
        let Demo { replicas, ops, ref input, attack, base_port, .. } = *arguments;
        let faults = most_faults(replicas);
        if faults == 0 && attack != Attack::None {
            let sentence = format!("{replicas} replicas tolerate no liar; an attack takes --replicas 4 or more");
            return Err(Failure::new(Cause::Usage, sentence));
        }
        let (source, entries) = input::entries(input.as_deref(), usize::try_from(ops).unwrap_or(usize::MAX))?;
        Ok(Self { options: options(replicas, faults, base_port)?, attack, entries, source })
    }

    /// What to make the cluster with.
    pub(crate) fn options(&self) -> &DevOptions {
        &self.options
    }

    /// n.
    pub(crate) fn replicas(&self) -> u16 {
        u16::try_from(self.options.endpoints.len()).expect("at most a hundred replicas were asked for")
    }

    /// f.
    pub(crate) fn faults(&self) -> u16 {
        self.options.faults
    }

    /// How the first primary lies.
    pub(crate) fn lie(&self) -> Option<Lie> {
        self.attack.lie()
    }

    /// Who lies.
    pub(crate) fn liar(&self) -> Option<ReplicaId> {
        self.lie().map(|_| FIRST_PRIMARY)
    }

    /// Everybody else.
    pub(crate) fn honest(&self) -> impl Iterator<Item = ReplicaId> + use<> {
        let liar = self.liar();
        (0..self.replicas()).map(ReplicaId::new).filter(move |id| Some(*id) != liar)
    }

    /// Who is killed, if the cluster tolerates it together with the liar.
    pub(crate) fn victim(&self) -> Option<ReplicaId> {
        let liars = u16::from(self.liar().is_some());
        (liars < self.faults()).then(|| ReplicaId::new(self.replicas() - 1))
    }

    /// What to write.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How much that is.
    pub(crate) fn operations(&self) -> usize {
        self.entries.len()
    }

    /// Where it comes from, in words.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Keys in one request.
    pub(crate) fn bundle(&self) -> usize {
        (self.operations() / REQUESTS_MIN).clamp(1, BUNDLE_MAX)
    }
}

fn options(replicas: u16, faults: u16, base_port: Option<u16>) -> Result<DevOptions, Failure> {
    if let Some(base_port) = base_port {
        let options = genesis::options(replicas, faults, base_port)?;
        return match taken(&options) {
            None => Ok(options),
            Some(address) => {
                let sentence = format!("{address} is taken; choose another --base-port, or none for any that is free");
                Err(Failure::new(Cause::Failed, sentence))
            }
        };
    }
    for attempt in 0..ATTEMPTS {
        let offset = u16::try_from(RandomState::new().hash_one(attempt) % PORTS).expect("a remainder below 12000");
        let options = genesis::options(replicas, faults, PORTS_FROM + offset)?;
        if taken(&options).is_none() {
            return Ok(options);
        }
    }
    let sentence = format!("no {} free ports in a row were found; choose them with --base-port", 2 * replicas);
    Err(Failure::new(Cause::Failed, sentence))
}

/// The first address that cannot be listened on.
fn taken(options: &DevOptions) -> Option<&str> {
    let addresses = options.endpoints.iter().flat_map(|endpoints| [&endpoints.address, &endpoints.admin]);
    addresses.map(String::as_str).find(|address| TcpListener::bind(*address).is_err())
}
