//! The state of a cluster as text for people and as JSON.

use super::assessment::{Assessment, Standing, Word};
use super::rates::{Rates, short, size};
use crate::output::hexadecimal;
use serde::Serialize;
use std::time::Duration;
use synod_kernel::{ReplicaId, Seq, Status};
use synod_node::Usage;

const HEADER: [&str; 13] = [
    "REPLICA",
    "STATE",
    "VIEW",
    "EXECUTED",
    "LAG",
    "CHECKPOINT",
    "DIGEST",
    "OPS/S",
    "CPU",
    "MEMORY",
    "SYNCS/S",
    "IN/HELD/LOG/TASKS",
    "PEERS",
];
/// The column that only some clusters need: nobody wants to see that nobody is accused.
const ACCUSED_BY: &str = "ACCUSED BY";

/// What is shown of a cluster.
pub(super) struct Shown<'a> {
    /// What the words of the replicas mean.
    pub(super) assessment: &'a Assessment,
    /// Where the replicas are.
    pub(super) addresses: &'a [String],
    /// How the process of each is, if it says so.
    pub(super) vitals: &'a [Option<Vitals>],
}

/// How one replica's process is.
#[derive(Clone, Debug)]
pub(super) struct Vitals {
    /// What it says of itself.
    pub(super) usage: Usage,
    /// From its last two answers.
    pub(super) rates: Option<Rates>,
}

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
    /// Checkpoints about which replicas contradict each other.
    diverged: Vec<u64>,
    replicas: Vec<ReplicaJson>,
}

#[derive(Serialize)]
struct ReplicaJson {
    replica: u16,
    address: String,
    takes_part: bool,
    /// Whether it leads the view that the others are in.
    primary: bool,
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
        #[serde(skip_serializing_if = "Option::is_none")]
        usage: Option<Box<UsageJson>>,
    },
    Unreachable {
        state: &'static str,
        unreachable: String,
    },
}

/// What a replica says of its process. Counts are since its start, rates are between its last two answers.
#[derive(Serialize)]
struct UsageJson {
    uptime_seconds: f64,
    cpu_seconds: Option<f64>,
    resident_bytes: Option<u64>,
    syncs: u64,
    log_syncs: u64,
    log_upkeep_syncs: u64,
    checkpoint_syncs: u64,
    batches: u64,
    requests: u64,
    operations: u64,
    queued_inputs: u64,
    held_effects: u64,
    log_queue: u64,
    task_queue: u64,
    rejected_frames: u64,
    client_connections: u64,
    /// Replicas that are connected in both directions.
    peers: Vec<u16>,
    operations_per_second: Option<f64>,
    cpu_percent: Option<f64>,
    syncs_per_second: Option<f64>,
}

impl UsageJson {
    fn new(Vitals { usage, rates }: &Vitals) -> Self {
        let seconds = |microseconds| Duration::from_micros(microseconds).as_secs_f64();
        Self {
            uptime_seconds: seconds(usage.uptime_microseconds),
            cpu_seconds: usage.cpu_microseconds.map(seconds),
            resident_bytes: usage.resident_bytes,
            syncs: usage.syncs.total(),
            log_syncs: usage.syncs.log,
            log_upkeep_syncs: usage.syncs.log_upkeep,
            checkpoint_syncs: usage.syncs.checkpoints,
            batches: usage.executed.batches,
            requests: usage.executed.requests,
            operations: usage.executed.operations,
            queued_inputs: usage.queues.inputs,
            held_effects: usage.queues.held_effects,
            log_queue: usage.queues.log,
            task_queue: usage.queues.tasks,
            rejected_frames: usage.rejected_frames,
            client_connections: usage.client_connections,
            peers: connected(usage).map(ReplicaId::get).collect(),
            operations_per_second: rates.map(|rates| rates.operations),
            cpu_percent: rates.and_then(|rates| rates.cpu_percent),
            syncs_per_second: rates.map(|rates| rates.syncs),
        }
    }
}

/// The others that a replica says to be connected to in both directions.
fn connected(usage: &Usage) -> impl Iterator<Item = ReplicaId> + '_ {
    usage.peers.iter().filter(|link| link.inbound && link.outbound).map(|link| link.replica)
}

/// The state for scripts.
pub(super) fn to_json(shown: &Shown<'_>) -> Json {
    let assessment = shown.assessment;
    let replica = |((id, word), address): ((ReplicaId, &Word), &String)| ReplicaJson {
        replica: id.get(),
        address: address.clone(),
        takes_part: assessment.standing(id) == Standing::TakesPart,
        primary: assessment.primary() == id,
        accused_by: numbers(&assessment.accusers(id)),
        word: match word {
            Ok(status) => reached(assessment, status, shown.vitals[id.index()].as_ref()),
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
        diverged: assessment.diverged().into_iter().map(Seq::get).collect(),
        replicas: assessment.words().zip(shown.addresses).map(replica).collect(),
    }
}

fn reached(assessment: &Assessment, status: &Status, vitals: Option<&Vitals>) -> WordJson {
    WordJson::Reached {
        state: status.state.clone(),
        view: status.view.get(),
        sequence: status.executed.get(),
        checkpoint: status.checkpoint.get(),
        digest: hexadecimal(status.digest.as_bytes()),
        lag: assessment.lag(status),
        pending: status.pending,
        accuses: numbers(&status.accused),
        usage: vitals.map(|vitals| Box::new(UsageJson::new(vitals))),
    }
}

fn numbers(ids: &[ReplicaId]) -> Vec<u16> {
    ids.iter().map(|id| id.get()).collect()
}

fn list(ids: &[ReplicaId]) -> String {
    ids.iter().map(ReplicaId::to_string).collect::<Vec<_>>().join(", ")
}

/// The state for people.
pub(super) fn to_text(shown: &Shown<'_>) -> String {
    let assessment = shown.assessment;
    let has_accused = assessment.words().any(|(id, _)| !assessment.accusers(id).is_empty());
    let mut header = HEADER.map(str::to_owned).to_vec();
    header.extend(has_accused.then(|| ACCUSED_BY.to_owned()));
    let columns = header.len();
    let mut rows = vec![header];
    rows.extend(assessment.words().map(|(id, word)| row(shown, id, word, columns)));
    let mut text = summary(assessment) + "\n";
    for seq in assessment.diverged() {
        text += &format!("DIVERGED: replicas report different states at checkpoint {seq}\n");
    }
    text + "\n" + &align(&rows) + "* leads the view\n"
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

fn row(shown: &Shown<'_>, id: ReplicaId, word: &Word, columns: usize) -> Vec<String> {
    let assessment = shown.assessment;
    let mark = if assessment.primary() == id { " *" } else { "" };
    let mut row = vec![format!("{id}{mark}")];
    let status = match word {
        Ok(status) => status,
        Err(why) => {
            row.push(format!("unreachable at {}: {why}", shown.addresses[id.index()]));
            return row;
        }
    };
    row.push(match assessment.standing(id) {
        Standing::TakesPart | Standing::Waits | Standing::Unreachable => status.state.clone(),
        Standing::StandsBy if status.state == "normal" => "left behind".to_owned(),
        Standing::StandsBy => status.state.clone(),
        Standing::Accused => "ACCUSED".to_owned(),
    });
    row.extend([status.view.get(), status.executed.get(), assessment.lag(status)].map(|n| n.to_string()));
    row.push(status.checkpoint.to_string());
    row.push(match status.checkpoint {
        none if none == Seq::default() => "-".to_owned(),
        checkpoint if assessment.diverged().contains(&checkpoint) => format!("{} DIFFERS", status.digest),
        _ => status.digest.to_string(),
    });
    row.extend(match &shown.vitals[id.index()] {
        Some(vitals) => vital_cells(vitals),
        None => [const { String::new() }; 6],
    });
    if row.len() < columns {
        let accusers = assessment.accusers(id);
        row.push(if accusers.is_empty() { "-".to_owned() } else { list(&accusers) });
    }
    row
}

fn vital_cells(Vitals { usage, rates }: &Vitals) -> [String; 6] {
    let unknown = || "-".to_owned();
    let queues = &usage.queues;
    let queues = [queues.inputs, queues.held_effects, queues.log, queues.tasks].map(|length| length.to_string());
    [
        rates.map_or_else(unknown, |rates| short(rates.operations)),
        rates.and_then(|rates| rates.cpu_percent).map_or_else(unknown, |percent| short(percent) + "%"),
        usage.resident_bytes.map_or_else(unknown, size),
        rates.map_or_else(unknown, |rates| short(rates.syncs)),
        queues.join("/"),
        format!("{}/{}", connected(usage).count(), usage.peers.len()),
    ]
}

/// Columns as wide as their widest cell. The last cell of a row that ends early may run on.
fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut widths = vec![0; columns];
    for row in rows {
        let fixed = if row.len() < columns { &row[..row.len() - 1] } else { &row[..] };
        for (width, cell) in widths.iter_mut().zip(fixed) {
            *width = cell.len().max(*width);
        }
    }
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests;
