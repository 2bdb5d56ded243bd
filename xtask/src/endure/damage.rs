//! Doing to replicas what was drawn, and undoing it.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use super::faults::{Fault, Ways};
use super::relay::{self, Dialler, Links, State};
use crate::cluster::Cluster;

/// Puts a relay before every replica, none of which was started yet. All links are open.
pub(super) fn prepare(cluster: &mut Cluster) -> io::Result<Links> {
    let links = Links::default();
    for position in 0..cluster.size() {
        let replica = u16::try_from(position).map_err(io::Error::other)?;
        let address = relay::address_of(replica).ok_or_else(|| io::Error::other("too many replicas for addresses"))?;
        let (known, hidden) = cluster.hide(replica, address)?;
        relay::relay(TcpListener::bind((Ipv4Addr::LOCALHOST, known))?, position, hidden, &links);
    }
    Ok(links)
}

/// Does it to the replica at `position`.
pub(super) fn inflict(cluster: &mut Cluster, links: &Links, position: usize, fault: Fault) -> io::Result<()> {
    match fault {
        Fault::Kill => cluster.kill_one(position),
        Fault::Pause => cluster.pause(position, true),
        Fault::Cut { ways, is_severed } => {
            let state = if is_severed { State::Severed } else { State::Silent };
            set_links(links, position, ways, cluster.size(), state);
            Ok(())
        }
    }
}

/// Undoes it. Whoever was killed is not started here.
pub(super) fn heal(cluster: &Cluster, links: &Links, position: usize, fault: Fault) -> io::Result<()> {
    match fault {
        Fault::Kill => Ok(()),
        Fault::Pause => cluster.pause(position, false),
        Fault::Cut { ways, .. } => {
            set_links(links, position, ways, cluster.size(), State::Open);
            Ok(())
        }
    }
}

fn set_links(links: &Links, position: usize, ways: Ways, replicas: usize, state: State) {
    let others = || (0..replicas).filter(|other| *other != position);
    if matches!(ways, Ways::Both | Ways::Outgoing) {
        others().for_each(|other| links.set((Dialler::Replica(position), other), state));
    }
    if matches!(ways, Ways::Both | Ways::Incoming) {
        others().for_each(|other| links.set((Dialler::Replica(other), position), state));
        links.set((Dialler::Client, position), state);
    }
}
