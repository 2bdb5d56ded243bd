//! What can be asked of the simulator.

use super::explore::Explore;
use super::twins::Twins;
use crate::failure::{Cause, Failure};
use clap::{Args, Subcommand};
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;
use synod_kernel::{Faults, Membership};
use synod_lab::{Assault, Attack, Campaign, Protocol, Shard};

/// Where failures are kept if nobody says.
pub(super) const FAILURES: &str = "synod-sim-failures";
/// Seeds of a campaign if neither a number nor a time is given.
const SEEDS: u64 = 1000;

/// Simulate clusters in which everything goes wrong, and judge them
///
/// Each seed is a cluster of its own with clients, disks, a network and perhaps an attacker, in one thread and in
/// virtual time: messages are lost and doubled, replicas crash in the middle of a write, the power fails. Judges watch
/// what the protocol promises. The same seed is the same run on every machine.
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  A thousand seeds, each drawing an attack or none:
      synod sim --attack any

  Does the cluster survive a lying primary? And what happens if two of four lie?
      synod sim --attack equivocate --seeds 10000
      synod sim --attack equivocate --corrupt 2 --beyond-f --seeds 100

  Ten minutes on all cores; the second of four machines, and all their results together:
      synod sim --attack any --minutes 10
      synod sim --attack any --seeds 1000000 --shard 1/4 --json > 1.json
      synod sim merge 0.json 1.json 2.json 3.json

  A seed broke a rule: make its trace short, and read what happened:
      synod sim shrink synod-sim-failures/pbft-none-Agreement-17.trace

Exit codes:
  0   as expected: no rule was broken; with --beyond-f: some rule was
  1   not as expected: a rule was broken; with --beyond-f: none was, so the attack does no harm
  2   inconclusive: interrupted, or the time was over before the first seed
  64  the command line or a file makes no sense
  70  the simulator itself failed: a seed was two different runs, or did too little to mean anything"
)]
pub(crate) struct Sim {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) campaign: CampaignArguments,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Twins(Twins),
    Replay(Replay),
    Shrink(Shrink),
    Merge(Merge),
    Explore(Explore),
}

/// Play a kept run again, and tell what happens in it
///
/// A trace is a text: which run it is, every number of it, every choice, and what came of it. It plays the same on
/// every machine as long as the code is the same, and says so if it does not.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  synod sim replay synod-sim-failures/pbft-none-Agreement-17.trace

Exit codes:
  0   it came out as the trace says
  1   it came out otherwise
  64  the file is no trace, or of another version
  70  it is another run: something else was asked than in the trace, or something else happened")]
pub(super) struct Replay {
    /// The trace
    pub(super) file: PathBuf,
    /// Play it as near as it goes, if the code has changed since
    #[arg(long)]
    pub(super) near: bool,
}

/// Make the trace of a failure as short as it goes
///
/// Lowers options, leaves out choices and makes answers smaller as long as the same rule breaks, and tells the story
/// that is left. The same trace shrinks to the same trace, unless it is stopped before it is done.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  synod sim shrink synod-sim-failures/pbft-none-Agreement-17.trace

Exit codes:
  0   done
  64  the file is no trace of a failure
  70  the shrunk run is another when it is played again")]
pub(super) struct Shrink {
    /// The trace
    pub(super) file: PathBuf,
    /// Where to write the short one [default: beside it, ending in .min.trace]
    #[arg(long)]
    pub(super) out: Option<PathBuf>,
    /// How many candidates are tried
    #[arg(long, value_name = "N", default_value_t = synod_lab::shrink::ATTEMPTS_MAX)]
    pub(super) attempts: u64,
    /// Stop after so many minutes with what was found by then
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(super) minutes: Option<u64>,
}

/// Add up what the shards of one campaign came to
///
/// Reads what `synod sim --shard I/N --json` wrote on each machine, and reports as one campaign would have.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  synod sim merge 0.json 1.json 2.json --json > all.json")]
pub(super) struct Merge {
    /// Their results
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct CampaignArguments {
    /// The protocol
    #[arg(long, value_name = "NAME", default_value_t = Protocol::Pbft)]
    protocol: Protocol,
    /// How many replicas: n
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=100))]
    replicas: u16,
    /// How many of them may lie: f, with n at least 3f+1 [default: as many as n allows]
    #[arg(long, value_name = "F")]
    faults: Option<u16>,
    /// Who owns the corrupted replicas: an attack of `synod attacks`, none, or any for another one in each seed
    #[arg(long, value_name = "NAME", default_value = "none")]
    attack: String,
    /// How many replicas the attacker owns [default: f]
    #[arg(long, value_name = "K")]
    corrupt: Option<u16>,
    /// Let it own more than f, to see what breaks then
    #[arg(long)]
    beyond_f: bool,
    /// How many seeds, in all shards together [default: 1000, or as many as --minutes allows]
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,
    /// One seed only
    #[arg(long, value_name = "S", conflicts_with_all = ["seeds", "minutes", "first", "shard"])]
    seed: Option<u64>,
    /// Begin no seed after so many minutes
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    minutes: Option<u64>,
    /// The first seed
    #[arg(long, value_name = "S", default_value_t = 0)]
    first: u64,
    #[command(flatten)]
    running: Running,
}

/// How a series of runs is gone through.
#[derive(Args, Debug)]
pub(super) struct Running {
    /// How many are run at once [default: one on each core]
    #[arg(long, value_name = "J")]
    jobs: Option<NonZero<usize>>,
    /// Run only this part, e.g. 0/4: every fourth, from the first on
    #[arg(long, value_name = "I/N", default_value = "0/1")]
    pub(super) shard: Shard,
    /// Where the traces of failures are written [default: synod-sim-failures; with --beyond-f, nowhere]
    #[arg(long, value_name = "DIR")]
    failures: Option<PathBuf>,
    /// Stop at the first that breaks a rule
    #[arg(long)]
    fail_fast: bool,
    /// Report as JSON
    #[arg(long)]
    json: bool,
}

impl Running {
    /// Goes through this series, for so long at most, if there is a limit. What breaks beyond f is kept only if
    /// somebody says where.
    pub(super) fn plan<S>(&self, series: S, time: Option<Duration>, beyond_f: bool) -> Plan<S> {
        Plan {
            series,
            jobs: self.jobs.unwrap_or_else(|| std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)),
            time,
            fail_fast: self.fail_fast,
            failures: self.failures.clone().or_else(|| (!beyond_f).then(|| PathBuf::from(FAILURES))),
            is_json: self.json,
        }
    }
}

/// A cluster of so many replicas, of which so many may lie: as many as it allows, if nobody says.
pub(super) fn membership(replicas: u16, faults: Option<u16>) -> Result<Membership, Failure> {
    let faults = faults.unwrap_or(replicas.saturating_sub(1) / 3);
    Membership::new(replicas, Faults::Byzantine(faults))
        .map_err(|error| Failure::new(Cause::Usage, format!("--replicas {replicas} --faults {faults}: {error}")))
}

/// What is to be done, checked.
pub(super) struct Plan<S> {
    pub(super) series: S,
    pub(super) jobs: NonZero<usize>,
    pub(super) time: Option<Duration>,
    pub(super) fail_fast: bool,
    /// Where failures are kept, if they are.
    pub(super) failures: Option<PathBuf>,
    pub(super) is_json: bool,
}

impl CampaignArguments {
    /// Checks what the parts mean together.
    pub(super) fn plan(&self) -> Result<Plan<Campaign>, Failure> {
        let usage = |sentence: String| Failure::new(Cause::Usage, sentence);
        let membership = membership(self.replicas, self.faults)?;
        let assault = Assault::named(&self.attack, self.protocol)
            .map_err(|error| usage(format!("--attack: {error}; `synod attacks` shows them")))?;
        let is_peaceful = assault == Assault::Only(Attack::NONE);
        let corrupt = self.corrupt.unwrap_or(if is_peaceful { 0 } else { membership.tolerated() });
        if is_peaceful && corrupt > 0 {
            return Err(usage(format!("--corrupt {corrupt} needs an --attack: `synod attacks` shows them")));
        }
        check_liars(membership, corrupt, self.beyond_f)?;
        let (first, seeds) = match (self.seed, self.seeds, self.minutes) {
            (Some(seed), _, _) => (seed, Some(1)),
            (None, None, None) => (self.first, Some(SEEDS)),
            (None, seeds, _) => (self.first, seeds),
        };
        let shard = self.running.shard;
        let series = Campaign { protocol: self.protocol, membership, assault, corrupt, first, seeds, shard };
        let time = self.minutes.map(|minutes| Duration::from_secs(60 * minutes));
        Ok(self.running.plan(series, time, self.beyond_f))
    }
}

/// Whether so many may be asked to lie: more than are tolerated only if that is what somebody wants to see.
pub(super) fn check_liars(membership: Membership, corrupt: u16, beyond_f: bool) -> Result<(), Failure> {
    let usage = |sentence: String| Err(Failure::new(Cause::Usage, sentence));
    let (replicas, faults) = (membership.size(), membership.tolerated());
    if corrupt > replicas {
        return usage(format!("--corrupt {corrupt}: there are only {replicas} replicas"));
    }
    if corrupt > faults && !beyond_f {
        return usage(format!(
            "--corrupt {corrupt}: {replicas} replicas tolerate {faults} liars with --faults {faults}, and nothing is \
             promised beyond; --beyond-f shows what breaks then"
        ));
    }
    if corrupt <= faults && beyond_f {
        return usage(format!("--beyond-f: --corrupt {corrupt} is not more than the {faults} that may lie"));
    }
    Ok(())
}
