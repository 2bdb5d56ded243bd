//! What came of the mutants, as a table and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::hunt::Outcome;

/// One mutant.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) outcome: Outcome,
}

/// For people.
pub(super) fn to_text(rows: &[Row], sound: &Outcome) -> String {
    let mut text = format!("{:<7} {:<9} {:>8} {:>7}  {:<18} weakening\n", "mutant", "noticed", "cpu s", "seed", "rule");
    for Row { id, title, outcome } in rows {
        let line = match outcome {
            Outcome::Noticed { seed, rule, seconds, .. } => {
                format!("{:<9} {seconds:>8.1} {seed:>7}  {rule:<18}", "yes")
            }
            Outcome::Survived { seconds, .. } => format!("{:<9} {seconds:>8.1} {:>7}  {:<18}", "NO", "", ""),
            Outcome::Unclear { seed, seconds } => {
                format!("{:<9} {seconds:>8.1} {seed:>7}  {:<18}", "unclear", "sound, too")
            }
            Outcome::DoesNotBuild => format!("{:<9} {:>8} {:>7}  {:<18}", "no build", "", "", ""),
        };
        let _ = writeln!(text, "{id:<7} {line} {title}");
    }
    let noticed = rows.iter().filter(|row| matches!(row.outcome, Outcome::Noticed { .. })).count();
    let _ = writeln!(text, "{noticed} of {} noticed", rows.len());
    let _ = match median(rows) {
        Some(median) => writeln!(text, "median {median:.1} s of processor time"),
        None => Ok(()),
    };
    let _ = match sound {
        Outcome::Survived { seeds, .. } => writeln!(text, "the sound sources are good in the same {seeds} seeds"),
        other => writeln!(text, "the sound sources: {other}"),
    };
    text
}

/// Processor time until the mutants that were noticed were, in the middle.
fn median(rows: &[Row]) -> Option<f64> {
    let seconds = rows.iter().filter_map(|row| match row.outcome {
        Outcome::Noticed { seconds, .. } => Some(seconds),
        Outcome::Survived { .. } | Outcome::Unclear { .. } | Outcome::DoesNotBuild => None,
    });
    let mut seconds: Vec<f64> = seconds.collect();
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied()
}

/// For scripts.
pub(super) fn to_json(rows: &[Row], sound: &Outcome) -> Value {
    let rows: Vec<Value> = rows
        .iter()
        .map(|Row { id, title, outcome }| {
            let mut row = json_of(outcome);
            row["id"] = json!(id);
            row["weakening"] = json!(title);
            row
        })
        .collect();
    json!({ "mutants": rows, "sound": json_of(sound) })
}

fn json_of(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Noticed { seed, rule, sentence, seconds, replay } => json!({
            "noticed": true, "seed": seed, "rule": rule, "sentence": sentence, "seconds": seconds, "replay": replay
        }),
        Outcome::Survived { seeds, seconds } => json!({ "noticed": false, "seeds": seeds, "seconds": seconds }),
        Outcome::Unclear { seed, seconds } => {
            json!({ "noticed": false, "seed": seed, "seconds": seconds, "sound_too": true })
        }
        Outcome::DoesNotBuild => json!({ "noticed": false, "builds": false }),
    }
}

#[cfg(test)]
mod tests;
