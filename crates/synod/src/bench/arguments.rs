//! What can be chosen about a load.

use crate::cli::{parse_duration, parse_seconds};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;
use synod_kv::MAX_VALUE_BYTES;
use synod_node::Bundler;

/// Clients, at most: with the one that asks how the replicas are, they are as many connections as one client's key may
/// have to a replica.
pub(super) const CLIENTS_MAX: i64 = 63;

/// Measure what the cluster carries, how long an operation takes and what it costs
///
/// Starts C clients, each with connections and a session of its own, and keeps O operations of each outstanding: when
/// one has its outcome the next begins. Operations are puts over a fixed set of keys, and gets if asked for; both are
/// ordered by the cluster, durable before they are acknowledged, and believed when f+1 replicas have signed the result.
///
/// It writes keys that begin with `bench-`, and leaves them there.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  How much does it carry? 1024 operations at once, for ten seconds:
      synod bench --dir cluster/client --clients 16 --outstanding 64

  How long does one write take, alone?
      synod bench --dir cluster/client --clients 1 --outstanding 1

The measured numbers are for the machine as it is: stop what else runs on it, and measure more than once.
cpu is the processor time, user and system, of all replicas and of this command; replicas report their own.
docs/PERFORMANCE.md says what every number means.")]
pub(crate) struct Bench {
    /// The client's folder
    #[arg(long, default_value = "cluster/client")]
    pub(crate) dir: PathBuf,
    /// Clients, each with connections and a session of its own
    #[arg(long, value_name = "C", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=CLIENTS_MAX))]
    pub(crate) clients: u16,
    /// Operations that each client keeps outstanding
    #[arg(long, value_name = "O", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) outstanding: u16,
    /// Bytes of each value
    #[arg(long, value_name = "B", default_value_t = 256)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=MAX_VALUE_BYTES as i64))]
    pub(crate) value_size: u32,
    /// How long to measure, in seconds, e.g. 10 or 10s
    #[arg(long, value_name = "S", default_value = "10", value_parser = |text: &str| parse_seconds(text, 1..=86_400))]
    pub(crate) seconds: u64,
    /// How long the load runs before that, in seconds, e.g. 2 or 2s
    #[arg(long, value_name = "S", default_value = "2", value_parser = |text: &str| parse_seconds(text, 0..=3600))]
    pub(crate) warmup: u64,
    /// Gets among a hundred operations; the rest are puts
    #[arg(long, value_name = "R", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) read_percent: u8,
    /// Different keys
    #[arg(long, value_name = "K", default_value_t = 10_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) keys: u32,
    /// Signed requests that each client may have under way at once; operations wait for one to leave in
    #[arg(long, value_name = "N", default_value_t = Bundler::USUAL_REQUESTS as u16)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=32))]
    pub(crate) bundles: u16,
    /// How long to wait for the outcome of an operation, e.g. 500ms or 30s
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
    /// Report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}
