//! What can be asked of the demonstration.

use crate::cli::Lie;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Run a cluster on this machine, under load and under attack
///
/// Makes the keys of a cluster, starts its replicas as processes of their own that speak TLS and write to disk, writes
/// keys through the verifying client, and reads everything back. With --attack the first primary lies from the start.
/// As far as the cluster tolerates it, an honest replica is killed in the middle and started again. Ends with code 1 if
/// anything that was acknowledged is lost or wrong.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  synod demo                              look at it, then use it until Ctrl-C
  synod demo --attack equivocate --exit   the first primary tells two stories
  synod demo --replicas 7 --attack silent --input /etc/services --exit --json")]
pub(crate) struct Demo {
    /// Make the cluster in this folder and keep it [default: a temporary one, removed at the end]
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// How many replicas: n, from 1 to 100
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) replicas: u16,
    /// How many keys to write
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) ops: u32,
    /// Write the lines of this file [default: lines of synod's own licence and source code]
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// How the first primary lies
    #[arg(long, value_name = "NAME", default_value = "none")]
    pub(crate) attack: Attack,
    /// End afterwards, rather than stay up to be used
    #[arg(long)]
    pub(crate) exit: bool,
    /// Report as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// The port of replica 0; the others follow, and after them the admin pages [default: any that are free]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) base_port: Option<u16>,
}

/// How the first primary lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Attack {
    /// It does not
    None,
    /// It says nothing, to anybody
    Silent,
    /// It proposes one batch to some and another to the rest
    Equivocate,
}

impl Attack {
    /// What the first primary is started with.
    pub(crate) fn lie(self) -> Option<Lie> {
        match self {
            Self::None => None,
            Self::Silent => Some(Lie::Silent),
            Self::Equivocate => Some(Lie::Equivocate),
        }
    }
}
