//! What one run is made of: sizes, speeds and fault rates, all drawn from its seed.
//!
//! Every seed draws its own mix, and switches off whole kinds of fault at random: a run in which everything fails all
//! the time visits fewer states than runs that each fail in their own way. Times are microseconds of virtual time,
//! chances are in 1000. An interval of zero means never.

mod numbers;

pub use numbers::{Lower, Number, NumberError};

use crate::draw::{between, chance, pick};
use synod_kernel::chooser::{Chooser, Seeded};
use synod_kernel::{Membership, ReplicaId};

/// One second of virtual time.
pub const SECOND: u64 = 1_000_000;
/// One millisecond of virtual time.
pub const MILLISECOND: u64 = 1_000;

/// Operations of one run, at least: a run has to be long enough to get into trouble.
pub const OPERATIONS_MIN: u64 = 200;

/// Everything that a run does not decide on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The seed this was drawn from, which also decides the run.
    pub seed: u64,
    /// The replicas.
    pub membership: Membership,
    /// Which of them the adversary owns.
    pub corrupt: Vec<ReplicaId>,
    /// Which of the others have disks that are damaged or put back while they are down. As such a replica may have
    /// forgotten what it promised, it counts as one that may lie: with the corrupted ones there are no more of them
    /// than are tolerated.
    pub frail: Vec<ReplicaId>,
    /// What clients do.
    pub load: Load,
    /// How the network behaves until it heals.
    pub network: Network,
    /// What else goes wrong until it heals.
    pub faults: Faults,
    /// How slow machines are.
    pub speed: Speed,
    /// When everything heals.
    pub heal_at: u64,
    /// How long after that everything must be done.
    pub budget: u64,
    /// How often, after everything healed and everything was answered, a client asks for something more if honest
    /// replicas have not converged. Protocols need not recover what nobody asks about; zero demands that they do.
    pub nudge_every: u64,
    /// Whether messages go through the codec and the verifier.
    pub wire: bool,
    /// The disk is read back at every so-manieth vow that leaves. Zero means never.
    pub audit_every: u64,
    /// A copy of the replica is started from its disk, as after a power cut, at every so-manieth vow that leaves. Zero
    /// means never.
    pub rehearse_every: u64,
    /// Whether every step is taken by a copy, too.
    pub repeat_steps: bool,
    /// Whether some replicas, as many as can be done without, may stay away when everything else heals.
    pub outsiders: bool,
    /// Whether clients that have asked everything go on asking as long as another one is not answered, so that nobody
    /// is served only because the others are silent.
    pub restless: bool,
    /// How the network is parted round by round.
    pub rounds: Rounds,
}

/// Rounds, each with a partition of all replicas, from the beginning on. Clients reach everybody in all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounds {
    /// How many there are.
    pub count: u64,
    /// How long each lasts.
    pub length: u64,
    /// How many blocks a partition has, at most.
    pub blocks: usize,
}

/// What clients do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// How many clients there are.
    pub clients: usize,
    /// Requests of each of them.
    pub requests: u64,
    /// Operations of one request, at most; at least half as many.
    pub operations_max: u64,
    /// Requests that a client has under way at once, at most.
    pub outstanding: usize,
    /// How long a client waits between two requests, at most.
    pub pause_max: u64,
    /// Requests that go to every replica at once.
    pub broadcast: u64,
    /// How long a client waits before it sends again, to everybody.
    pub widen: u64,
    /// How long a client waits before it says that it does not know, and asks again.
    pub deadline: u64,
}

/// How the network behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Messages that vanish.
    pub loss: u64,
    /// Messages that arrive twice.
    pub duplicate: u64,
    /// The shortest way.
    pub delay_min: u64,
    /// The longest ordinary way.
    pub delay_max: u64,
    /// Messages that take much longer.
    pub spike: u64,
    /// How much longer, at most.
    pub spike_max: u64,
}

/// What else goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// The average time between two crashes of a replica.
    pub crash_every: u64,
    /// The average time between two power cuts of all replicas.
    pub power_cut_every: u64,
    /// How long a replica is down, at most.
    pub outage_max: u64,
    /// The average time between two partitions.
    pub partition_every: u64,
    /// How long a partition lasts, at most.
    pub partition_max: u64,
    /// The average time between two pauses of a replica.
    pub pause_every: u64,
    /// How long a replica is paused, at most.
    pub pause_max: u64,
    /// The average time between two jumps of a clock.
    pub jump_every: u64,
    /// How far a clock jumps, at most.
    pub jump_max: u64,
    /// The average time between two times in which a disk is slow.
    pub slow_every: u64,
    /// How long a disk is slow, at most.
    pub slow_max: u64,
    /// The longest that writing and syncing the log takes on a slow disk.
    pub slow_sync: u64,
    /// The average time between two failures of a disk: of a sync, of a read, or for want of room.
    pub disk_every: u64,
    /// Crashes of a frail replica after which its disk is damaged, or an old one.
    pub damage: u64,
}

/// How slow machines are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speed {
    /// The longest that writing and syncing the log takes.
    pub sync_max: u64,
    /// The longest that a task of the service takes.
    pub task_max: u64,
    /// The longest that making a state durable takes.
    pub save_max: u64,
    /// How far clocks go wrong, in parts per million, at most.
    pub skew_ppm: u64,
}

impl Options {
    /// Draws a run for these members, of whom the adversary owns `corrupt`.
    ///
    /// # Panics
    /// If more replicas are to be corrupted than there are.
    pub fn draw(seed: u64, membership: Membership, corrupt: u16) -> Self {
        assert!(corrupt <= membership.size(), "an adversary cannot own more replicas than there are");
        let choose = &mut Seeded::new(seed ^ 0x5D0D_1CE5_0F5E_ED00);
        let heal_at = between(choose, "heal at", SECOND / 5, 2 * SECOND);
        let load = Load::draw(choose, heal_at);
        // One seed in eight is gentle: a network that only delays, and nothing else goes wrong.
        let gentle = chance(choose, "gentle", 125);
        let network = if gentle { Network::calm() } else { Network::draw(choose) };
        let faults = if gentle { Faults::none() } else { Faults::draw(choose, heal_at) };
        let mut options = Self {
            seed,
            membership,
            frail: Vec::new(),
            corrupt: draw_coalition(choose, membership, corrupt),
            load,
            network,
            faults,
            speed: Speed::draw(choose),
            heal_at,
            budget: 60 * SECOND,
            nudge_every: 2 * SECOND,
            wire: true,
            audit_every: 16,
            rehearse_every: if chance(choose, "rehearse", 10) { 4 } else { 0 },
            repeat_steps: chance(choose, "repeat steps", 10),
            outsiders: chance(choose, "outsiders", 500),
            restless: chance(choose, "restless", 200),
            rounds: Rounds::none(),
        };
        if options.faults.damage > 0 {
            options.draw_frail(choose);
        }
        options
    }

    /// Takes from the honest replicas as many frail ones as are tolerated besides the corrupted.
    fn draw_frail(&mut self, choose: &mut dyn Chooser) {
        let count = usize::from(self.membership.tolerated()).saturating_sub(self.corrupt.len());
        let mut others: Vec<ReplicaId> = self.membership.replicas().filter(|id| !self.corrupt.contains(id)).collect();
        self.frail = (0..count).map(|_| others.swap_remove(choose.choose("frail", others.len()))).collect();
        self.frail.sort_unstable();
    }
}

fn draw_coalition(choose: &mut dyn Chooser, membership: Membership, count: u16) -> Vec<ReplicaId> {
    let mut honest: Vec<ReplicaId> = membership.replicas().collect();
    let mut corrupt: Vec<ReplicaId> =
        (0..count).map(|_| honest.swap_remove(choose.choose("corrupt", honest.len()))).collect();
    corrupt.sort_unstable();
    corrupt
}

impl Load {
    fn draw(choose: &mut dyn Chooser, heal_at: u64) -> Self {
        let clients = pick(choose, "clients", &[1, 2, 3, 4, 6]);
        let operations_max: u64 = pick(choose, "operations", &[1, 4, 7, 7, 7, 7, 9, 9]);
        let enough = OPERATIONS_MIN.div_ceil(operations_max.div_ceil(2));
        let requests = between(choose, "requests", 60, 90).max(enough).div_ceil(clients);
        // Half of the time the load is spread over the faults, half of the time it comes as fast as it can.
        let spread = chance(choose, "spread", 500);
        Self {
            clients: usize::try_from(clients).expect("a handful"),
            requests,
            operations_max,
            outstanding: pick(choose, "outstanding", &[1, 1, 2, 4]),
            pause_max: if spread { 2 * heal_at / requests } else { 0 },
            broadcast: pick(choose, "broadcast", &[0, 0, 300, 1000]),
            widen: pick(choose, "widen", &[20, 100, 300]) * MILLISECOND,
            deadline: pick(choose, "deadline", &[200, 2_000, 30_000]) * MILLISECOND,
        }
    }
}

impl Rounds {
    /// Nobody is parted.
    pub fn none() -> Self {
        Self { count: 0, length: 1, blocks: 1 }
    }
}

impl Network {
    /// Delivers everything within a millisecond.
    pub fn calm() -> Self {
        Self { loss: 0, duplicate: 0, delay_min: 50, delay_max: MILLISECOND, spike: 0, spike_max: 0 }
    }

    fn draw(choose: &mut dyn Chooser) -> Self {
        Self {
            loss: pick(choose, "loss", &[0, 0, 1, 10, 50, 100, 200]),
            duplicate: pick(choose, "duplicate", &[0, 0, 10, 100, 300]),
            delay_min: pick(choose, "delay_min", &[10, 50, 500]),
            delay_max: pick(choose, "delay_max", &[1, 1, 5, 20]) * MILLISECOND,
            spike: pick(choose, "spike", &[0, 0, 5, 50]),
            spike_max: pick(choose, "spike_max", &[20, 100, 500]) * MILLISECOND,
        }
    }
}

impl Faults {
    /// Nothing.
    pub fn none() -> Self {
        Self {
            crash_every: 0,
            power_cut_every: 0,
            outage_max: 0,
            partition_every: 0,
            partition_max: 0,
            pause_every: 0,
            pause_max: 0,
            jump_every: 0,
            jump_max: 0,
            slow_every: 0,
            slow_max: 0,
            slow_sync: 0,
            disk_every: 0,
            damage: 0,
        }
    }

    fn draw(choose: &mut dyn Chooser, heal_at: u64) -> Self {
        let mut every = |question| heal_at / pick(choose, question, &[u64::MAX, u64::MAX, 1, 3, 10]);
        let [crash_every, power_cut_every, partition_every] =
            [every("crash_every"), every("power_cut_every"), every("partition_every")];
        let [pause_every, jump_every, slow_every, disk_every] =
            [every("pause_every"), every("jump_every"), every("slow_every"), every("disk_every")];
        Self {
            crash_every,
            power_cut_every,
            partition_every,
            pause_every,
            jump_every,
            slow_every,
            disk_every,
            outage_max: pick(choose, "outage_max", &[2, 50, 400]) * MILLISECOND,
            partition_max: pick(choose, "partition_max", &[20, 200, 800]) * MILLISECOND,
            pause_max: pick(choose, "pause_max", &[10, 100, 500]) * MILLISECOND,
            jump_max: pick(choose, "jump_max", &[10, 1_000, 60_000]) * MILLISECOND,
            slow_max: pick(choose, "slow_max", &[50, 400]) * MILLISECOND,
            slow_sync: pick(choose, "slow_sync", &[20, 100, 300]) * MILLISECOND,
            damage: pick(choose, "damage", &[0, 200, 700]),
        }
    }
}

impl Speed {
    fn draw(choose: &mut dyn Chooser) -> Self {
        Self {
            sync_max: pick(choose, "sync_max", &[100, 1_000, 10_000]),
            task_max: pick(choose, "task_max", &[20, 200, 5_000]),
            save_max: pick(choose, "save_max", &[20, 1_000, 20_000]),
            skew_ppm: pick(choose, "skew_ppm", &[0, 200, 50_000]),
        }
    }
}

#[cfg(test)]
mod tests;
