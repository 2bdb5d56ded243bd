//! `synod kv`: operations on the key-value store, believed only when f+1 replicas vouch for their results.

mod arguments;
mod import;
mod report;

pub(crate) use arguments::Kv;

use crate::failure::{Cause, Failure};
use crate::session::{self, Session};
use arguments::KvCommand;
use bytes::Bytes;
use report::{Report, Verified, quoted};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use synod_kernel::Encode;
use synod_kv::{Answer, Expected, MAX_VALUE_BYTES, Operation, Revision};
use synod_node::client::Settled;
use synod_state::client::{Destination, Outcome};

/// Carries the operation out and reports.
pub(crate) fn run(arguments: &Kv) -> Result<(), Failure> {
    let Some(operation) = operation(&arguments.command)? else { return import::run(arguments) };
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

/// The content of a file, or of standard input. Of one that is too long to be a value, only that it is.
fn read(path: &Path) -> Result<Bytes, Failure> {
    let file: io::Result<Box<dyn Read>> = if path == Path::new("-") {
        Ok(Box::new(io::stdin()))
    } else {
        File::open(path).map(|file| Box::new(file) as _)
    };
    let mut content = Vec::new();
    let read = file.and_then(|file| file.take(MAX_VALUE_BYTES as u64 + 1).read_to_end(&mut content));
    let failure = |error| Failure::new(Cause::Usage, format_args!("{}: cannot read it: {error}", path.display()));
    read.map_err(failure)?;
    if content.len() > MAX_VALUE_BYTES {
        let sentence = format_args!("{}: a value has at most {MAX_VALUE_BYTES} bytes", path.display());
        return Err(Failure::new(Cause::Usage, sentence));
    }
    Ok(Bytes::from(content))
}

/// The operation of a command that is one.
fn operation(command: &KvCommand) -> Result<Option<Operation>, Failure> {
    let bytes = |text: &std::ffi::OsString| Bytes::from(text.clone().into_vec());
    Ok(Some(match command {
        KvCommand::Import => return Ok(None),
        KvCommand::Put { key, value, file } => {
            let value = match (value, file) {
                (None, Some(file)) => read(file)?,
                (value, _) => value.as_ref().map(bytes).unwrap_or_default(),
            };
            Operation::Put { key: bytes(key), value }
        }
        KvCommand::Get { key } => Operation::Get { key: bytes(key) },
        KvCommand::Del { key } => Operation::Delete { key: bytes(key) },
        KvCommand::Range { from, to: Some(to), .. } if bytes(from) > bytes(to) => {
            let (from, to) = (quoted(&bytes(from)), quoted(&bytes(to)));
            let sentence = format!("range: FROM {from} comes after TO {to}; name the smaller key first");
            return Err(Failure::new(Cause::Usage, sentence));
        }
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
    }))
}
