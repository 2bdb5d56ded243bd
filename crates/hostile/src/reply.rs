//! Replies, and what has to be checked before they count.

use crate::codec::{In, malformed};
use crate::descriptor::verify;
use crate::digest::{Statement, digest};
use crate::folder::Folder;
use crate::request::{Place, Request};
use std::io;

/// Bytes of a result, at most.
const RESULT_MAX: usize = 4 << 20;
/// Bytes of an encoded answer.
const ANSWER: usize = 32 + 8 + 8 + 8 + 32;

/// What a replica signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) client: [u8; 32],
    pub(crate) place: Place,
    pub(crate) seq: u64,
    pub(crate) result: [u8; 32],
}

/// One replica's reply, its signature checked.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) view: u64,
    pub(crate) answer: Answer,
    pub(crate) resolution: Resolution,
}

/// What became of the request with a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolution {
    pub(crate) request: [u8; 32],
    pub(crate) body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// A result for each operation.
    Executed(Vec<Vec<u8>>),
    /// The number of the reason, and what goes with it.
    Refused(u8, Option<u64>),
}

impl Reply {
    /// Reads a reply that came through the channel of replica `from`, and checks that it is that replica's.
    pub(crate) fn read(folder: &Folder, from: usize, bytes: &[u8]) -> io::Result<Self> {
        let mut input = In::new(bytes);
        let view = input.u64()?;
        let mut signed = input;
        let signed = signed.raw(ANSWER)?;
        let client = input.array()?;
        let place = Place { session: input.u64()?, id: input.u64()? };
        let answer = Answer { client, place, seq: input.u64()?, result: input.array()? };
        let (replica, signature) = (input.u16()?, input.array::<64>()?);
        let result = input.bytes(RESULT_MAX)?;
        input.end()?;
        if usize::from(replica) != from || from >= folder.replicas() {
            return Err(malformed("a reply that names another replica"));
        }
        let key = &folder.descriptor.replica[from].voting_key;
        verify(key, &folder.domain.statement(Statement::Answer, signed), &signature)?;
        if digest("synod result v1", result) != answer.result {
            return Err(malformed("a result that is not the one that was signed"));
        }
        Ok(Self { view, answer, resolution: Resolution::decode(result)? })
    }

    /// Whether it is about this very request.
    pub(crate) fn is_about(&self, folder: &Folder, request: &Request) -> bool {
        let Answer { client, place, .. } = self.answer;
        client == folder.identity && place == request.place && self.resolution.request == request.digest
    }
}

impl Resolution {
    fn decode(bytes: &[u8]) -> io::Result<Self> {
        let mut input = In::new(bytes);
        let request = input.array()?;
        let body = match input.u8()? {
            0 => Body::Executed(input.list(1024, |input| Ok(input.bytes(RESULT_MAX)?.to_vec()))?),
            1 => match input.u8()? {
                reason @ (0..=2 | 5) => Body::Refused(reason, Some(input.u64()?)),
                reason @ (3 | 4) => Body::Refused(reason, None),
                _ => return Err(malformed("a refusal of no known kind")),
            },
            _ => return Err(malformed("neither executed nor refused")),
        };
        input.end()?;
        Ok(Self { request, body })
    }
}
