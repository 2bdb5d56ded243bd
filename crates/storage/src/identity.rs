//! To whom a file belongs. Every file names its cluster, replica and incarnation, so that folders cannot be swapped
//! between replicas, and files of an earlier life of a replica cannot be mistaken for those of the present one.

use std::fmt;

/// The owner of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The digest that names the cluster.
    pub cluster: [u8; 32],
    /// The replica within the cluster.
    pub replica: u16,
    /// Counts the lives of the replica: it grows each time the replica starts over with an empty folder.
    pub incarnation: u64,
}

impl Identity {
    pub(crate) const ENCODED_BYTES: usize = 42;

    pub(crate) fn encode(&self) -> [u8; Identity::ENCODED_BYTES] {
        let mut bytes = [0; Identity::ENCODED_BYTES];
        bytes[..32].copy_from_slice(&self.cluster);
        bytes[32..34].copy_from_slice(&self.replica.to_le_bytes());
        bytes[34..].copy_from_slice(&self.incarnation.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8; Identity::ENCODED_BYTES]) -> Identity {
        Identity {
            cluster: crate::tag::array(bytes, 0),
            replica: u16::from_le_bytes(crate::tag::array(bytes, 32)),
            incarnation: u64::from_le_bytes(crate::tag::array(bytes, 34)),
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cluster ")?;
        for byte in &self.cluster[..8] {
            write!(f, "{byte:02x}")?;
        }
        write!(f, "… replica {} incarnation {}", self.replica, self.incarnation)
    }
}
