//! Both columns, their medians and how they stand to each other.

use std::fmt;

use serde_json::{Value, json};

use super::machine;

/// What is compared: its key in both reports, its name, what one divides it by to show it, and its unit.
const LINES: [(&str, &str, f64, &str); 6] = [
    ("ops_per_second", "rate", 1.0, "puts/s"),
    ("p50_us", "p50", 1000.0, "ms"),
    ("p99_us", "p99", 1000.0, "ms"),
    ("p999_us", "p99.9", 1000.0, "ms"),
    ("cpu_us_per_op", "cpu, all processes", 1.0, "us/put"),
    ("fsyncs_per_op", "syncs, all processes", 1.0, "/put"),
];

/// What was measured, round by round.
pub(super) struct Report {
    machine: Value,
    commit: String,
    etcd_version: String,
    load: String,
    pub(super) synod: Vec<Value>,
    pub(super) etcd: Vec<Value>,
}

impl Report {
    /// Before anything was measured.
    pub(super) fn new(machine: Value, commit: String, etcd_version: String, load: &[String]) -> Self {
        Self { machine, commit, etcd_version, load: load.join(" "), synod: Vec::new(), etcd: Vec::new() }
    }

    /// Whether every operation was acknowledged.
    pub(super) fn is_clean(&self) -> bool {
        let is_clean = |round: &Value| round["errors"] == 0 && round["unknown"].as_u64().unwrap_or(0) == 0;
        self.synod.iter().chain(&self.etcd).all(is_clean)
    }

    /// For scripts: every round as it was reported, and the medians.
    pub(super) fn to_json(&self) -> Value {
        let medians = |rounds: &[Value]| {
            let each = LINES.iter().map(|(key, ..)| ((*key).to_owned(), json!(median(rounds, key))));
            Value::Object(each.collect())
        };
        json!({
            "machine": self.machine, "commit": self.commit,
            "load_average_after": machine::load(), "etcd": self.etcd_version,
            "load": self.load,
            "medians": { "synod": medians(&self.synod), "etcd": medians(&self.etcd) },
            "rounds": { "synod": self.synod, "etcd": self.etcd },
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fact = |key: &str| match &self.machine[key] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        writeln!(f, "{} cores of {}, kernel {}", fact("cores"), fact("cpu"), fact("kernel"))?;
        writeln!(f, "{} in {}", fact("file_system"), fact("folder"))?;
        let after = machine::load().unwrap_or_default();
        writeln!(f, "load average {} before, {after} after", fact("load_average"))?;
        writeln!(f, "{}, three members; synod at commit {}, four replicas", self.etcd_version, self.commit)?;
        writeln!(f, "{}; medians of {} rounds, lowest and highest in brackets\n", self.load, self.synod.len())?;
        writeln!(f, "{:21}  {:>28}  {:>28}  {:>12}", "", "synod", "etcd", "synod / etcd")?;
        for (key, name, by, unit) in LINES {
            let cell = |rounds: &[Value]| cell(rounds, key, by);
            let ratio = median(&self.synod, key).zip(median(&self.etcd, key)).filter(|(_, etcd)| *etcd > 0.0);
            let ratio = ratio.map_or_else(|| "-".to_owned(), |(synod, etcd)| format!("{:.2}", synod / etcd));
            writeln!(f, "{name:21}  {:>28}  {:>28}  {ratio:>12}  {unit}", cell(&self.synod), cell(&self.etcd))?;
        }
        if !self.is_clean() {
            writeln!(f, "\nNOT EVERY PUT WAS ACKNOWLEDGED; --json has the counts of every round")?;
        }
        Ok(())
    }
}

/// What the rounds have under this key, in order.
fn values(rounds: &[Value], key: &str) -> Vec<f64> {
    let mut values: Vec<f64> = rounds.iter().filter_map(|round| round[key].as_f64()).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle one, or the mean of the two in the middle.
fn median(rounds: &[Value], key: &str) -> Option<f64> {
    let values = values(rounds, key);
    let middle = values.get(values.len() / 2)?;
    let other = values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(*middle, *other))
}

fn cell(rounds: &[Value], key: &str, by: f64) -> String {
    let values = values(rounds, key);
    let (Some(median), Some(lowest), Some(highest)) = (median(rounds, key), values.first(), values.last()) else {
        return "-".to_owned();
    };
    let show = |value: f64| {
        let value = value / by;
        if value >= 1000.0 {
            format!("{value:.0}")
        } else if value >= 1.0 {
            format!("{value:.1}")
        } else {
            format!("{value:.3}")
        }
    };
    format!("{} ({} - {})", show(median), show(*lowest), show(*highest))
}

#[cfg(test)]
mod tests;
