//! What a key-value command says of its outcome, to people or as JSON.

use super::Kv;
use crate::failure::{Cause, Failure};
use crate::output::{self, Layout, Text};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, IsTerminal};
use synod_kv::{Answer, KeyValue, Operation};
use synod_state::Refusal;

/// An answer that f+1 replicas vouch for.
pub(super) struct Verified {
    /// It.
    pub(super) answer: Answer,
    /// Its place in the order.
    pub(super) seq: u64,
    /// Who vouches.
    pub(super) replicas: Vec<u16>,
}

/// Tells what became of one operation.
pub(super) struct Report<'a> {
    /// What was asked for.
    pub(super) arguments: &'a Kv,
    /// As an operation.
    pub(super) operation: &'a Operation,
}

#[derive(Serialize)]
struct Json<'a> {
    outcome: &'static str,
    #[serde(flatten)]
    result: Option<ResultJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The place in the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// Who vouches for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replicas: Vec<u16>,
}

#[derive(Serialize)]
#[serde(tag = "operation", rename_all = "lowercase")]
enum ResultJson<'a> {
    Put { revision: u64 },
    Get { entry: Option<EntryJson<'a>>, revision: u64 },
    Del { existed: bool, revision: u64 },
    Range { entries: Vec<EntryJson<'a>>, more: bool, revision: u64 },
    Cas { swapped: bool, current: Option<EntryJson<'a>>, revision: u64 },
}

#[derive(Serialize)]
struct EntryJson<'a> {
    key: Text<'a>,
    value: Text<'a>,
    create_revision: u64,
    mod_revision: u64,
    version: u64,
}

impl<'a> EntryJson<'a> {
    fn new(entry: &'a KeyValue) -> Self {
        Self {
            key: Text(&entry.key),
            value: Text(&entry.value),
            create_revision: entry.create_revision.get(),
            mod_revision: entry.mod_revision.get(),
            version: entry.version,
        }
    }
}

impl<'a> ResultJson<'a> {
    /// None for an operation that was not carried out.
    fn new(answer: &'a Answer) -> Option<Self> {
        Some(match answer {
            Answer::Put { revision } => Self::Put { revision: revision.get() },
            Answer::Value { entry, revision } => {
                Self::Get { entry: entry.as_ref().map(EntryJson::new), revision: revision.get() }
            }
            Answer::Deleted { existed, revision } => Self::Del { existed: *existed, revision: revision.get() },
            Answer::Range { entries, more, revision } => Self::Range {
                entries: entries.iter().map(EntryJson::new).collect(),
                more: *more,
                revision: revision.get(),
            },
            Answer::Swapped { revision } => Self::Cas { swapped: true, current: None, revision: revision.get() },
            Answer::NotSwapped { current, revision } => {
                Self::Cas { swapped: false, current: current.as_ref().map(EntryJson::new), revision: revision.get() }
            }
            Answer::Invalid(_) => return None,
        })
    }
}

pub(super) fn quoted(bytes: &[u8]) -> String {
    format!("`{}`", String::from_utf8_lossy(bytes).escape_debug())
}

impl Report<'_> {
    /// Of an answer that enough replicas vouch for.
    pub(super) fn verified(&self, verified: Verified) -> Result<(), Failure> {
        let Verified { answer, seq, replicas } = verified;
        let failure = self.failure(&answer);
        if self.arguments.json {
            let message = failure.as_ref().and_then(Failure::message).map(str::to_owned);
            let result = ResultJson::new(&answer);
            output::print_json(&Json { outcome: "committed", result, message, seq: Some(seq), replicas })?;
        } else {
            print(&answer, Style::of(self.arguments))?;
        }
        failure.map_or(Ok(()), Err)
    }

    /// What an answer says no to.
    fn failure(&self, answer: &Answer) -> Option<Failure> {
        let sentence = match (answer, self.operation) {
            (Answer::Value { entry: None, revision }, Operation::Get { key }) => {
                format!("key {} is absent, as of revision {revision}", quoted(key))
            }
            (Answer::NotSwapped { current: None, .. }, _) => "not written: the key is absent".to_owned(),
            (Answer::NotSwapped { current: Some(entry), .. }, _) => format!(
                "not written: the key holds {}, last written at revision {}",
                quoted(&entry.value),
                entry.mod_revision
            ),
            (Answer::Invalid(why), _) => format!("the store refused: {why}"),
            _ => return None,
        };
        Some(Failure::new(Cause::Failed, sentence))
    }

    /// Of a refusal that enough replicas vouch for.
    pub(super) fn rejected(&self, refusal: Refusal) -> Result<(), Failure> {
        match refusal {
            Refusal::SessionEvicted { .. } | Refusal::Stale { .. } | Refusal::ResultForgotten { .. } => {
                let sentence = format!("{}; the cluster says: {refusal}", self.doubt());
                self.without_result("unknown", Cause::Unreachable, sentence)
            }
            Refusal::SessionNeverOpened { .. } | Refusal::TooFarAhead | Refusal::DifferentBody => {
                let sentence = format!("the cluster refused the request: {refusal}");
                self.without_result("rejected", Cause::Failed, sentence)
            }
        }
    }

    /// Of a request that never left.
    pub(super) fn unavailable(&self) -> Result<(), Failure> {
        let sentence = format!(
            "no replica could be reached for {:?}: nothing was sent, so nothing was written; are the replicas \
             running? `{} status --dir {}` tells",
            self.arguments.timeout,
            output::program(),
            self.arguments.dir.display()
        );
        self.without_result("unavailable", Cause::Unreachable, sentence)
    }

    /// What it means that there is no outcome.
    fn doubt(&self) -> &'static str {
        match self.operation {
            Operation::Get { .. } | Operation::Range { .. } => "nothing was read",
            Operation::Put { .. } | Operation::Delete { .. } | Operation::CompareAndSwap { .. } => {
                "THE OUTCOME IS UNKNOWN: the write may have happened, or may yet happen; read the key before you \
                 write it again"
            }
        }
    }

    /// Of a request about which too few replicas have answered.
    pub(super) fn unknown(&self) -> Result<(), Failure> {
        let meaning = self.doubt();
        let sentence = format!(
            "too few replicas answered alike within {:?}, so {meaning}; `{} status --dir {}` tells how the \
             cluster is",
            self.arguments.timeout,
            output::program(),
            self.arguments.dir.display()
        );
        self.without_result("unknown", Cause::Unreachable, sentence)
    }

    fn without_result(&self, outcome: &'static str, cause: Cause, sentence: String) -> Result<(), Failure> {
        if self.arguments.json {
            let message = Some(sentence.clone());
            output::print_json(&Json { outcome, result: None, message, seq: None, replicas: Vec::new() })?;
        }
        Err(Failure::new(cause, sentence))
    }
}

/// For people: the value itself where one was asked for.
fn print(answer: &Answer, style: Style) -> Result<(), Failure> {
    match answer {
        Answer::Put { revision } | Answer::Swapped { revision } => {
            output::print(&format!("written at revision {revision}"))
        }
        Answer::Value { entry: Some(entry), .. } => output::print_bytes(&style.show(&entry.value, Layout::Lines)),
        Answer::Deleted { existed: true, revision } => output::print(&format!("deleted at revision {revision}")),
        Answer::Deleted { existed: false, .. } => output::print("absent already, nothing to delete"),
        Answer::Range { entries, more, .. } => {
            for KeyValue { key, value, .. } in entries {
                let (key, value) = (style.show(key, Layout::Cell), style.show(value, Layout::Cell));
                output::print_bytes(&[&key[..], b"\t", &value].concat())?;
            }
            if let Some(last) = entries.last().filter(|_| *more) {
                eprintln!("there is more, after {}", quoted(&last.key));
            }
            Ok(())
        }
        Answer::Value { entry: None, .. } | Answer::NotSwapped { .. } | Answer::Invalid(_) => Ok(()),
    }
}

/// How to write what others have stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Byte by byte.
    Raw,
    /// So that it does nothing to a terminal.
    Escaped,
}

impl Style {
    /// Escaped where a terminal would obey it, unless that is wanted.
    pub(super) fn of(arguments: &Kv) -> Self {
        if arguments.raw || !io::stdout().is_terminal() { Self::Raw } else { Self::Escaped }
    }

    /// The bytes as they are to be written.
    pub(super) fn show(self, bytes: &[u8], layout: Layout) -> Cow<'_, [u8]> {
        match self {
            Self::Raw => Cow::Borrowed(bytes),
            Self::Escaped => Cow::Owned(output::escaped(bytes, layout).into_bytes()),
        }
    }
}
