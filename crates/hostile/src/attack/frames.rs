//! What a registered client sends that is no request.

use super::crowd::Member;
use crate::channel::{Fate, drain, own};
use crate::client::new_session;
use crate::codec::Out;
use crate::digest::Domain;
use crate::frame::{HEADER, Header, MESSAGE, REPLY, REQUEST, STATUS, STATUS_QUERY, TO_REPLICA};
use crate::kv;
use crate::request::{EVERYONE, Place, Request};
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// How long the end of a connection is waited for.
const PATIENCE: Duration = Duration::from_millis(500);
/// Requests with bad signatures on one connection.
const BAD_SIGNATURES: u64 = 50;

/// Sends bytes over a channel of our own, and looks whether it is closed.
async fn send(member: &Member, bytes: &[u8]) -> io::Result<Fate> {
    let mut stream = own(&member.folder, member.replica()).await?;
    // It may be closed while we write.
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
    Ok(drain(&mut stream, PATIENCE).await)
}

pub(super) async fn garbage(member: Member) -> io::Result<Fate> {
    let mut random = vec![0; 4096];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let bytes = match member.way(2) {
        0 => random,
        // In a frame, so that it gets further.
        _ => Header::new(member.folder.domain, REQUEST).frame(&random),
    };
    send(&member, &bytes).await
}

pub(super) async fn bad_length(member: Member) -> io::Result<Fate> {
    let header = u32::try_from(HEADER).unwrap_or_default();
    let above = u32::try_from(TO_REPLICA + 1).unwrap_or_default();
    let length = [u32::MAX, 0, 1, header - 1, above, 1 << 31][member.way(6)];
    send(&member, &Out::default().u32(length).raw(&[1; 64]).done()).await
}

pub(super) async fn bad_header(member: Member) -> io::Result<Fate> {
    let good = Header::new(member.folder.domain, STATUS_QUERY);
    let cluster = [7; 32];
    let bytes = match member.way(7) {
        0 => good.frame(b"")[..20].to_vec(),
        1 => Header { version: 2, ..good }.frame(b""),
        2 => Header { domain: Domain { cluster, ..good.domain }, ..good }.frame(b""),
        3 => Header { domain: Domain { epoch: u64::MAX, ..good.domain }, ..good }.frame(b""),
        4 => Header { protocol: 0, ..good }.frame(b""),
        5 => Header { kind: 0, ..good }.frame(b""),
        _ => Header { kind: 255, ..good }.frame(b""),
    };
    send(&member, &bytes).await
}

/// Content of requests that is signed as it stands, and is wrong in one place.
fn bad_content(member: &Member) -> Vec<u8> {
    let start = Out::default().raw(&member.folder.identity).u64(1).u64(1).u16(EVERYONE);
    match member.way(7) {
        0 => start.u32(u32::MAX).done(),
        1 => start.u32(1).u32(u32::MAX).done(),
        2 => start.u32(0).done(),
        3 => start.u32(1025).raw(&[0; 4 * 1025]).done(),
        4 => start.u32(1).bytes(&vec![0; (3 << 19) + 1]).done(),
        5 => start.u32(1).bytes(b"x").u8(0).done(),
        // Another client's, with our signature.
        _ => Out::default().raw(&[7; 32]).u64(1).u64(1).u16(EVERYONE).u32(1).bytes(b"x").done(),
    }
}

pub(super) async fn bad_body(member: Member) -> io::Result<Fate> {
    let domain = member.folder.domain;
    let frame = match member.way(12) {
        way @ 0..=3 => {
            let kind = [MESSAGE, REPLY, STATUS, STATUS_QUERY][way];
            Header::new(domain, kind).frame(&[0xff; 512])
        }
        4 => Header::new(domain, REQUEST).frame(b""),
        _ => {
            let place = Place { session: 1, id: 1 };
            Request::sign_content(&member.folder, place, bad_content(&member)).frame(&member.folder)
        }
    };
    send(&member, &frame).await
}

pub(super) async fn bad_signatures(member: Member) -> io::Result<Fate> {
    let session = new_session();
    let frames = (1..=BAD_SIGNATURES).flat_map(|id| {
        let operations = [kv::put(b"hostile/bad", b"signature")];
        let mut request = Request::sign(&member.folder, Place { session, id }, &operations);
        request.signature[usize::try_from(id % 64).unwrap_or_default()] ^= 1;
        request.frame(&member.folder)
    });
    send(&member, &frames.collect::<Vec<u8>>()).await
}
