//! What happened in a run, counted: a campaign in which something interesting never happened has not tested it.

use std::collections::BTreeMap;
use std::fmt;

/// Counts by name. Names are few and fixed: those of [`Count`] and of the protocol's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    counts: [u64; Count::ALL.len()],
    rules: BTreeMap<String, u64>,
}

macro_rules! counts {
    ($($(#[$doc:meta])* $variant:ident => $name:literal,)*) => {
        /// Something worth counting.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Count {
            $($(#[$doc])* $variant,)*
        }
        impl Count {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
            /// As it is printed.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

counts! {
    /// Seeds that were run.
    Runs => "runs",
    /// Operations that clients know to be committed.
    Operations => "operations",
    /// Requests that clients know to be refused.
    Rejections => "rejections",
    /// Times a client did not know an outcome in time, and asked again.
    Retries => "retries",
    /// Requests that were submitted only because honest replicas had not converged.
    Nudges => "nudges",
    /// Batches of the agreed order.
    Batches => "batches",
    /// Null requests among them.
    NullRequests => "null requests",
    /// Requests that were ordered more than once, and must have had one effect.
    Repetitions => "repetitions",
    /// Times an honest replica was seen in a higher view than before.
    ViewChanges => "view changes",
    /// Crashes of one replica.
    Crashes => "crashes",
    /// Crashes that hit a replica in the middle of what a step asked for.
    CrashesInStep => "crashes in a step",
    /// Crashes that hit a replica in the middle of an operation of its disk.
    CrashesInDisk => "crashes in the disk",
    /// Power cuts of all replicas at once.
    PowerCuts => "power cuts",
    /// Times a log was found torn after a crash.
    TornLogs => "torn logs",
    /// Reboots that went well.
    Reboots => "reboots",
    /// Tasks that were performed while a state was being saved.
    Overtakings => "tasks that overtook a save",
    /// Checkpoints taken by honest replicas.
    Checkpoints => "checkpoints",
    /// Checkpoints that honest replicas took over from others.
    Installations => "installations",
    /// Logs that honest replicas replaced by what they still need.
    Compactions => "compactions",
    /// Speculations that honest replicas took back.
    Rollbacks => "rollbacks",
    /// Messages that were handed to the network, once for each receiver.
    Messages => "messages",
    /// Messages that it lost.
    Lost => "lost",
    /// Messages that it delivered twice.
    Duplicated => "duplicated",
    /// Messages that a partition stopped.
    Cut => "cut",
    /// Messages for a replica that was down.
    Undeliverable => "undeliverable",
    /// Messages of corrupted replicas that did not verify.
    Refused => "refused",
    /// Messages that their receiver did not need, and never saw.
    Needless => "needless",
    /// Partitions.
    Partitions => "partitions",
    /// Links that were cut in both directions, while others between the same places worked.
    Pairs => "pairs cut",
    /// Links that became slow for a while.
    GrayLinks => "gray links",
    /// Links that came and went for a while.
    Flapping => "flapping links",
    /// Times a replica stood still, and took all at once what had come meanwhile.
    Pauses => "pauses",
    /// Times a clock jumped.
    ClockJumps => "clock jumps",
    /// Times a disk was slow for a while.
    SlowDisks => "slow disks",
    /// Times a disk failed an operation, and its replica stopped.
    DiskFailures => "disk failures",
    /// Times a disk was damaged while its replica was down.
    Damages => "damaged disks",
    /// Times an older copy of a disk was put in its place.
    OldDisks => "old disks",
    /// Times a replica refused to start from what its disk held.
    Refusals => "refusals to start",
    /// Replicas that stayed away when everything else healed.
    Outsiders => "outsiders",
    /// Vows that left honest replicas.
    Vows => "vows",
    /// Times the disk was read back before a vow left.
    Audits => "audits",
    /// Times a copy of a replica was started from what a power cut would have left when a vow left.
    Rehearsals => "rehearsals",
    /// Steps that a copy took, too.
    Repeats => "repeated steps",
    /// Certificates that honest replicas showed or kept.
    Proofs => "certificates",
    /// Steps of honest replicas.
    Steps => "steps",
}

impl Default for Counters {
    fn default() -> Self {
        Self { counts: [0; Count::ALL.len()], rules: BTreeMap::new() }
    }
}

impl Counters {
    /// Counts one.
    pub fn add(&mut self, count: Count) {
        self.add_many(count, 1);
    }

    /// Counts several.
    pub fn add_many(&mut self, count: Count, times: u64) {
        self.counts[count as usize] += times;
    }

    /// How many.
    pub fn get(&self, count: Count) -> u64 {
        self.counts[count as usize]
    }

    /// Counts applications of a rule.
    pub fn add_rule(&mut self, name: String, times: u64) {
        *self.rules.entry(name).or_default() += times;
    }

    /// How often this rule was applied.
    pub fn rule(&self, name: &str) -> u64 {
        self.rules.get(name).copied().unwrap_or(0)
    }

    /// Every rule that was applied, with how often.
    pub fn rules(&self) -> impl Iterator<Item = (&str, u64)> {
        self.rules.iter().map(|(name, &times)| (name.as_str(), times))
    }

    /// Adds what another run counted.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts) {
            *mine += theirs;
        }
        for (name, times) in &other.rules {
            *self.rules.entry(name.clone()).or_default() += times;
        }
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &count in Count::ALL {
            writeln!(f, "{:>14}  {}", self.get(count), count.name())?;
        }
        for (name, times) in &self.rules {
            writeln!(f, "{times:>14}  rule {name}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
