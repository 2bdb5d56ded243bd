//! What a campaign came to, as a value that is written as JSON and added up with those of other shards.
//!
//! Sums of whole numbers and the lowest of the failures: in whatever order trials and shards are added, the result is
//! the same.

use crate::campaign::{Campaign, Shard};
use crate::protocol::Protocol;
use crate::trial::Trial;
use crate::twins::FamilySubject;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use synod_kernel::Membership;
use synod_sim::Count;

/// Failures that are told one by one, those with the lowest seeds.
pub const FAILURES_MAX: usize = 100;

/// What a campaign, or several shards of it, came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What was run.
    #[serde(flatten)]
    pub subject: Subject,
    /// The parts that are in these sums.
    pub shard: Shards,
    /// Seeds that were run.
    pub seeds: u64,
    /// Seeds in which a rule was broken, owed or not.
    pub violations: u64,
    /// How long it took, in seconds; of shards, the longest.
    pub seconds: f64,
    /// Virtual time of all runs together.
    #[serde(rename = "simulated_seconds", with = "as_seconds")]
    pub simulated_microseconds: u64,
    /// Messages that were handed to the network.
    pub messages: u64,
    /// Seeds that were run twice and compared.
    pub repeated: u64,
    /// Whether it was ended before it was done.
    pub interrupted: bool,
    /// In how many seeds each rule was broken.
    pub broken: BTreeMap<String, u64>,
    /// How many seeds were under each attack.
    pub attacks: BTreeMap<String, u64>,
    /// How often each thing happened that is to happen sometimes.
    pub sometimes: BTreeMap<String, u64>,
    /// What is not zero for a reason: things that cannot happen here.
    pub never: BTreeSet<String>,
    /// The failures with the lowest seeds.
    pub failures: Vec<Finding>,
    /// What was wrong with the tester itself.
    pub defects: Vec<Finding>,
}

/// What was run. Sums of different subjects have no meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The version of synod.
    pub version: String,
    /// The commit it was built from, if the build was told.
    pub commit: Option<String>,
    /// The protocol.
    pub protocol: String,
    /// How many replicas.
    pub replicas: u16,
    /// How many of them may lie.
    pub faults: u16,
    /// The attacks.
    pub attack: String,
    /// How many replicas the attacker owns.
    pub corrupt: u16,
    /// Whether those are more than may lie.
    pub beyond_f: bool,
    /// The first seed.
    pub first: u64,
    /// If scenarios with twins were run instead of seeds, which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<FamilySubject>,
}

/// Parts of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shards {
    /// How many there are.
    pub of: u64,
    /// Which of them.
    pub parts: BTreeSet<u64>,
}

/// A seed that is worth another look.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Which.
    pub seed: u64,
    /// The rule it broke.
    pub rule: String,
    /// How.
    pub sentence: String,
    /// The command that runs it again.
    pub replay: String,
}

/// What all of it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is as it should be: nothing broke, or something did where too many lied.
    AsExpected,
    /// It is not.
    Violated,
    /// Nobody knows.
    Inconclusive,
    /// The tester failed.
    TesterFailed,
}

impl Summary {
    /// Before the first seed.
    pub fn new(campaign: &Campaign) -> Self {
        let subject = Subject {
            attack: campaign.assault.to_string(),
            corrupt: campaign.corrupt,
            beyond_f: campaign.is_beyond(),
            first: campaign.first,
            ..Subject::of(campaign.protocol, campaign.membership)
        };
        Self::of(subject, campaign.shard, campaign.protocol.never().iter().copied())
    }

    /// Before the first run of this shard of something in which some things never happen.
    pub(crate) fn of(subject: Subject, shard: Shard, never: impl IntoIterator<Item = Count>) -> Self {
        let mut shard = Shards { of: shard.of(), parts: BTreeSet::from([shard.index()]) };
        shard.simplify();
        Self {
            subject,
            shard,
            seeds: 0,
            violations: 0,
            seconds: 0.0,
            simulated_microseconds: 0,
            messages: 0,
            repeated: 0,
            interrupted: false,
            broken: BTreeMap::new(),
            attacks: BTreeMap::new(),
            sometimes: Count::ALL.iter().map(|count| (count.name().to_owned(), 0)).collect(),
            never: never.into_iter().map(|count| count.name().to_owned()).collect(),
            failures: Vec::new(),
            defects: Vec::new(),
        }
    }

    /// Adds a trial.
    pub fn add(&mut self, trial: &Trial) {
        let counters = &trial.report.counters;
        self.seeds += 1;
        self.simulated_microseconds += trial.report.ended_at;
        self.messages += counters.get(Count::Messages);
        self.repeated += u64::from(trial.was_repeated);
        *self.attacks.entry(trial.attack.name().to_owned()).or_default() += 1;
        for &count in Count::ALL {
            *self.sometimes.entry(count.name().to_owned()).or_default() += counters.get(count);
        }
        for (rule, times) in counters.rules() {
            *self.sometimes.entry(format!("rule {rule}")).or_default() += times;
        }
        let ended = trial.report.failure.iter().map(|failure| failure.violation.rule);
        for rule in ended.chain(trial.report.tolerated.keys().copied()) {
            *self.broken.entry(rule.to_string()).or_default() += 1;
        }
        if let Some((rule, sentence)) = trial.broken() {
            self.violations += 1;
            let finding = self.finding(trial, rule.to_string(), sentence.to_owned());
            self.failures.push(finding);
            limit(&mut self.failures);
        }
        if let Some(defect) = &trial.defect {
            let finding = self.finding(trial, "the tester itself".to_owned(), defect.to_string());
            self.defects.push(finding);
        }
    }

    fn finding(&self, trial: &Trial, rule: String, sentence: String) -> Finding {
        let seed = trial.seed();
        Finding { seed, rule, sentence, replay: self.subject.replay(trial.attack.name(), seed) }
    }

    /// Adds the sums of other shards.
    ///
    /// # Errors
    /// If they are not of the same campaign, or one shard is in both.
    pub fn merge(&mut self, other: &Self) -> Result<(), MergeError> {
        if self.subject != other.subject || self.shard.of != other.shard.of {
            return Err(MergeError::Different);
        }
        if let Some(&part) = self.shard.parts.intersection(&other.shard.parts).next() {
            return Err(MergeError::Twice { part, of: self.shard.of });
        }
        self.shard.parts.extend(&other.shard.parts);
        self.shard.simplify();
        self.seeds = self.seeds.saturating_add(other.seeds);
        self.violations = self.violations.saturating_add(other.violations);
        self.seconds = self.seconds.max(other.seconds);
        self.simulated_microseconds = self.simulated_microseconds.saturating_add(other.simulated_microseconds);
        self.messages = self.messages.saturating_add(other.messages);
        self.repeated = self.repeated.saturating_add(other.repeated);
        self.interrupted |= other.interrupted;
        for (mine, theirs) in [
            (&mut self.broken, &other.broken),
            (&mut self.attacks, &other.attacks),
            (&mut self.sometimes, &other.sometimes),
        ] {
            for (name, times) in theirs {
                let sum = mine.entry(name.clone()).or_default();
                *sum = sum.saturating_add(*times);
            }
        }
        self.failures.extend(other.failures.iter().cloned());
        limit(&mut self.failures);
        self.defects.extend(other.defects.iter().cloned());
        limit(&mut self.defects);
        Ok(())
    }

    /// Things that are to happen sometimes, and did not.
    pub fn never_happened(&self) -> impl Iterator<Item = &str> {
        let zero = self.sometimes.iter().filter(|(_, times)| **times == 0).map(|(name, _)| name);
        zero.filter(|name| !self.never.contains(*name)).map(String::as_str)
    }

    /// What it means.
    pub fn verdict(&self) -> Verdict {
        let is_broken = self.violations > 0;
        match (self.subject.beyond_f, is_broken) {
            _ if !self.defects.is_empty() => Verdict::TesterFailed,
            _ if self.seeds == 0 => Verdict::Inconclusive,
            (true, true) => Verdict::AsExpected,
            (false, true) => Verdict::Violated,
            (_, false) if self.interrupted => Verdict::Inconclusive,
            (true, false) => Verdict::Violated,
            (false, false) => Verdict::AsExpected,
        }
    }
}

impl Subject {
    /// Of these replicas, of whom nobody lies.
    pub(crate) fn of(protocol: Protocol, membership: Membership) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: option_env!("SYNOD_COMMIT").map(str::to_owned),
            protocol: protocol.name().to_owned(),
            replicas: membership.size(),
            faults: membership.tolerated(),
            attack: "none".to_owned(),
            corrupt: 0,
            beyond_f: false,
            first: 0,
            family: None,
        }
    }

    /// What one of its runs is called.
    pub const fn unit(&self) -> &'static str {
        if self.family.is_some() { "scenario" } else { "seed" }
    }

    /// What several of them are.
    pub const fn units(&self) -> &'static str {
        if self.family.is_some() { "scenarios" } else { "seeds" }
    }

    /// The command that runs one seed or scenario of it again.
    pub fn replay(&self, attack: &str, seed: u64) -> String {
        let Self { protocol, replicas, faults, corrupt, beyond_f, .. } = self;
        let beyond = if *beyond_f { " --beyond-f" } else { "" };
        if let Some(FamilySubject { rounds, blocks, views, .. }) = self.family {
            return format!(
                "synod sim twins --protocol {protocol} --replicas {replicas} --faults {faults}{beyond} --rounds \
                 {rounds} --blocks {blocks} --views {views} --scenario {seed}"
            );
        }
        format!(
            "synod sim --protocol {protocol} --replicas {replicas} --faults {faults} --attack {attack} --corrupt \
             {corrupt}{beyond} --seed {seed}"
        )
    }
}

impl Shards {
    /// All parts are one whole.
    fn simplify(&mut self) {
        if self.parts.len() as u64 == self.of {
            *self = Self { of: 1, parts: BTreeSet::from([0]) };
        }
    }

    /// Whether nothing is missing.
    pub fn is_whole(&self) -> bool {
        self.of == 1
    }
}

fn limit(findings: &mut Vec<Finding>) {
    findings.sort_unstable();
    findings.truncate(FAILURES_MAX);
}

/// Why sums cannot be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    /// They are not of the same campaign.
    Different,
    /// One part would count twice.
    Twice {
        /// Which.
        part: u64,
        /// Of how many.
        of: u64,
    },
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Different => write!(f, "these are not shards of one campaign"),
            Self::Twice { part, of } => write!(f, "shard {part}/{of} is there twice"),
        }
    }
}

impl std::error::Error for MergeError {}

/// Microseconds, written as seconds. Exact up to two hundred years.
mod as_seconds {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::cast_precision_loss, reason = "campaigns simulate less than the 2^53 us that are exact")]
    pub(super) fn serialize<S: Serializer>(microseconds: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(*microseconds as f64 / 1e6)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded before it is converted")]
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let microseconds = (f64::deserialize(deserializer)? * 1e6).round();
        if (0.0..9e15).contains(&microseconds) {
            Ok(microseconds as u64)
        } else {
            Err(serde::de::Error::custom("simulated_seconds is not a time"))
        }
    }
}

#[cfg(test)]
mod tests;
