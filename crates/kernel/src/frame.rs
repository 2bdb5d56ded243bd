//! The header in front of everything on a connection, and the limits on its size.
//!
//! A frame is a little-endian `u32` length, then that many bytes: this header and a body in the canonical codec.
//! The header names version, cluster, epoch, protocol and kind, so that a frame of another cluster, an older
//! configuration or another protocol is dropped before its body is looked at.

use crate::codec::{Decode, Encode, Malformed, Reader, Writer};
use crate::digest::Digest;
use crate::id::Epoch;
use crate::statement::Domain;
use core::fmt;

/// The version of the wire format.
pub const VERSION: u8 = 1;
/// Bytes of a header.
pub const HEADER_BYTES: usize = 43;
/// Bytes of one frame between replicas, header included, at most.
pub const MAX_REPLICA_FRAME: usize = 64 << 20;
/// Bytes of one frame from a client, header included, at most.
pub const MAX_CLIENT_FRAME: usize = 2 << 20;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FrameKind {
    /// A [`Message`](crate::Message) of the protocol, between replicas.
    Message,
    /// A [`Request`](crate::Request): from a client, or handed on by a replica.
    Request,
    /// A [`Reply`](crate::Reply), to a client.
    Reply,
    /// Asks a replica for its status. Empty body.
    StatusQuery,
    /// A replica's [`Status`](crate::Status), and what its driver has to say of the process around it.
    Status,
    /// Says that replies to requests of a session of the client come on this connection: a
    /// [`SessionId`](crate::SessionId).
    Session,
}

/// What stands in front of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The cluster and epoch it is meant for.
    pub domain: Domain,
    /// The protocol the replicas run.
    pub protocol: u8,
    /// What follows.
    pub kind: FrameKind,
}

/// Why a frame is dropped on sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Another version of the wire format.
    Version(u8),
    /// Another cluster.
    Cluster(Digest),
    /// Another epoch.
    Epoch(Epoch),
    /// Another protocol.
    Protocol(u8),
    /// No kind has this number.
    Kind(u8),
    /// Too short to be a frame.
    Short(usize),
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => write!(f, "wire version {version}, and this is version {VERSION}"),
            Self::Cluster(cluster) => write!(f, "meant for cluster {cluster}"),
            Self::Epoch(epoch) => write!(f, "meant for epoch {epoch}"),
            Self::Protocol(protocol) => write!(f, "of protocol {protocol}"),
            Self::Kind(kind) => write!(f, "of unknown kind {kind}"),
            Self::Short(bytes) => write!(f, "{bytes} bytes, shorter than a header"),
        }
    }
}

impl core::error::Error for Foreign {}

impl FrameKind {
    const fn number(self) -> u8 {
        match self {
            Self::Message => 1,
            Self::Request => 2,
            Self::Reply => 3,
            Self::StatusQuery => 4,
            Self::Status => 5,
            Self::Session => 6,
        }
    }

    const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Message),
            2 => Some(Self::Request),
            3 => Some(Self::Reply),
            4 => Some(Self::StatusQuery),
            5 => Some(Self::Status),
            6 => Some(Self::Session),
            _ => None,
        }
    }
}

impl Header {
    /// A whole frame, length included: this header and `body`.
    pub fn frame(&self, body: &impl Encode) -> alloc::vec::Vec<u8> {
        let mut writer = Writer::default();
        writer.raw(&[0; 4]);
        writer.raw(&[VERSION]);
        self.domain.cluster.encode(&mut writer);
        self.domain.epoch.encode(&mut writer);
        writer.raw(&[self.protocol, self.kind.number()]);
        body.encode(&mut writer);
        let mut frame = writer.into_bytes();
        let length = u32::try_from(frame.len() - 4).expect("frames are bounded far below 4 GiB");
        frame[..4].copy_from_slice(&length.to_le_bytes());
        frame
    }

    /// Reads the header of a frame whose length was taken off; the body is the bytes from [`HEADER_BYTES`] on.
    /// Fails if it is not for this `domain` and `protocol`.
    pub fn parse(frame: &[u8], domain: &Domain, protocol: u8) -> Result<Self, Foreign> {
        let header = frame.get(..HEADER_BYTES).ok_or(Foreign::Short(frame.len()))?;
        let (cluster, rest) = header[1..].split_first_chunk::<32>().ok_or(Foreign::Short(frame.len()))?;
        let (epoch, rest) = rest.split_first_chunk::<8>().ok_or(Foreign::Short(frame.len()))?;
        let (cluster, epoch) = (Digest(*cluster), Epoch::new(u64::from_le_bytes(*epoch)));
        if header[0] != VERSION {
            return Err(Foreign::Version(header[0]));
        }
        if cluster != domain.cluster {
            return Err(Foreign::Cluster(cluster));
        }
        if epoch != domain.epoch {
            return Err(Foreign::Epoch(epoch));
        }
        if rest[0] != protocol {
            return Err(Foreign::Protocol(rest[0]));
        }
        let kind = FrameKind::from_number(rest[1]).ok_or(Foreign::Kind(rest[1]))?;
        Ok(Self { domain: *domain, protocol, kind })
    }
}

/// A body with nothing in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Empty;

impl Encode for Empty {
    fn encode(&self, _: &mut Writer) {}
}

impl Decode for Empty {
    fn decode(_: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self)
    }
}

#[cfg(test)]
mod tests;
