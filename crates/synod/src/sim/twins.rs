//! `synod sim twins`: every scenario of a family with twins, up to symmetry.

use super::arguments::{Plan, Running, membership};
use crate::failure::{Cause, Failure};
use clap::Args;
use synod_lab::twins::{Bounds, Family, Order, ROUNDS, ROUNDS_MAX};
use synod_lab::{Enumeration, Protocol};

/// Give liars an honest twin each, and go through all ways to part the network
///
/// A replica with a twin is two honest copies with one key. In each of some rounds all replicas and all copies are
/// parted into blocks that do not reach each other, then the network heals and everything has to be finished. All
/// scenarios are run, but of those that only differ in names just one. The same scenario is the same run on every
/// machine.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  Every scenario of three rounds, four replicas and one twin:
      synod sim twins

  And with one twin too many:
      synod sim twins --beyond-f --fail-fast

  A larger family, of which a sample is run; the second of four machines:
      synod sim twins --replicas 7 --sample 1 --scenarios 10000
      synod sim twins --rounds 4 --shard 1/4 --json > 1.json

  A scenario broke a rule: read what happened in it:
      synod sim replay synod-sim-failures/pbft-twins-Agreement-17.trace

Exit codes:
  0   as expected: no rule was broken; with --beyond-f: some rule was
  1   not as expected: a rule was broken; with --beyond-f: none was
  2   inconclusive: interrupted, or there was no scenario to run
  64  the command line makes no sense
  70  the simulator itself failed: a scenario was two different runs, or did too little to mean anything")]
pub(super) struct Twins {
    /// The protocol
    #[arg(long, value_name = "NAME", default_value_t = Protocol::Pbft)]
    protocol: Protocol,
    /// How many replicas: n
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=100))]
    replicas: u16,
    /// How many of them may lie: f, with n at least 3f+1; so many have a twin [default: as many as n allows]
    #[arg(long, value_name = "F")]
    faults: Option<u16>,
    /// Let one more have a twin, to see what breaks then
    #[arg(long)]
    beyond_f: bool,
    /// How many rounds there are before the network heals
    #[arg(long, value_name = "R", default_value_t = ROUNDS,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(ROUNDS_MAX)))]
    rounds: u32,
    /// Into how many blocks the network falls apart in a round, at most
    #[arg(long, value_name = "B", default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=3))]
    blocks: u8,
    /// Replicas that lead none of the first V views are taken to be the same [default: one more than rounds]
    #[arg(long, value_name = "V", value_parser = clap::value_parser!(u64).range(1..))]
    views: Option<u64>,
    /// How many scenarios are run, in all shards together, at most [default: all]
    #[arg(long, value_name = "MAX")]
    scenarios: Option<u64>,
    /// Run them in an order that this seed draws, so that the first are spread over all
    #[arg(long, value_name = "SEED")]
    sample: Option<u64>,
    /// One scenario only
    #[arg(long, value_name = "K", conflicts_with_all = ["scenarios", "sample", "shard"])]
    scenario: Option<u64>,
    #[command(flatten)]
    running: Running,
}

impl Twins {
    /// Checks what the parts mean together.
    pub(super) fn plan(&self) -> Result<Plan<Enumeration>, Failure> {
        let usage = |sentence: String| Failure::new(Cause::Usage, sentence);
        let membership = membership(self.replicas, self.faults)?;
        let faults = membership.tolerated();
        let bounds = Bounds {
            membership,
            twins: faults + u16::from(self.beyond_f),
            rounds: self.rounds,
            blocks: self.blocks.into(),
            views: self.views.unwrap_or(u64::from(self.rounds) + 1),
        };
        let family = Family::new(bounds)
            .map_err(|error| usage(format!("--replicas {} --faults {faults}: {error}", self.replicas)))?;
        if let Some(number) = self.scenario
            && number >= family.len()
        {
            return Err(usage(format!("--scenario {number}: they are numbered from 0 to {}", family.len() - 1)));
        }
        let series = Enumeration {
            protocol: self.protocol,
            family,
            order: self.sample.map_or(Order::Numbers, Order::Shuffled),
            first: self.scenario.unwrap_or(0),
            most: self.scenario.map_or(self.scenarios, |_| Some(1)),
            shard: self.running.shard,
        };
        Ok(self.running.plan(series, None, self.beyond_f))
    }
}
