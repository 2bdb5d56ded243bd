//! Replies, and what has to be checked before they count.

use crate::codec::{In, Out, malformed};
use crate::descriptor::verify;
use crate::digest::{Statement, digest};
use crate::folder::Folder;
use crate::request::{Place, Request};
use std::io;

/// Bytes of a result, at most.
const RESULT_MAX: usize = 4 << 20;
/// Answers under one signature, at most.
const ANSWERS_MAX: u16 = 1024;

/// What a replica vouches for.
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
    /// None if the reply came by digest alone.
    pub(crate) resolution: Option<Resolution>,
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
        let (view, client) = (input.u64()?, input.array()?);
        let (place, seq) = (Place { session: input.u64()?, id: input.u64()? }, input.u64()?);
        let (result, resolution) = match input.u8()? {
            0 => (input.array()?, None),
            1 => {
                let result = input.bytes(RESULT_MAX)?;
                (digest("synod result v1", result), Some(Resolution::decode(result)?))
            }
            _ => return Err(malformed("neither a digest nor a result")),
        };
        let answer = Answer { client, place, seq, result };
        let replica = input.u16()?;
        let signed = signed(&answer, &mut input)?;
        let signature = input.array::<64>()?;
        input.end()?;
        if usize::from(replica) != from || from >= folder.replicas() {
            return Err(malformed("a reply that names another replica"));
        }
        let key = &folder.descriptor.replica[from].voting_key;
        verify(key, &folder.domain.statement(Statement::Answers, &signed), &signature)?;
        Ok(Self { view, answer, resolution })
    }

    /// Whether it is about this very request.
    pub(crate) fn is_about(&self, folder: &Folder, request: &Request) -> bool {
        let Answer { client, place, .. } = self.answer;
        client == folder.identity
            && place == request.place
            && self.resolution.as_ref().is_some_and(|resolution| resolution.request == request.digest)
    }
}

/// How many answers were signed together, and the root of the tree over them, if `answer` stands where the input says.
fn signed(answer: &Answer, input: &mut In<'_>) -> io::Result<Vec<u8>> {
    let (index, count) = (input.u16()?, input.u16()?);
    if count > ANSWERS_MAX || index >= count {
        return Err(malformed("a place that is not among the answers"));
    }
    let Answer { client, place, seq, result } = answer;
    let encoding = Out::default().raw(client).u64(place.session).u64(place.id).u64(*seq).raw(result).done();
    let mut root = digest("synod answer v1", &encoding);
    let (mut index, mut last) = (index, count - 1);
    while last > 0 {
        if index % 2 == 1 {
            root = pair(&input.array()?, &root);
        } else if index < last {
            root = pair(&root, &input.array()?);
        }
        (index, last) = (index / 2, last / 2);
    }
    Ok(Out::default().u16(count).raw(&root).done())
}

fn pair(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    digest("synod answers v1", &Out::default().raw(left).raw(right).done())
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
