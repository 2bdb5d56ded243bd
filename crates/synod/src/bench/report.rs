//! The result of a measurement.

use super::arguments::Bench;
use super::probe::Probes;
use super::recorder::{Counts, Tally};
use super::usage::Used;
use crate::failure::Failure;
use crate::output;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// What a single write may take beyond three syncs, in microseconds: what is not disk.
const ALLOWANCE_US: u64 = 2000;
/// Syncs that a single write waits for, one after the other, at most.
const SERIAL_SYNCS: u64 = 3;

/// What was measured. What is in it is in the JSON; what could not be known is null.
#[derive(Serialize)]
pub(super) struct Report {
    /// Acknowledged operations a second.
    ops_per_second: f64,
    p50_us: Option<u64>,
    p99_us: Option<u64>,
    p999_us: Option<u64>,
    max_us: Option<u64>,
    /// Processor time of all replicas and of this process, for each acknowledged operation.
    cpu_us_per_op: Option<f64>,
    /// That of this process alone.
    cpu_us_per_op_client: Option<f64>,
    /// Syncs of all replicas, for each acknowledged operation.
    fsyncs_per_op: Option<f64>,
    /// Requests in a batch.
    batch_mean: Option<f64>,
    /// Operations in a request.
    bundle_mean: Option<f64>,
    acknowledged: u64,
    /// Operations that were refused or never sent.
    errors: u64,
    /// Operations of which nobody knows whether they happened.
    unknown: u64,
    seconds: f64,
    warmup_seconds: u64,
    replicas: u16,
    clients: u16,
    outstanding: u16,
    value_size: u32,
    keys: u32,
    read_percent: u8,
    bundles_in_flight: u16,
    /// The median of one write of a block and its `fdatasync`, while the load ran.
    fsync_p50_us: u64,
    /// The same before the load, with nothing beside it.
    fsync_idle_p50_us: u64,
    /// Where that was measured.
    fsync_measured_in: String,
    /// Replicas that did not tell what they used, at the beginning or at the end.
    silent_replicas: Vec<u16>,
    #[serde(skip)]
    counts: Counts,
}

impl Report {
    /// Sums up.
    pub(super) fn new(
        arguments: &Bench,
        replicas: u16,
        tally: &Tally,
        took: Duration,
        used: Used,
        (place, probes): (&Path, Probes),
    ) -> Self {
        let counts = tally.counts;
        let operations = counts.acknowledged;
        let each = |total: u64| ratio(total, float(operations));
        Self {
            ops_per_second: ratio(operations, took.as_secs_f64()).unwrap_or(0.0),
            p50_us: tally.quantile(0.5),
            p99_us: tally.quantile(0.99),
            p999_us: tally.quantile(0.999),
            max_us: tally.quantile(1.0),
            cpu_us_per_op: used.cpu_us.and_then(|cpu| each(cpu + used.own_cpu_us)),
            cpu_us_per_op_client: each(used.own_cpu_us),
            fsyncs_per_op: used.syncs.and_then(each),
            batch_mean: ratio(used.requests, float(used.batches)),
            bundle_mean: ratio(operations, float(counts.requests)),
            acknowledged: operations,
            errors: counts.refused + counts.not_sent + counts.nonsense,
            unknown: counts.unknown,
            seconds: took.as_secs_f64(),
            warmup_seconds: arguments.warmup,
            replicas,
            clients: arguments.clients,
            outstanding: arguments.outstanding,
            value_size: arguments.value_size,
            keys: arguments.keys,
            read_percent: arguments.read_percent,
            bundles_in_flight: arguments.bundles,
            fsync_p50_us: probes.beside.p50_us,
            fsync_idle_p50_us: probes.before.p50_us,
            fsync_measured_in: place.display().to_string(),
            silent_replicas: used.silent,
            counts,
        }
    }

    /// How many operations ended how.
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// Tells it on standard output.
    pub(super) fn tell(&self, is_json: bool) -> Result<(), Failure> {
        if is_json { output::print_json(self) } else { output::print(&self.text()) }
    }

    pub(super) fn text(&self) -> String {
        let mut text = self.load() + "\n\n" + &align(&self.rows());
        let Counts { refused, not_sent, unknown, nonsense, .. } = self.counts;
        let troubles = [
            (refused, "WERE REFUSED"),
            (not_sent, "WERE NEVER SENT: no replica could be reached, or the session had no room"),
            (unknown, "HAVE AN UNKNOWN OUTCOME: too few replicas answered alike in time"),
            (nonsense, "WERE ANSWERED WITH WHAT CANNOT BE THEIR RESULT, by f+1 replicas"),
        ];
        for (count, what) in troubles.into_iter().filter(|(count, _)| *count > 0) {
            text += &format!("\n{count} operations {what}.\n");
        }
        if !self.silent_replicas.is_empty() {
            let names = self.silent_replicas.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
            text += &format!("\nWhat replicas {names} used is not known: they did not answer, or started anew.\n");
        }
        if self.clients == 1 && self.outstanding == 1 {
            text += &self.alone();
        }
        text
    }

    /// What was asked for.
    fn load(&self) -> String {
        let Self { replicas, clients, outstanding, value_size, keys, read_percent, warmup_seconds, .. } = self;
        let clients = if *clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") };
        let mix = match read_percent {
            0 => "puts".to_owned(),
            100 => "gets".to_owned(),
            gets => format!("{gets} % gets, {} % puts", 100 - gets),
        };
        format!(
            "{replicas} replicas; {clients} with {outstanding} outstanding each; {mix}, {value_size}-byte values, \
             {keys} keys; {:.1} s after {warmup_seconds} s",
            self.seconds
        )
    }

    fn rows(&self) -> Vec<[String; 3]> {
        let row = |name: &str, value: String, unit: &str| [name.to_owned(), value, unit.to_owned()];
        let client = number(self.cpu_us_per_op_client, 1);
        vec![
            row("rate", format!("{:.0}", self.ops_per_second), "operations a second, acknowledged"),
            row("p50", milliseconds(self.p50_us), "ms"),
            row("p99", milliseconds(self.p99_us), "ms"),
            row("p99.9", milliseconds(self.p999_us), "ms"),
            row("longest", milliseconds(self.max_us), "ms"),
            row(
                "cpu",
                number(self.cpu_us_per_op, 1),
                &format!("us an operation, all replicas and this client; {client} of it here"),
            ),
            row("syncs", number(self.fsyncs_per_op, 3), "an operation, all replicas together"),
            row("bundle", number(self.bundle_mean, 1), "operations a request"),
            row("batch", number(self.batch_mean, 1), "requests a batch"),
            row(
                "fsync",
                milliseconds(Some(self.fsync_p50_us)),
                &format!(
                    "ms, the median for one block in {}; {} before the load",
                    self.fsync_measured_in,
                    milliseconds(Some(self.fsync_idle_p50_us))
                ),
            ),
        ]
    }

    /// The latency of one operation beside what the disk alone takes.
    fn alone(&self) -> String {
        let Some(p50) = self.p50_us else { return String::new() };
        let bound = SERIAL_SYNCS * self.fsync_p50_us + ALLOWANCE_US;
        let verdict = if p50 <= bound { "within" } else { "ABOVE" };
        format!(
            "\nAlone, an operation takes as long as {} syncs; {verdict} the aim of {SERIAL_SYNCS} syncs and {} ms, \
             which is {} ms here.\n",
            number(ratio(p50, float(self.fsync_p50_us)), 1),
            ALLOWANCE_US / 1000,
            milliseconds(Some(bound))
        )
    }
}

/// A count as what ratios are made of. Counts beyond 2^52 do not occur in the life of a process.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// A ratio, if there is something to divide by.
pub(super) fn ratio(count: u64, by: f64) -> Option<f64> {
    (by > 0.0).then(|| float(count) / by)
}

/// Microseconds as milliseconds.
pub(super) fn milliseconds(microseconds: Option<u64>) -> String {
    number(microseconds.map(|time| float(time) / 1000.0), 2)
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

/// Names to the left, numbers to the right of their columns, and what they count behind them.
fn align(rows: &[[String; 3]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (names, values) = (width(0), width(1));
    let line = |[name, value, unit]: &[String; 3]| format!("  {name:names$}  {value:>values$}  {unit}\n");
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
