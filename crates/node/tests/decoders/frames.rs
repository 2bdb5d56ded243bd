//! What must hold of any stream of bytes that is cut into frames, in whatever pieces it arrives, and of a status.

use crate::judge;
use crate::verdict::Verdict;
use bytes::Bytes;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use synod_kernel::Encode;
use synod_kernel::codec::decode_own;
use synod_kernel::frame::{FrameKind, HEADER_BYTES, Header, MAX_CLIENT_FRAME};
use synod_node::{FrameError, FrameReader, NodeStatus};
use tokio::io::{AsyncRead, ReadBuf};

/// The number of the protocol in all headers.
pub(crate) const PROTOCOL: u8 = 1;

/// A stream that has nothing every other time it is asked, and otherwise a piece.
struct Pieces<'a> {
    rest: &'a [u8],
    piece: usize,
    is_ready: bool,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.is_ready = !self.is_ready;
        if !self.is_ready {
            return Poll::Pending;
        }
        let (piece, rest) = self.rest.split_at(self.piece.min(self.rest.len()).min(room.remaining()));
        room.put_slice(piece);
        self.rest = rest;
        Poll::Ready(Ok(()))
    }
}

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Between,
    Within,
    TooLong,
    TooShort,
}

/// The end of a wait that is given up and begun again whenever nothing arrives.
fn wait<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
    loop {
        if let Poll::Ready(done) = poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}

/// The next frame: its beginning, then as many bytes as there are in a piece, then the rest.
fn next(reader: &mut FrameReader<Pieces<'_>>, piece: usize) -> Result<Option<Bytes>, FrameError> {
    let Some(length) = wait(|context| pin!(reader.begin()).poll(context))? else { return Ok(None) };
    wait(|context| pin!(reader.fill(piece)).poll(context))?;
    let frame = wait(|context| pin!(reader.finish()).poll(context))?;
    assert_eq!(frame.len(), length, "as it claimed");
    Ok(Some(frame))
}

/// The frames in what arrives in such pieces.
fn read(stream: &[u8], piece: usize) -> (Vec<Bytes>, End) {
    let mut reader = FrameReader::new(Pieces { rest: stream, piece, is_ready: false }, MAX_CLIENT_FRAME);
    let mut frames = Vec::new();
    let end = loop {
        match next(&mut reader, piece) {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => break End::Between,
            Err(FrameError::Truncated) => break End::Within,
            Err(FrameError::TooLong { .. }) => break End::TooLong,
            Err(FrameError::TooShort { .. }) => break End::TooShort,
            Err(FrameError::Io(error)) => unreachable!("a slice cannot fail: {error}"),
        }
    };
    (frames, end)
}

/// The same, from the definition of a frame.
fn expected(mut stream: &[u8]) -> (Vec<Bytes>, End) {
    let mut frames = Vec::new();
    let end = loop {
        let Some((length, rest)) = stream.split_first_chunk::<4>() else {
            break if stream.is_empty() { End::Between } else { End::Within };
        };
        let length = usize::try_from(u32::from_le_bytes(*length)).expect("at least 32 bits");
        if length > MAX_CLIENT_FRAME {
            break End::TooLong;
        }
        if length < HEADER_BYTES {
            break End::TooShort;
        }
        let Some((frame, rest)) = rest.split_at_checked(length) else { break End::Within };
        frames.push(Bytes::copy_from_slice(frame));
        stream = rest;
    };
    (frames, end)
}

/// The answer to a status query. Unsigned, so whatever is well-formed is valid.
pub(crate) fn status(input: &[u8]) -> Verdict {
    let Ok(status) = decode_own::<NodeStatus>(Bytes::copy_from_slice(input), &judge::scope()) else {
        return Verdict::Malformed;
    };
    assert_eq!(status.to_bytes(), input, "one status, one encoding");
    assert!(status.protocol.state.len() <= 32 && status.protocol.state.is_ascii(), "fit to be shown");
    assert!(status.usage.peers.len() <= usize::from(judge::scope().membership.size()), "each member once");
    Verdict::Valid
}

/// Whether a frame is for us, and a status if it claims to be one.
fn is_good(frame: &Bytes) -> bool {
    let Ok(header) = Header::parse(frame, &judge::scope().domain, PROTOCOL) else { return false };
    let body = frame.slice(HEADER_BYTES..);
    match header.kind {
        FrameKind::Message | FrameKind::Request | FrameKind::Reply => true,
        FrameKind::StatusQuery => body.is_empty(),
        FrameKind::Status => status(&body) == Verdict::Valid,
        FrameKind::Session => body.len() == 8,
    }
}

/// A stream, behind a byte that says in what pieces it arrives. What is read depends on the stream alone.
pub(crate) fn frames(input: &[u8]) -> Verdict {
    let Some((&piece, stream)) = input.split_first() else { return Verdict::Malformed };
    let (frames, end) = read(stream, usize::from(piece) + 1);
    assert_eq!((&frames, end), (&expected(stream).0, expected(stream).1), "in pieces of {piece} + 1");
    match end {
        End::TooLong | End::TooShort => Verdict::Malformed,
        End::Between | End::Within if !frames.iter().all(is_good) => Verdict::Forged,
        End::Between => Verdict::Valid,
        End::Within => Verdict::Torn,
    }
}
