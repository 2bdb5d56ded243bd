//! What may and may not be read without knowing anybody.
#![allow(clippy::unwrap_used)]

use super::*;
use synod_kernel::symbolic::Referee;
use synod_kernel::{ClientId, Encode, Request, RequestId, Seq, SessionId, signature::Author};

#[test]
fn a_value_without_signatures_is_read_back() {
    let bytes = Bytes::from(Some(Seq::new(7)).to_bytes());
    assert_eq!(decode::<Option<Seq>>(bytes), Ok(Some(Seq::new(7))));
}

#[test]
fn trailing_bytes_are_refused() {
    let mut bytes = Seq::new(7).to_bytes();
    bytes.push(0);
    assert_eq!(decode::<Seq>(Bytes::from(bytes)), Err(Malformed::Trailing { bytes: 1 }));
}

#[test]
fn a_signed_value_is_refused_even_if_its_signature_is_good() {
    let client = ClientId::new([1; 32]);
    let referee = Referee::new(1, NOWHERE.membership, [client]);
    let operations = vec![Bytes::from_static(b"x")];
    let signer = referee.signer(Author::Client(client));
    let request = Request::sign(SessionId::new(1), RequestId::new(1), operations, &NOWHERE.domain, &signer).unwrap();
    let refused = decode::<Request>(Bytes::from(request.to_bytes()));
    assert_eq!(refused, Err(Malformed::Inconsistent("a signature where none belongs")));
}
