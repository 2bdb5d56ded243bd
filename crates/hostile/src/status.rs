//! What a replica says of itself. Its word alone.

use crate::codec::{In, malformed};
use crate::folder::Folder;
use crate::frame::{self, Header, STATUS, STATUS_QUERY};
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

/// How long a replica may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The document's fields, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) state: String,
    pub(crate) view: u64,
    pub(crate) executed: u64,
    pub(crate) checkpoint: u64,
    pub(crate) digest: [u8; 32],
    pub(crate) pending: u64,
    pub(crate) accused: Vec<u16>,
    pub(crate) cpu: Option<u64>,
    pub(crate) resident: Option<u64>,
    pub(crate) uptime: u64,
    pub(crate) syncs: [u64; 3],
    pub(crate) work: [u64; 3],
    pub(crate) queues: [u64; 4],
    pub(crate) rejected: u64,
    pub(crate) connections: u64,
    pub(crate) peers: Vec<(u16, bool, bool)>,
}

fn numbers<const N: usize>(input: &mut In<'_>) -> io::Result<[u64; N]> {
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = input.u64()?;
    }
    Ok(numbers)
}

fn option(input: &mut In<'_>) -> io::Result<Option<u64>> {
    if input.bool()? { input.u64().map(Some) } else { Ok(None) }
}

impl Status {
    pub(crate) fn decode(bytes: &[u8]) -> io::Result<Self> {
        let mut input = In::new(bytes);
        let state = input.bytes(32)?;
        if !state.iter().all(u8::is_ascii_graphic) {
            return Err(malformed("a state that is no word"));
        }
        let status = Self {
            state: String::from_utf8_lossy(state).into_owned(),
            view: input.u64()?,
            executed: input.u64()?,
            checkpoint: input.u64()?,
            digest: input.array()?,
            pending: input.u64()?,
            accused: input.list(100, In::u16)?,
            cpu: option(&mut input)?,
            resident: option(&mut input)?,
            uptime: input.u64()?,
            syncs: numbers(&mut input)?,
            work: numbers(&mut input)?,
            queues: numbers(&mut input)?,
            rejected: input.u64()?,
            connections: input.u64()?,
            peers: input.list(100, |input| Ok((input.u16()?, input.bool()?, input.bool()?)))?,
        };
        input.end()?;
        if status.peers.is_sorted_by(|one, next| one.0 < next.0) { Ok(status) } else { Err(malformed("an order")) }
    }
}

/// Asks a replica.
pub(crate) async fn ask(folder: &Folder, replica: usize) -> io::Result<Status> {
    if replica >= folder.replicas() {
        return Err(io::Error::other("there is no such replica"));
    }
    let asking = async {
        let mut stream = crate::channel::own(folder, replica).await?;
        stream.write_all(&Header::new(folder.domain, STATUS_QUERY).frame(b"")).await?;
        stream.flush().await?;
        loop {
            // Answers to other programs with this key may come first.
            if let (STATUS, body) = frame::read(&mut stream, folder.domain).await? {
                return Status::decode(&body);
            }
        }
    };
    timeout(PATIENCE, asking).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}
