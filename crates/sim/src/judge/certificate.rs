//! A stranger whom a client shows what it believes: the request, the results, and the proof.

use super::{Rule, Violation};
use bytes::Bytes;
use synod_kernel::reply::AnswerCertificate;
use synod_kernel::{Encode, Request, Scope, Seq, Unverified, Verifier};
use synod_state::{ReplyBody, Resolution};

/// Whether the certificate, read from bytes, proves to somebody who knows the members and their keys alone that this
/// request was executed here and had these results.
///
/// # Errors
/// If it does not.
pub fn convinces(
    certificate: &AnswerCertificate,
    (request, seq, results): (&Request, Seq, &[Bytes]),
    scope: &Scope,
    verifier: &dyn Verifier,
) -> Result<(), Violation> {
    let refuse = |why: String| Violation::of(Rule::Certificates, format!("{:?} at {seq}: {why}", request.key()));
    let read = Unverified::<AnswerCertificate>::decode(certificate.to_bytes().into(), scope);
    let read = read.map_err(|error| refuse(error.to_string()))?;
    let read = read.verify(verifier).map_err(|error| refuse(error.to_string()))?;
    if read.signers().len() <= usize::from(scope.membership.tolerated()) {
        return Err(refuse("as many may lie as have signed".to_owned()));
    }
    if read.answer().request != request.key() || read.answer().seq != seq {
        return Err(refuse(format!("another answer is proved: {:?}", read.answer())));
    }
    let resolution = Resolution::encoded(request, ReplyBody::Executed(results.to_vec()));
    if !read.proves(&resolution) {
        return Err(refuse("other results are proved".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
