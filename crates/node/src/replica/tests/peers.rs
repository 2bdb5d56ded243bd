//! What a replica does to peers that say what no correct peer says.

use crate::files::read_key;
use crate::fixture::{Site, soon};
use crate::transport::TlsIdentity;
use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr};
use synod_kernel::ed25519::{Ed25519Signer, SecretKey};
use synod_kernel::frame::{Empty, FrameKind, HEADER_BYTES, Header};
use synod_kernel::{Digest, Domain, Encode, Epoch, Request, RequestId, SessionId};
use synod_protocols::pbft;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use zeroize::Zeroizing;

type Stream = TlsStream<TcpStream>;

async fn dial(site: &Site, key: std::path::PathBuf) -> Stream {
    let expected = site.made.cluster.descriptor().replicas[0].transport_key;
    let tls = TlsIdentity::new(&read_key(&key).unwrap()).client(expected);
    let socket = TcpStream::connect(site.address(0)).await.unwrap();
    let name = IpAddr::V4(Ipv4Addr::UNSPECIFIED).into();
    soon(TlsConnector::from(tls).connect(name, socket)).await.unwrap()
}

async fn dial_as_client(site: &Site) -> Stream {
    dial(site, site.made.client.join("transport.key")).await
}

async fn dial_as_replica(site: &Site, position: usize) -> Stream {
    dial(site, site.folder(position).join("transport.key")).await
}

fn header(site: &Site, kind: FrameKind) -> Header {
    Header { domain: site.made.cluster.scope().domain, protocol: pbft::PROTOCOL, kind }
}

struct Raw(Vec<u8>);

impl Encode for Raw {
    fn encode(&self, writer: &mut synod_kernel::Writer) {
        writer.raw(&self.0);
    }
}

fn request(domain: &Domain, seed: Zeroizing<[u8; 32]>) -> Request {
    let signer = Ed25519Signer::client(SecretKey::from_seed(&seed));
    let operations = vec![Bytes::from_static(b"count")];
    Request::sign(SessionId::new(1), RequestId::new(1), operations, domain, &signer).unwrap()
}

async fn say(stream: &mut Stream, frame: &[u8]) {
    stream.write_all(frame).await.unwrap();
    stream.flush().await.unwrap();
}

async fn is_cut_off(stream: &mut Stream) -> bool {
    matches!(soon(stream.read(&mut [0; 16])).await, Ok(0) | Err(_))
}

/// Whether the replica still answers on this connection.
async fn is_answered(site: &Site, stream: &mut Stream) -> bool {
    say(stream, &header(site, FrameKind::StatusQuery).frame(&Empty)).await;
    let mut length = [0; 4];
    soon(stream.read_exact(&mut length)).await.unwrap();
    let mut frame = vec![0; u32::from_le_bytes(length) as usize];
    soon(stream.read_exact(&mut frame)).await.unwrap();
    let domain = site.made.cluster.scope().domain;
    let header = Header::parse(&frame[..HEADER_BYTES], &domain, pbft::PROTOCOL).unwrap();
    header.kind == FrameKind::Status
}

#[tokio::test]
async fn foreign_frames_are_dropped_and_cost_nothing() {
    let site = Site::new();
    let replica = site.start(0);
    let ours = header(&site, FrameKind::Request);
    let stranger = Zeroizing::new([5; 32]);
    let other_cluster = Domain { cluster: Digest::of("test", b"other"), ..ours.domain };
    let other_epoch = Domain { epoch: Epoch::new(7), ..ours.domain };
    let mut unknown_kind = ours.frame(&Empty);
    *unknown_kind.last_mut().unwrap() = 99;
    let mut old_version = ours.frame(&Empty);
    old_version[4] = 0;
    let foreign = [
        Header { domain: other_cluster, ..ours }.frame(&request(&other_cluster, stranger.clone())),
        Header { domain: other_epoch, ..ours }.frame(&request(&other_epoch, stranger)),
        Header { protocol: 77, ..ours }.frame(&Empty),
        unknown_kind,
        old_version,
    ];
    let mut client = dial_as_client(&site).await;
    for frame in &foreign {
        say(&mut client, frame).await;
        assert!(is_answered(&site, &mut client).await);
    }
    let line = format!("synod_frames_refused_total{{peer=\"clients\",reason=\"foreign\"}} {}", foreign.len());
    site.wait_for_metric(0, &line).await;
    replica.end().unwrap();
}

#[tokio::test]
async fn what_does_not_verify_costs_its_sender_the_connection() {
    let site = Site::new();
    let replica = site.start(0);
    let mut honest = dial_as_replica(&site, 3).await;
    assert!(is_answered(&site, &mut honest).await);

    let ours = header(&site, FrameKind::Request);
    let own = read_key(&site.made.client.join("client.key")).unwrap();
    let mut spoiled = ours.frame(&request(&ours.domain, own));
    *spoiled.last_mut().unwrap() ^= 1;
    let unregistered = ours.frame(&request(&ours.domain, Zeroizing::new([5; 32])));
    let cases = [
        (spoiled, "a bad signature"),
        (unregistered, "a signature of nobody known"),
        (ours.frame(&Raw(vec![0xFF; 100])), "malformed content"),
        (header(&site, FrameKind::Message).frame(&Raw(vec![0; 10])), "a replica's message from a client"),
        (header(&site, FrameKind::Reply).frame(&Raw(vec![0; 10])), "an answer that nobody asked for"),
        (header(&site, FrameKind::StatusQuery).frame(&Raw(vec![0; 10])), "a question with a body"),
        (header(&site, FrameKind::Session).frame(&Raw(vec![0; 9])), "a session that is no number"),
    ];
    for (frame, reason) in cases {
        let mut liar = dial_as_client(&site).await;
        say(&mut liar, &frame).await;
        assert!(is_cut_off(&mut liar).await, "{reason}");
        let line = format!("synod_frames_refused_total{{peer=\"clients\",reason=\"{reason}\"}} 1");
        site.wait_for_metric(0, &line).await;
        assert!(is_answered(&site, &mut honest).await, "{reason}");
    }
    let mut liar = dial_as_replica(&site, 1).await;
    say(&mut liar, &header(&site, FrameKind::Message).frame(&Raw(vec![0xEE; 200]))).await;
    assert!(is_cut_off(&mut liar).await);
    site.wait_for_metric(0, "synod_frames_refused_total{peer=\"replica-1\",reason=\"malformed content\"} 1").await;
    assert!(is_answered(&site, &mut honest).await);
    replica.end().unwrap();
}

#[tokio::test]
async fn whoever_lies_and_leaves_is_shut_out_all_the_same() {
    let site = Site::new();
    let replica = site.start_strict(0, 2);
    let ours = header(&site, FrameKind::Request);
    let own = read_key(&site.made.client.join("client.key")).unwrap();
    let mut spoiled = ours.frame(&request(&ours.domain, own));
    *spoiled.last_mut().unwrap() ^= 1;
    let mut other = dial_as_client(&site).await;
    assert!(is_answered(&site, &mut other).await);
    for offence in 1..=3 {
        let mut liar = dial_as_client(&site).await;
        say(&mut liar, &spoiled).await;
        drop(liar);
        let line = format!("synod_frames_refused_total{{peer=\"clients\",reason=\"a bad signature\"}} {offence}");
        site.wait_for_metric(0, &line).await;
    }
    assert!(is_cut_off(&mut other).await, "its other connections are over, too");
    assert!(is_cut_off(&mut dial_as_client(&site).await).await);
    site.wait_for_metric(0, "synod_handshakes_refused_total{reason=\"shut-out\"} 1").await;
    assert!(is_answered(&site, &mut dial_as_replica(&site, 3).await).await, "that is no matter to others");
    replica.end().unwrap();
}

#[tokio::test]
async fn who_asks_in_anothers_name_pays_for_it_and_the_other_does_not() {
    let site = Site::new();
    let replica = site.start(0);
    let [liar_folder, named_folder] = [0, 1].map(|number| site.made.clients[number].clone());
    let mut named = dial(&site, named_folder.join("transport.key")).await;
    assert!(is_answered(&site, &mut named).await);

    let ours = header(&site, FrameKind::Request);
    let own = request(&ours.domain, read_key(&liar_folder.join("client.key")).unwrap());
    // The same request, signed by the liar, with the name of the other where its own was.
    let [liar_key, named_key] = [0, 1].map(|number| site.made.cluster.descriptor().clients[number].key);
    let mut body = own.to_bytes();
    let place = body.windows(32).position(|bytes| bytes == liar_key).unwrap();
    body[place..place + 32].copy_from_slice(&named_key);
    let mut liar = dial(&site, liar_folder.join("transport.key")).await;
    say(&mut liar, &ours.frame(&Raw(body))).await;
    assert!(is_cut_off(&mut liar).await);
    site.wait_for_metric(0, "synod_frames_refused_total{peer=\"clients\",reason=\"a bad signature\"} 1").await;
    assert!(is_answered(&site, &mut named).await, "on the very connection that it had");
    replica.end().unwrap();
}
