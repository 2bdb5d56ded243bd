//! What the members of the cluster have used, as the system and they themselves tell.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How long one page may take.
const PAGE_MAX: Duration = Duration::from_secs(5);
/// Counters of what reached the disk: one sync each.
const SYNCS: [&str; 2] =
    ["etcd_disk_wal_fsync_duration_seconds_count ", "etcd_disk_backend_commit_duration_seconds_count "];

/// The members of one cluster.
pub(crate) struct Members {
    endpoints: Vec<String>,
    pids: Vec<u32>,
}

/// Processor time that was used up to one moment, in microseconds.
#[derive(Clone, Copy)]
pub(crate) struct Cpu {
    /// By this process.
    pub(crate) own: u64,
    /// By all members; none if their processes are not known.
    pub(crate) members: Option<u64>,
}

impl Members {
    pub(crate) fn new(endpoints: &[String], pids: &[u32]) -> Self {
        Self { endpoints: endpoints.to_vec(), pids: pids.to_vec() }
    }

    /// Asks the system, which takes no time.
    pub(crate) fn cpu(&self) -> io::Result<Cpu> {
        let members = self.pids.iter().map(|pid| cpu_us(*pid)).sum::<io::Result<u64>>()?;
        Ok(Cpu { own: own_cpu_us(), members: (!self.pids.is_empty()).then_some(members) })
    }

    /// Asks every member for its syncs of the write-ahead log and commits of the store, all together, which holds this
    /// thread up; none if there is a member that does not tell, or none that is asked.
    pub(crate) fn syncs(&self) -> io::Result<Option<u64>> {
        let each = self.endpoints.iter().map(|endpoint| page(endpoint).map(|page| syncs(&page)));
        let each = each.collect::<io::Result<Option<Vec<u64>>>>()?;
        Ok(each.filter(|counts| !counts.is_empty()).map(|counts| counts.into_iter().sum()))
    }
}

fn own_cpu_us() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let whole = |part| u64::try_from(part).unwrap_or(0);
    whole(time.tv_sec) * 1_000_000 + whole(time.tv_nsec) / 1000
}

/// Processor time of a process, user and system.
fn cpu_us(pid: u32) -> io::Result<u64> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path)?;
    let tick_us = 1_000_000 / rustix::param::clock_ticks_per_second().max(1);
    ticks(&stat).map(|ticks| ticks * tick_us).ok_or_else(|| io::Error::other(format!("{path} is not as expected")))
}

/// The 14th and 15th field together. The second one, the name in brackets, may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let (user, system) = (fields.next()?, fields.next()?);
    user.parse::<u64>().ok()?.checked_add(system.parse().ok()?)
}

/// The counters that a page of metrics has, added up; none if one is missing.
fn syncs(page: &str) -> Option<u64> {
    let count = |name: &str| page.lines().find_map(|line| line.strip_prefix(name))?.trim().parse::<u64>().ok();
    SYNCS.iter().map(|name| count(name)).sum()
}

/// The metrics of a member.
fn page(endpoint: &str) -> io::Result<String> {
    let address = endpoint.to_socket_addrs()?.next();
    let address = address.ok_or_else(|| io::Error::other(format!("{endpoint} has no address")))?;
    let mut connection = TcpStream::connect_timeout(&address, PAGE_MAX)?;
    connection.set_read_timeout(Some(PAGE_MAX))?;
    connection.write_all(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut page = String::new();
    connection.read_to_string(&mut page)?;
    Ok(page)
}

#[cfg(test)]
mod tests;
