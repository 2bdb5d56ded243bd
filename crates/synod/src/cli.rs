//! The command line: what can be asked for, and the help that teaches it.

use crate::attacks::Attacks;
use crate::bench::Bench;
use crate::demo::Demo;
use crate::genesis::DEFAULT_BASE_PORT;
use crate::kv::Kv;
use crate::sim::Sim;
use crate::status::StatusArguments;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  See a cluster of four replicas survive a lying primary, in a few seconds:
      synod demo --attack equivocate --exit

  Make a cluster, and start its four replicas, each in a terminal of its own:
      synod genesis dev --replicas 4 --dir cluster
      synod start --dir cluster/replica-0

  Use it, believing only what enough replicas vouch for, and look after it:
      synod kv --dir cluster/client put hello world
      synod kv --dir cluster/client get hello
      synod status --dir cluster/client
      synod bench --dir cluster/client --clients 16

  Simulate a thousand clusters in which everything goes wrong, and judge them:
      synod sim --attack any

Exit codes:
  0   done
  1   failed: the answer is no, for instance because a key is absent
  2   inconclusive: a simulation was ended before anything could be said
  3   too few replicas answered; what was to be written may have been written
  4   something that was received does not verify
  64  the command line makes no sense
  70  a broken invariant of synod itself
  74  the disk, or another part of the system, refused
  78  keys, descriptor, settings or folders are not right
  130 told a second time to end, and ended at once

SYNOD_LOG=debug makes every command say on standard error what it does.";

/// Replication that survives machines that lie.
///
/// A cluster of n replicas keeps one state. Up to f of them, with n at least 3f+1, may be hacked, broken or corrupted,
/// and what the others answer is still right; any number may crash, and nothing that was acknowledged is lost.
#[derive(Debug, Parser)]
#[command(name = "synod", version, after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = false)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(Demo),
    /// Make the keys, the descriptor and the folders of a cluster
    #[command(subcommand)]
    Genesis(GenesisCommand),
    Start(Start),
    Kv(Kv),
    Status(StatusArguments),
    Bench(Bench),
    Sim(Sim),
    Attacks(Attacks),
}

#[derive(Debug, Subcommand)]
pub(crate) enum GenesisCommand {
    /// Make a whole cluster on this machine, for trying things out
    Dev(DevGenesis),
}

/// Make a whole cluster on this machine, for trying things out
///
/// Writes a folder for every replica (replica-0, replica-1, ...), for every client and for the operator. All keys
/// are made here, so the descriptor is marked as a development cluster's for good.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  synod genesis dev --replicas 7 --faults 2 --dir cluster --base-port 7600")]
pub(crate) struct DevGenesis {
    /// How many replicas: n, from 1 to 100
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) replicas: u16,
    /// How many of them may lie: f, with n at least 3f+1 [default: as many as n allows]
    #[arg(long, value_name = "F")]
    pub(crate) faults: Option<u16>,
    /// How many clients, each with a folder and keys of its own: client, client-2, client-3, ...
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) clients: u16,
    /// The folder to make; an empty one may be there
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// How many batches may be under way beyond the last checkpoint: L, at least 2K [default: 256, less if n is large]
    #[arg(long, value_name = "L")]
    pub(crate) window: Option<u64>,
    /// How many batches there are from one checkpoint to the next: K [default: 128, or half of --window]
    #[arg(long, value_name = "K")]
    pub(crate) checkpoint_interval: Option<u64>,
    /// How many batches the primary has under way at once [default: 8]
    #[arg(long, value_name = "N")]
    pub(crate) pipeline: Option<u64>,
    /// How many bytes a batch has at most [default: 1048576]
    #[arg(long, value_name = "BYTES")]
    pub(crate) batch_bytes: Option<u32>,
    /// The port of replica 0; the others follow, and after them the admin pages
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_BASE_PORT)]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) base_port: u16,
    /// Report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Run one replica until it is told to end
///
/// Ends in an orderly way on Ctrl-C and on SIGTERM. Says on standard error what it waits for and what it does; the
/// variable SYNOD_LOG chooses how much, e.g. SYNOD_LOG=debug. The admin address in its descriptor serves /healthz,
/// /readyz and /metrics.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  synod start --dir cluster/replica-0")]
pub(crate) struct Start {
    /// The replica's folder
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// Make this replica lie; only in a development cluster
    #[arg(long, value_name = "NAME")]
    pub(crate) lie: Option<Lie>,
    /// How to log
    #[arg(long, value_name = "FORMAT", default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    /// End when standard input is closed, too
    #[arg(long, hide = true)]
    pub(crate) until_stdin_closes: bool,
}

/// How a replica lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lie {
    /// Says nothing, to anybody
    Silent,
    /// As primary, proposes one batch to some and another to the rest
    Equivocate,
}

/// How to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object per line
    Json,
}

impl fmt::Display for Lie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Silent => "silent",
            Self::Equivocate => "equivocate",
        })
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

/// The longest time that can be asked for.
const DURATION_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads `500ms`, `30s`, `2m`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let explain = || "write a number and a unit, like 500ms, 30s or 2m".to_owned();
    let number: u32 = digits.parse().map_err(|_| explain())?;
    let duration = match unit {
        "ms" => Duration::from_millis(number.into()),
        "s" => Duration::from_secs(number.into()),
        "m" => Duration::from_secs(60 * u64::from(number)),
        _ => return Err(explain()),
    };
    if duration.is_zero() || duration > DURATION_MAX {
        return Err("a time between 1ms and one day is needed".to_owned());
    }
    Ok(duration)
}

/// Reads whole seconds: `10`, `10s` or `2m`, of which so many are allowed.
pub(crate) fn parse_seconds(text: &str, allowed: RangeInclusive<u64>) -> Result<u64, String> {
    let (digits, unit) = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(digits), _) => (digits, 1),
        (None, Some(digits)) => (digits, 60),
        (None, None) => (text, 1),
    };
    let number: u32 = digits.parse().map_err(|_| "write whole seconds or minutes, like 10, 10s or 2m".to_owned())?;
    let seconds = u64::from(number) * unit;
    if allowed.contains(&seconds) {
        return Ok(seconds);
    }
    Err(format!("between {} and {} seconds are possible", allowed.start(), allowed.end()))
}

#[cfg(test)]
mod tests;
