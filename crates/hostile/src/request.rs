//! Signing requests, rightly or not.

use crate::codec::Out;
use crate::digest::Statement;
use crate::folder::Folder;
use crate::frame::{Header, REQUEST};

/// Which request of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) session: u64,
    pub(crate) id: u64,
}

/// Who answers in full: every replica, so that one honest reply is as good as another.
pub(crate) const EVERYONE: u16 = u16::MAX;

/// A signed request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) place: Place,
    pub(crate) digest: [u8; 32],
    content: Vec<u8>,
    pub(crate) signature: [u8; 64],
}

impl Request {
    /// Signs operations.
    pub(crate) fn sign(folder: &Folder, place: Place, operations: &[Vec<u8>]) -> Self {
        let content = Out::default().raw(&folder.identity).u64(place.session).u64(place.id).u16(EVERYONE);
        let content = content.list(operations, |out, operation| out.bytes(operation)).done();
        Self::sign_content(folder, place, content)
    }

    /// Signs whatever is said to be a request.
    pub(crate) fn sign_content(folder: &Folder, place: Place, content: Vec<u8>) -> Self {
        let digest = folder.domain.statement(Statement::Request, &content);
        let signature = folder.key.sign(&digest).into();
        Self { place, digest, content, signature }
    }

    /// The frame that carries it.
    pub(crate) fn frame(&self, folder: &Folder) -> Vec<u8> {
        let body = Out::default().raw(&self.content).raw(&self.signature).done();
        Header::new(folder.domain, REQUEST).frame(&body)
    }
}
