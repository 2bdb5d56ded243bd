//! The state of a cluster as text for people and as JSON.

use super::assessment::{Assessment, Standing, Word};
use crate::output::hexadecimal;
use serde::Serialize;
use synod_kernel::{ReplicaId, Status};

const HEADER: [&str; 9] =
    ["REPLICA", "ADDRESS", "STATE", "VIEW", "SEQUENCE", "CHECKPOINT", "DIGEST", "LAG", "ACCUSED BY"];

/// The state as JSON.
#[derive(Serialize)]
pub(crate) struct Json {
    summary: String,
    quorum: bool,
    tolerates: usize,
    needed: usize,
    answering: usize,
    taking_part: usize,
    view: u64,
    replicas: Vec<ReplicaJson>,
}

#[derive(Serialize)]
struct ReplicaJson {
    replica: u16,
    address: String,
    takes_part: bool,
    /// Who says to hold evidence against it.
    accused_by: Vec<u16>,
    #[serde(flatten)]
    word: WordJson,
}

#[derive(Serialize)]
#[serde(untagged)]
enum WordJson {
    Reached {
        state: String,
        view: u64,
        sequence: u64,
        checkpoint: u64,
        digest: String,
        lag: u64,
        pending: u64,
        /// Whom it says to hold evidence against.
        accuses: Vec<u16>,
    },
    Unreachable {
        state: &'static str,
        unreachable: String,
    },
}

/// The state for scripts.
pub(crate) fn to_json(assessment: &Assessment, addresses: &[String]) -> Json {
    let replica = |((id, word), address): ((ReplicaId, &Word), &String)| ReplicaJson {
        replica: id.get(),
        address: address.clone(),
        takes_part: assessment.standing(id) == Standing::TakesPart,
        accused_by: numbers(&assessment.accusers(id)),
        word: match word {
            Ok(status) => reached(assessment, status),
            Err(why) => WordJson::Unreachable { state: "unreachable", unreachable: why.clone() },
        },
    };
    Json {
        summary: summary(assessment),
        quorum: assessment.has_quorum(),
        tolerates: assessment.tolerates(),
        needed: assessment.needed(),
        answering: assessment.answering(),
        taking_part: assessment.count(Standing::TakesPart),
        view: assessment.view().get(),
        replicas: assessment.words().zip(addresses).map(replica).collect(),
    }
}

fn reached(assessment: &Assessment, status: &Status) -> WordJson {
    WordJson::Reached {
        state: status.state.clone(),
        view: status.view.get(),
        sequence: status.executed.get(),
        checkpoint: status.checkpoint.get(),
        digest: hexadecimal(status.digest.as_bytes()),
        lag: assessment.lag(status),
        pending: status.pending,
        accuses: numbers(&status.accused),
    }
}

fn numbers(ids: &[ReplicaId]) -> Vec<u16> {
    ids.iter().map(|id| id.get()).collect()
}

fn list(ids: &[ReplicaId]) -> String {
    ids.iter().map(ReplicaId::to_string).collect::<Vec<_>>().join(", ")
}

/// The state for people.
pub(crate) fn to_text(assessment: &Assessment, addresses: &[String]) -> String {
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    rows.extend(assessment.words().zip(addresses).map(|((id, word), address)| row(assessment, id, word, address)));
    let mut text = summary(assessment) + "\n";
    for seq in assessment.diverged() {
        text += &format!("DIVERGED: replicas report different states at checkpoint {seq}\n");
    }
    text + "\n" + &align(&rows)
}

/// What matters most.
fn summary(assessment: &Assessment) -> String {
    let (answering, needed) = (assessment.answering(), assessment.needed());
    let (size, taking_part) = (assessment.size(), assessment.count(Standing::TakesPart));
    if !assessment.has_quorum() {
        return format!(
            "no quorum: {answering} of {size} replicas answer and {needed} are needed; nothing can be read or written \
             until {} more {} back",
            needed - answering,
            if needed - answering == 1 { "is" } else { "are" }
        );
    }
    let waiting = match assessment.count(Standing::Waits) {
        0 => String::new(),
        waiting => format!(" and {waiting} will at the next change of the view"),
    };
    let counts = format!("{taking_part} of {size} replicas take part{waiting}, {needed} are needed");
    match assessment.tolerates() {
        0 if taking_part < needed => {
            format!("tolerates 0 more faults: {counts}; replicas are changing views or fetching state")
        }
        0 if taking_part == size && needed == size => {
            format!(
                "tolerates 0 more faults: any further one stops the service ({counts}; it was made to tolerate none)"
            )
        }
        0 => format!("tolerates 0 more faults: any further one stops the service ({counts})"),
        1 => format!("tolerates 1 more fault: {counts}"),
        more => format!("tolerates {more} more faults: {counts}"),
    }
}

fn row(assessment: &Assessment, id: ReplicaId, word: &Word, address: &str) -> Vec<String> {
    let mut row = vec![id.to_string(), address.to_owned()];
    match word {
        Ok(status) => {
            row.push(match assessment.standing(id) {
                Standing::TakesPart | Standing::Waits | Standing::Unreachable => status.state.clone(),
                Standing::StandsBy if status.state == "normal" => "left behind".to_owned(),
                Standing::StandsBy => status.state.clone(),
                Standing::Accused => "ACCUSED".to_owned(),
            });
            row.extend([status.view.get(), status.executed.get(), status.checkpoint.get()].map(|n| n.to_string()));
            row.push(if status.checkpoint.get() == 0 { "-".to_owned() } else { status.digest.to_string() });
            row.push(assessment.lag(status).to_string());
        }
        Err(why) => {
            row.push(format!("unreachable: {why}"));
            return row;
        }
    }
    let accusers = assessment.accusers(id);
    row.push(if accusers.is_empty() { "-".to_owned() } else { list(&accusers) });
    row
}

/// Columns as wide as their widest cell. The last cell of a row may run on.
fn align(rows: &[Vec<String>]) -> String {
    let mut widths = [0; HEADER.len()];
    for row in rows {
        let ends_early = row.len() < HEADER.len();
        let fixed = if ends_early { &row[..row.len() - 1] } else { &row[..] };
        for (width, cell) in widths.iter_mut().zip(fixed) {
            *width = cell.len().max(*width);
        }
    }
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}
