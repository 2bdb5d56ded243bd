//! What must hold of any input to the decoders of this crate.

use crate::judge::{self, Judge};
use crate::verdict::Verdict;
use std::sync::LazyLock;
use synod_kernel::frame::{HEADER_BYTES, Header};
use synod_kernel::reply::{AnswerCertificate, result_digest};
use synod_kernel::request::{MAX_BATCH_REQUESTS, MAX_OPERATIONS, MAX_REQUEST_BYTES};
use synod_kernel::{Batch, Encode, Reply, Request, Status, Writer};

pub(crate) mod samples;

fn encodings<T: Encode>(samples: Vec<(&'static str, T)>) -> Vec<Vec<u8>> {
    samples.iter().map(|(_, value)| value.to_bytes()).collect()
}

static REQUESTS: LazyLock<Judge> = LazyLock::new(|| Judge::who_heard::<Request>(encodings(samples::requests())));
static REPLIES: LazyLock<Judge> = LazyLock::new(|| Judge::who_heard::<Reply>(encodings(samples::replies())));
static CERTIFICATES: LazyLock<Judge> =
    LazyLock::new(|| Judge::who_heard::<AnswerCertificate>(encodings(samples::certificates())));

/// Keeps its bounds, whether believed or not.
fn assert_bounded(request: &Request) {
    let operations = request.operations();
    assert!((1..=MAX_OPERATIONS).contains(&operations.len()));
    assert!(operations.map(|operation| operation.len()).sum::<usize>() <= MAX_REQUEST_BYTES);
}

/// A client's request.
pub(crate) fn request(input: &[u8]) -> Verdict {
    let (verdict, value) = REQUESTS.judge::<Request>(input);
    if let Some(request) = value {
        assert_bounded(&request);
        assert_eq!(request.size(), input.len(), "what it adds to a batch");
    }
    verdict
}

/// A batch of requests.
pub(crate) fn batch(input: &[u8]) -> Verdict {
    let (verdict, value) = REQUESTS.judge::<Batch>(input);
    if let Some(batch) = value {
        assert!(batch.requests().len() <= MAX_BATCH_REQUESTS);
        batch.requests().iter().for_each(assert_bounded);
        assert_eq!(Batch::new(batch.requests().to_vec()).digest(), batch.digest(), "its name is its content's");
    }
    verdict
}

/// A replica's reply.
pub(crate) fn reply(input: &[u8]) -> Verdict {
    let (verdict, value) = REPLIES.judge::<Reply>(input);
    if let Some(reply) = value {
        let is_named = |result: &bytes::Bytes| result_digest(result) == reply.answer().result;
        assert!(reply.result().is_none_or(is_named), "the result that was signed");
    }
    verdict
}

/// The proof of an answer.
pub(crate) fn certificate(input: &[u8]) -> Verdict {
    let (verdict, value) = CERTIFICATES.judge::<AnswerCertificate>(input);
    if let Some(certificate) = value {
        let members = judge::scope().membership;
        assert!(certificate.signers().len() >= members.weak() && certificate.signers().all(|id| members.contains(id)));
    }
    verdict
}

/// What a replica tells its operator. Unsigned, so whatever is well-formed is valid.
pub(crate) fn status(input: &[u8]) -> Verdict {
    let (verdict, value) = REQUESTS.judge::<Status>(input);
    if let Some(status) = value {
        let is_member = |&id| judge::scope().membership.contains(id);
        assert!(status.state.len() <= 32 && status.accused.iter().all(is_member));
    }
    verdict
}

/// Bytes as they are.
struct Raw<'a>(&'a [u8]);

impl Encode for Raw<'_> {
    fn encode(&self, writer: &mut Writer) {
        writer.raw(self.0);
    }
}

/// The header of a frame. Whatever is meant for us is valid.
pub(crate) fn header(input: &[u8]) -> Verdict {
    let domain = judge::scope().domain;
    let Ok(header) = Header::parse(input, &domain, samples::PROTOCOL) else { return Verdict::Malformed };
    assert!(header.domain == domain && header.protocol == samples::PROTOCOL, "meant for us");
    assert_eq!(header.frame(&Raw(&input[HEADER_BYTES..]))[4..], *input, "one header, one encoding");
    Verdict::Valid
}
