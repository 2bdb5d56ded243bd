//! Frames: a length, a header, a body.

use crate::codec::{In, Out, malformed};
use crate::digest::Domain;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

pub(crate) const VERSION: u8 = 1;
pub(crate) const PROTOCOL: u8 = 1;
pub(crate) const MESSAGE: u8 = 1;
pub(crate) const REQUEST: u8 = 2;
pub(crate) const REPLY: u8 = 3;
pub(crate) const STATUS_QUERY: u8 = 4;
pub(crate) const STATUS: u8 = 5;
pub(crate) const SESSION: u8 = 6;
/// Bytes of a header.
pub(crate) const HEADER: usize = 43;
/// Bytes of a frame towards a replica, at most.
pub(crate) const TO_REPLICA: usize = 2 << 20;
/// Bytes of a frame towards a client, at most.
pub(crate) const TO_CLIENT: usize = (4 << 20) + 4096;

/// What stands in front of a body. Attackers choose each field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) version: u8,
    pub(crate) domain: Domain,
    pub(crate) protocol: u8,
    pub(crate) kind: u8,
}

impl Header {
    /// As it should be.
    pub(crate) fn new(domain: Domain, kind: u8) -> Self {
        Self { version: VERSION, domain, protocol: PROTOCOL, kind }
    }

    fn encode(&self, out: Out) -> Out {
        let Self { version, domain, protocol, kind } = self;
        out.u8(*version).raw(&domain.cluster).u64(domain.epoch).u8(*protocol).u8(*kind)
    }

    /// A whole frame.
    pub(crate) fn frame(&self, body: &[u8]) -> Vec<u8> {
        self.encode(Out::default().count(HEADER + body.len())).raw(body).done()
    }
}

/// Reads the next frame of this cluster, and skips those of others: its kind and its body.
pub(crate) async fn read<R: AsyncRead + Unpin>(stream: &mut R, domain: Domain) -> io::Result<(u8, Vec<u8>)> {
    loop {
        let length = usize::try_from(stream.read_u32_le().await?).map_err(|_| malformed("a length"))?;
        if !(HEADER..=TO_CLIENT).contains(&length) {
            return Err(malformed("a length"));
        }
        let mut frame = vec![0; length];
        stream.read_exact(&mut frame).await?;
        let mut input = In::new(&frame);
        let (version, cluster) = (input.u8()?, input.array::<32>()?);
        let (epoch, protocol, kind) = (input.u64()?, input.u8()?, input.u8()?);
        if version == VERSION && (Domain { cluster, epoch }) == domain && protocol == PROTOCOL {
            return Ok((kind, input.rest().to_vec()));
        }
    }
}
