//! `synod kv`: operations on the key-value store, believed only when f+1 replicas vouch for their results.

mod arguments;
mod import;
mod report;

pub(crate) use arguments::Kv;

use crate::failure::{Cause, Failure};
use crate::session::{self, Session};
use arguments::KvCommand;
use bytes::Bytes;
use report::{Report, Verified};
use std::os::unix::ffi::OsStringExt;
use synod_kernel::Encode;
use synod_kv::{Answer, Expected, Operation, Revision};
use synod_node::client::Settled;
use synod_state::client::{Destination, Outcome};

/// Carries the operation out and reports.
pub(crate) fn run(arguments: &Kv) -> Result<(), Failure> {
    let Some(operation) = operation(&arguments.command) else { return import::run(arguments) };
    operation.check().map_err(|why| Failure::new(Cause::Usage, why))?;
    let outcome = session::block_on(call(arguments, &operation))?;
    let report = Report { arguments, operation: &operation };
    match outcome {
        Outcome::Committed { seq, results, certificate } => {
            let answer = match &results[..] {
                [result] => Answer::parse(result).ok(),
                _ => None,
            };
            let replicas = certificate.signers().map(synod_kernel::ReplicaId::get).collect();
            let answer = answer.ok_or_else(|| {
                let sentence = "enough replicas vouch for an answer that no key-value store gives: this cluster runs \
                                another service or version, or more replicas lie than it tolerates";
                Failure::new(Cause::Unverified, sentence)
            })?;
            report.verified(Verified { answer, seq: seq.get(), replicas })
        }
        Outcome::Rejected(refusal) => report.rejected(refusal),
        Outcome::Unavailable => report.unavailable(),
        Outcome::Unknown => report.unknown(),
    }
}

async fn call(arguments: &Kv, operation: &Operation) -> Result<Outcome, Failure> {
    let session = Session::open(&arguments.dir, arguments.timeout).await?;
    let destination = if arguments.all { Destination::All } else { Destination::Primary };
    let settled = session.client.submit(vec![Bytes::from(operation.to_bytes())], destination).await;
    let Settled { outcome, .. } = settled.map_err(|error| Failure::new(Cause::Failed, error))?;
    Ok(outcome)
}

/// The operation of a command that is one.
fn operation(command: &KvCommand) -> Option<Operation> {
    let bytes = |text: &std::ffi::OsString| Bytes::from(text.clone().into_vec());
    Some(match command {
        KvCommand::Import => return None,
        KvCommand::Put { key, value } => Operation::Put { key: bytes(key), value: bytes(value) },
        KvCommand::Get { key } => Operation::Get { key: bytes(key) },
        KvCommand::Del { key } => Operation::Delete { key: bytes(key) },
        KvCommand::Range { from, to, limit } => {
            Operation::Range { from: bytes(from), to: to.as_ref().map(bytes), limit: *limit }
        }
        KvCommand::Cas { key, expected, new } => {
            let expected = match (&expected.value, expected.mod_revision) {
                (Some(value), _) => Expected::Value(bytes(value)),
                (None, Some(revision)) => Expected::ModRevision(Revision::new(revision)),
                (None, None) => Expected::Absent,
            };
            Operation::CompareAndSwap { key: bytes(key), expected, value: bytes(new) }
        }
    })
}
