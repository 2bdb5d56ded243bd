//! What can be asked of the explorer.

use crate::failure::{Cause, Failure};
use crate::sim::arguments::{check_liars, membership};
use clap::Args;
use clap::builder::RangedU64ValueParser;
use std::collections::BTreeSet;
use synod_kernel::{Membership, ReplicaId};
use synod_lab::Protocol;
use synod_lab::explore::{Exploration, Liars, Limits, PLACES_MAX, REPLICAS_MAX, VIEWS_MAX};

/// States with each choice of liars if nobody says: some seconds, and 300 MB.
const STATES: u64 = 1_000_000;
/// More would need more memory than machines have.
const STATES_MAX: u64 = 1 << 31;

/// Look at everything that can happen in a small world
///
/// Nothing is drawn: every order in which messages can arrive, or not, every timer that can fire, and every lie that
/// the liars can sign, to anybody at any time. So what holds, holds within the bounds, and what breaks is told by a
/// shortest way. There is no time, no disk and no checkpoint in it; for these there are seeds.
///
/// Every choice of liars is looked at, except where it would make the same world as another one under other names.
/// A world with one place and two views can have more states than anybody can wait for. Then the answer is that nothing
/// is wrong that takes so many steps or fewer.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  One free liar among four, in one view: is there an order in which it does harm?
      synod sim explore

  Two of four lie: the shortest way to break it
      synod sim explore --corrupt 2 --beyond-f

  One crash anywhere, two views, the first replica lies; ten million states at most
      synod sim explore --views 2 --crashes 1 --liars 0 --states 10000000

Exit codes:
  0   as expected: nothing within the bounds is left, and nothing is wrong; with --beyond-f: something is
  1   not as expected: something is wrong; with --beyond-f: nothing is left, and nothing is wrong
  2   inconclusive: the limit on states was reached, or it was interrupted, and nothing is wrong so far
  64  the command line makes no sense
  70  the explorer itself failed

2 is what to expect of all but the smallest worlds: it is a claim about everything that takes at most the reported
number of steps. A script that is content with that takes 2 for good, and 1 for bad. A million states take some seconds
and 300 MB, with each choice of liars.")]
pub(in crate::sim) struct Explore {
    /// The protocol
    #[arg(long, value_name = "NAME", default_value_t = Protocol::Pbft)]
    protocol: Protocol,
    /// How many replicas: n, at most 7
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = number(REPLICAS_MAX))]
    replicas: u16,
    /// How many of them may lie: f, with n at least 3f+1 [default: as many as n allows]
    #[arg(long, value_name = "F")]
    faults: Option<u16>,
    /// How many do lie [default: f]
    #[arg(long, value_name = "K")]
    corrupt: Option<u16>,
    /// Which ones do, e.g. 0,2 [default: every choice of so many]
    #[arg(long, value_name = "IDS", value_delimiter = ',', conflicts_with = "corrupt")]
    liars: Option<Vec<u16>>,
    /// Let more than f lie, to see what breaks then
    #[arg(long)]
    beyond_f: bool,
    /// How many views there are: nobody gets beyond the last one
    #[arg(long, value_name = "V", default_value_t = 1, value_parser = number(VIEWS_MAX))]
    views: u16,
    /// How many places in the order there are, with a request of a client for each
    #[arg(long, value_name = "P", default_value_t = 1, value_parser = number(PLACES_MAX))]
    places: u16,
    /// How many crashes there are on one way, at most: anywhere between two effects of a step
    #[arg(long, value_name = "C", default_value_t = 0)]
    crashes: u8,
    /// How many states are looked at with each choice of liars, at most
    #[arg(long, value_name = "N", default_value_t = STATES, value_parser = states())]
    states: u64,
    /// Report as JSON
    #[arg(long)]
    json: bool,
}

/// A number from 1 to a maximum.
fn number(max: u16) -> RangedU64ValueParser<u16> {
    RangedU64ValueParser::new().range(1..=max.into())
}

/// A limit on states.
fn states() -> RangedU64ValueParser<u64> {
    RangedU64ValueParser::new().range(1..=STATES_MAX)
}

impl Explore {
    /// Whether the report is for scripts.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Checks what the parts mean together.
    pub(super) fn exploration(&self) -> Result<Exploration, Failure> {
        let usage = |sentence: String| Failure::new(Cause::Usage, sentence);
        let membership = membership(self.replicas, self.faults)?;
        let liars = self.who(membership).map_err(usage)?;
        let states = usize::try_from(self.states).map_err(|_| usage(format!("--states {}: too many", self.states)))?;
        let limits = Limits { states, crashes: self.crashes };
        let Self { protocol, views, places, .. } = *self;
        let exploration = Exploration { protocol, membership, liars, views, places, limits };
        check_liars(membership, exploration.corrupt(), self.beyond_f)?;
        Ok(exploration)
    }

    fn who(&self, membership: Membership) -> Result<Liars, String> {
        let Some(ids) = &self.liars else { return Ok(Liars::Any(self.corrupt.unwrap_or(membership.tolerated()))) };
        let mut liars = BTreeSet::new();
        for &id in ids {
            if !membership.contains(ReplicaId::new(id)) {
                return Err(format!("--liars: there is no replica {id}; they are 0 to {}", membership.size() - 1));
            }
            if !liars.insert(ReplicaId::new(id)) {
                return Err(format!("--liars: {id} is there twice"));
            }
        }
        Ok(Liars::These(liars))
    }
}
