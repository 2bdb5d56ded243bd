//! The numbers of a run by name, so that a trace can say them, and a shrinker can lower those that cause trouble.
//!
//! What is read from a trace was perhaps written by hand: [`Options::set`] lets no number in that is out of its bounds.

use super::{Faults, Load, Network, Options, Rounds, SECOND, Speed};
use std::fmt;

/// The longest time that can be set, in microseconds.
const TIME_MAX: u64 = 3600 * SECOND;
/// Rounds that can be set, at most.
const ROUNDS_MAX: u64 = 1000;
/// Blocks of a partition that can be set, at most.
const BLOCKS_MAX: u64 = 8;
/// Requests and operations that can be set, at most.
const REQUESTS_MAX: u64 = 100_000;

/// One number of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub value: u64,
    /// What it may be.
    pub bounds: (u64, u64),
    /// What a lower one means.
    pub lower: Lower,
}

/// What a lower number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lower {
    /// A calmer or shorter run of the same kind.
    Calmer,
    /// More trouble, except for zero, which means none.
    OnlyZeroIsCalmer,
    /// Another run, which need not be calmer.
    Different,
}

/// Why a number is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// There is none of this name.
    Unknown,
    /// It is out of bounds.
    OutOfBounds {
        /// What it may be.
        bounds: (u64, u64),
    },
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => write!(f, "there is no option of this name"),
            Self::OutOfBounds { bounds: (low, high) } => write!(f, "it has to be between {low} and {high}"),
        }
    }
}

impl std::error::Error for NumberError {}

/// Where a number is.
enum Field<'a> {
    Long(&'a mut u64),
    Size(&'a mut usize),
    Flag(&'a mut bool),
}

impl Field<'_> {
    fn get(&self) -> u64 {
        match self {
            Self::Long(value) => **value,
            Self::Size(value) => **value as u64,
            Self::Flag(value) => u64::from(**value),
        }
    }

    fn set(&mut self, new: u64) {
        match self {
            Self::Long(value) => **value = new,
            Self::Size(value) => **value = usize::try_from(new).unwrap_or(usize::MAX),
            Self::Flag(value) => **value = new > 0,
        }
    }
}

type Row<'a> = (&'static str, Field<'a>, (u64, u64), Lower);

impl Options {
    /// Every number, in order.
    pub fn numbers(&self) -> Vec<Number> {
        let mut copy = self.clone();
        let number = |(name, field, bounds, lower): Row<'_>| Number { name, value: field.get(), bounds, lower };
        copy.rows().into_iter().map(number).collect()
    }

    /// Sets a number by its name.
    ///
    /// # Errors
    /// If there is none of this name, or its bounds do not allow it.
    pub fn set(&mut self, name: &str, value: u64) -> Result<(), NumberError> {
        let row = self.rows().into_iter().find(|row| row.0 == name);
        let Some((_, mut field, bounds, _)) = row else { return Err(NumberError::Unknown) };
        if value < bounds.0 || value > bounds.1 {
            return Err(NumberError::OutOfBounds { bounds });
        }
        field.set(value);
        Ok(())
    }

    /// Every number with its place. Taken apart field by field, so that a new option cannot be forgotten here.
    fn rows(&mut self) -> Vec<Row<'_>> {
        use Field::{Flag, Long};
        use Lower::Different;
        let Self {
            // Said elsewhere: they are no numbers of the run, but which run and whose.
            seed: _,
            membership: _,
            corrupt: _,
            frail: _,
            load,
            network,
            faults,
            speed,
            heal_at,
            budget,
            nudge_every,
            wire,
            audit_every,
            rehearse_every,
            repeat_steps,
            outsiders,
            restless,
            rounds,
        } = self;
        let mut rows = load.rows();
        rows.extend(network.rows());
        rows.extend(faults.rows());
        rows.extend(speed.rows());
        rows.extend([
            ("heal at", Long(heal_at), (0, TIME_MAX), Lower::Calmer),
            ("budget", Long(budget), (0, TIME_MAX), Different),
            ("nudge every", Long(nudge_every), (0, TIME_MAX), Different),
            ("wire", Flag(wire), (0, 1), Different),
            ("audit every", Long(audit_every), (0, u64::MAX), Different),
            ("rehearse every", Long(rehearse_every), (0, u64::MAX), Different),
            ("repeat steps", Flag(repeat_steps), (0, 1), Different),
            ("outsiders", Flag(outsiders), (0, 1), Lower::Calmer),
            ("restless", Flag(restless), (0, 1), Lower::Calmer),
        ]);
        rows.extend(rounds.rows());
        rows
    }
}

impl Load {
    fn rows(&mut self) -> Vec<Row<'_>> {
        use Field::{Long, Size};
        use Lower::{Calmer, Different};
        let Self { clients, requests, operations_max, outstanding, pause_max, broadcast, widen, deadline } = self;
        vec![
            ("clients", Size(clients), (1, 64), Calmer),
            ("requests", Long(requests), (1, REQUESTS_MAX), Calmer),
            ("operations at most", Long(operations_max), (1, 64), Calmer),
            ("outstanding", Size(outstanding), (1, 16), Calmer),
            ("pause at most", Long(pause_max), (0, TIME_MAX), Calmer),
            ("broadcast", Long(broadcast), (0, 1000), Calmer),
            ("widen", Long(widen), (1, TIME_MAX), Different),
            ("deadline", Long(deadline), (1, TIME_MAX), Different),
        ]
    }
}

impl Network {
    fn rows(&mut self) -> Vec<Row<'_>> {
        use Field::Long;
        use Lower::{Calmer, Different};
        let Self { loss, duplicate, delay_min, delay_max, spike, spike_max } = self;
        vec![
            ("loss", Long(loss), (0, 1000), Calmer),
            ("duplicate", Long(duplicate), (0, 1000), Calmer),
            // A message takes its time also where nothing goes wrong, or nobody could tell before from after.
            ("delay at least", Long(delay_min), (0, TIME_MAX), Different),
            ("delay at most", Long(delay_max), (0, TIME_MAX), Calmer),
            ("spike", Long(spike), (0, 1000), Calmer),
            ("spike at most", Long(spike_max), (0, TIME_MAX), Calmer),
        ]
    }
}

impl Faults {
    fn rows(&mut self) -> Vec<Row<'_>> {
        use Field::Long;
        use Lower::{Calmer, OnlyZeroIsCalmer};
        let Self {
            crash_every,
            power_cut_every,
            outage_max,
            partition_every,
            partition_max,
            pause_every,
            pause_max,
            jump_every,
            jump_max,
            slow_every,
            slow_max,
            slow_sync,
            disk_every,
            damage,
        } = self;
        vec![
            ("crash every", Long(crash_every), (0, TIME_MAX), OnlyZeroIsCalmer),
            ("power cut every", Long(power_cut_every), (0, TIME_MAX), OnlyZeroIsCalmer),
            ("outage at most", Long(outage_max), (0, TIME_MAX), Calmer),
            ("partition every", Long(partition_every), (0, TIME_MAX), OnlyZeroIsCalmer),
            ("partition at most", Long(partition_max), (0, TIME_MAX), Calmer),
            ("stands still every", Long(pause_every), (0, TIME_MAX), OnlyZeroIsCalmer),
            ("stands still at most", Long(pause_max), (0, TIME_MAX), Calmer),
            ("clock jump every", Long(jump_every), (0, TIME_MAX), OnlyZeroIsCalmer),
            ("clock jump at most", Long(jump_max), (0, TIME_MAX), Calmer),
            ("slow disk every", Long(slow_every), (0, TIME_MAX), OnlyZeroIsCalmer),
            ("slow disk at most", Long(slow_max), (0, TIME_MAX), Calmer),
            ("sync of a slow disk at most", Long(slow_sync), (0, TIME_MAX), Calmer),
            ("disk failure every", Long(disk_every), (0, TIME_MAX), OnlyZeroIsCalmer),
            ("damage", Long(damage), (0, 1000), Calmer),
        ]
    }
}

impl Rounds {
    fn rows(&mut self) -> Vec<Row<'_>> {
        use Field::{Long, Size};
        use Lower::Calmer;
        let Self { count, length, blocks } = self;
        vec![
            ("rounds", Long(count), (0, ROUNDS_MAX), Calmer),
            ("round length", Long(length), (1, TIME_MAX), Calmer),
            ("blocks", Size(blocks), (1, BLOCKS_MAX), Calmer),
        ]
    }
}

impl Speed {
    fn rows(&mut self) -> Vec<Row<'_>> {
        use Field::Long;
        use Lower::Calmer;
        let Self { sync_max, task_max, save_max, skew_ppm } = self;
        vec![
            ("sync at most", Long(sync_max), (1, TIME_MAX), Calmer),
            ("task at most", Long(task_max), (1, TIME_MAX), Calmer),
            ("save at most", Long(save_max), (1, TIME_MAX), Calmer),
            ("skew", Long(skew_ppm), (0, 1_000_000), Calmer),
        ]
    }
}
