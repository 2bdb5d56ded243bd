//! Channels on real sockets: who gets in, who does not, and what strangers and liars cannot do to the others.
#![allow(clippy::unwrap_used)]

mod harness;
mod hostile;

use super::*;
use bytes::Bytes;
use harness::{frame, is_cut_off, send, site, soon, until};
use std::sync::Arc;
use std::time::Duration;
use synod_kernel::{Address, ClientId, ReplicaId, SessionId};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

const ONE: Address = Address::Replica(ReplicaId::new(1));
const TWO: Address = Address::Replica(ReplicaId::new(2));

#[tokio::test]
async fn a_peer_is_the_key_it_proves() {
    let mut site = site(Limits::default()).await;
    let mut replica = site.dial(&site.key_of_replica(2), 0).await.unwrap();
    send(&mut replica, &frame(b"from a replica")).await;
    let (from, body) = site.next().await;
    assert_eq!(from, TWO);
    assert!(body.ends_with(b"from a replica"));
    let mut client = site.dial(&site.key_of_client(), 0).await.unwrap();
    send(&mut client, &frame(b"from a client")).await;
    let id = ClientId::new(site.made.cluster.descriptor().clients[0].key);
    assert_eq!(site.next().await.0, Address::Client(id));
}

#[tokio::test]
async fn unknown_keys_are_refused_and_counted() {
    let site = site(Limits::default()).await;
    // The replica's own key is nobody's to dial with, and a voting key is not a transport key.
    let voting = crate::files::read_key(&site.made.replicas[1].join("voting.key")).unwrap();
    for key in [Zeroizing::new([9; 32]), site.key_of_replica(0), voting] {
        // The dialler's own handshake may be done before it hears of the refusal.
        if let Ok(mut stream) = site.dial(&key, 0).await {
            assert!(is_cut_off(&mut stream).await);
        }
    }
    until(|| site.counted("synod_handshakes_refused_total{reason=\"unknown-key\"}") == 3).await;
}

#[tokio::test]
async fn a_dialler_accepts_only_whom_it_dialled() {
    let site = site(Limits::default()).await;
    let error = site.dial(&site.key_of_replica(1), 2).await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    assert!(site.dial(&site.key_of_replica(1), 0).await.is_ok());
}

#[tokio::test]
async fn the_newest_connection_of_a_replica_replaces_the_oldest() {
    let mut site = site(Limits::default()).await;
    let key = site.key_of_replica(1);
    let mut old = site.dial(&key, 0).await.unwrap();
    send(&mut old, &frame(b"old")).await;
    site.next().await;
    let mut new = site.dial(&key, 0).await.unwrap();
    send(&mut new, &frame(b"new")).await;
    assert!(site.next().await.1.ends_with(b"new"));
    assert!(is_cut_off(&mut old).await);
    send(&mut new, &frame(b"still there")).await;
    assert!(site.next().await.1.ends_with(b"still there"));
}

#[tokio::test]
async fn a_client_has_so_many_connections_and_replies_come_on_the_newest_if_none_is_for_them() {
    let mut site = site(Limits { connections_per_client: 2, ..Limits::default() }).await;
    let id = ClientId::new(site.made.cluster.descriptor().clients[0].key);
    let key = site.key_of_client();
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = site.dial(&key, 0).await.unwrap();
        send(&mut stream, &frame(b"hello")).await;
        site.next().await;
        streams.push(stream);
    }
    assert!(is_cut_off(&mut streams[0]).await);
    let session = SessionId::new(1);
    site.roster.reply(id, session, || Bytes::from(frame(b"reply")));
    assert_eq!(receive(&mut streams[2], b"reply".len()).await, frame(b"reply"), "nobody said which it is for");
    // The other gets nothing of it: the next that it hears is its own.
    send(&mut streams[1], &frame(b"session\x07")).await;
    site.next().await;
    site.roster.reply(id, SessionId::new(7), || Bytes::from(frame(b"other")));
    assert_eq!(receive(&mut streams[1], b"other".len()).await, frame(b"other"));
    site.roster.reply(ClientId::new([1; 32]), session, || panic!("made for nobody"));
}

async fn receive(stream: &mut (impl tokio::io::AsyncRead + Unpin), bytes: usize) -> Vec<u8> {
    let mut received = vec![0; frame(&vec![0; bytes]).len()];
    soon(tokio::io::AsyncReadExt::read_exact(stream, &mut received)).await.unwrap();
    received
}

#[tokio::test]
async fn replies_of_a_session_come_on_the_connections_that_are_for_it() {
    let mut site = site(Limits::default()).await;
    let id = ClientId::new(site.made.cluster.descriptor().clients[0].key);
    let key = site.key_of_client();
    let mut streams = Vec::new();
    for session in 1..=2_u8 {
        let mut stream = site.dial(&key, 0).await.unwrap();
        send(&mut stream, &frame(&[b"session", &[session][..]].concat())).await;
        site.next().await;
        streams.push(stream);
    }
    let reply = |session, content: &'static [u8]| {
        site.roster.reply(id, SessionId::new(session), || Bytes::from(frame(content)));
    };
    reply(1, b"one");
    reply(2, b"two");
    reply(3, b"any");
    for (stream, own) in streams.iter_mut().zip([b"one", b"two"]) {
        assert_eq!(receive(stream, 3).await, frame(own));
    }
    assert_eq!(receive(&mut streams[1], 3).await, frame(b"any"), "of that session nobody said anything");
    // When its connection is over, a session is as one of which nothing was said.
    drop(streams.remove(0));
    until(|| site.metrics.client_connections() == 1).await;
    reply(1, b"one");
    assert_eq!(receive(&mut streams[0], 3).await, frame(b"one"));
}

/// Each row: what is sent, by whom, and whether it costs the connection.
#[tokio::test]
async fn garbage_hurts_only_its_sender() {
    let mut site = site(Limits::default()).await;
    let mut honest = site.dial(&site.key_of_replica(1), 0).await.unwrap();
    let mut rounds = 0_u32;
    let oversized_by_client = (3_u32 << 20).to_le_bytes().to_vec();
    let claims: [(bool, Vec<u8>); 5] = [
        (false, oversized_by_client),
        (true, u32::MAX.to_le_bytes().to_vec()),
        (true, (65_u32 << 20).to_le_bytes().to_vec()),
        (true, 3_u32.to_le_bytes().to_vec()),
        (true, frame(b"offence")),
    ];
    for (by_replica, bytes) in claims {
        let key = if by_replica { site.key_of_replica(2) } else { site.key_of_client() };
        let mut liar = site.dial(&key, 0).await.unwrap();
        send(&mut liar, &bytes).await;
        assert!(is_cut_off(&mut liar).await, "{:?}", &bytes[..4]);
        rounds += 1;
        send(&mut honest, &frame(&rounds.to_le_bytes())).await;
        let (from, body) = site.next().await;
        assert_eq!(from, ONE);
        assert!(body.ends_with(&rounds.to_le_bytes()));
    }
    until(|| site.counted("synod_frames_refused_total{peer=\"replica-2\",reason=\"a bad length\"}") == 3).await;
    until(|| site.counted("synod_frames_refused_total{peer=\"replica-2\",reason=\"an offence\"}") == 1).await;
    until(|| site.counted("synod_frames_refused_total{peer=\"clients\",reason=\"a bad length\"}") == 1).await;
}

#[tokio::test]
async fn strangers_who_do_not_speak_tls_are_dropped() {
    let mut site = site(Limits::default()).await;
    let mut honest = site.dial(&site.key_of_replica(1), 0).await.unwrap();
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0; 4096], &[0xFF; 70_000]] {
        let mut stranger = TcpStream::connect(&site.address).await.unwrap();
        // It may be cut off before it has said everything.
        let _ = stranger.write_all(garbage).await;
        // Whatever it hears (an alert at most), it is the end.
        let mut heard = Vec::new();
        let _ = soon(tokio::io::AsyncReadExt::read_to_end(&mut stranger, &mut heard)).await;
        assert!(heard.len() < 100);
    }
    send(&mut honest, &frame(b"honest")).await;
    assert_eq!(site.next().await.0, ONE);
}

#[tokio::test]
async fn a_slow_handshake_is_cut_off() {
    let limits = Limits { handshake_timeout: Duration::from_millis(50), ..Limits::default() };
    let site = site(limits).await;
    let mut silent = TcpStream::connect(&site.address).await.unwrap();
    assert!(is_cut_off(&mut silent).await);
    until(|| site.counted("synod_handshakes_refused_total{reason=\"timeout\"}") == 1).await;
}

#[tokio::test]
async fn a_crowd_of_silent_strangers_keeps_nobody_out() {
    let mut site = site(Limits { handshakes_max: 8, ..Limits::default() }).await;
    let mut crowd = Vec::new();
    for _ in 0..50 {
        crowd.push(TcpStream::connect(&site.address).await.unwrap());
    }
    let mut honest = site.dial(&site.key_of_replica(1), 0).await.unwrap();
    send(&mut honest, &frame(b"made it")).await;
    assert_eq!(site.next().await.0, ONE);
    assert!(is_cut_off(&mut crowd[0]).await, "the oldest made room");
    until(|| site.counted("synod_handshakes_refused_total{reason=\"crowded\"}") >= 42).await;
}

#[tokio::test]
async fn a_frame_that_never_ends_is_cut_off() {
    let (frame_grace, frame_bytes_per_second) = (Duration::from_millis(50), u32::MAX);
    let limits = Limits { frame_grace, frame_bytes_per_second, ..Limits::default() };
    let site = site(limits).await;
    let mut slow = site.dial(&site.key_of_replica(1), 0).await.unwrap();
    send(&mut slow, &(1_u32 << 20).to_le_bytes()).await;
    send(&mut slow, &[0; 100]).await;
    assert!(is_cut_off(&mut slow).await);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let limits = Limits { client_queue_bytes: 100_000, ..Limits::default() };
    let mut site = site(limits).await;
    let id = ClientId::new(site.made.cluster.descriptor().clients[0].key);
    let mut client = site.dial(&site.key_of_client(), 0).await.unwrap();
    send(&mut client, &frame(b"hello")).await;
    site.next().await;
    let reply = Bytes::from(frame(&[7; 60_000]));
    // The system's buffers take some of it, but not for ever.
    until(|| {
        site.roster.reply(id, SessionId::new(1), || reply.clone());
        site.counted("synod_frames_refused_total{peer=\"clients\",reason=\"answers left unread\"}") == 1
    })
    .await;
    assert_eq!(site.counted("synod_connections{peer=\"clients\"}"), 0);
}

#[tokio::test]
async fn a_dialler_reconnects_and_sends_what_is_queued() {
    let mut site = site(Limits { backoff_min: Duration::from_millis(1), ..Limits::default() }).await;
    let origin = Arc::new(Origin::new(
        Address::Replica(ReplicaId::new(0)),
        Arc::new(SendQueue::dropping(1 << 20, 100)),
        Arc::new(Semaphore::new(0)),
        site.metrics.peer(Address::Replica(ReplicaId::new(0))),
    ));
    let dialer = tokio::spawn(dial_until_finished(Dialer {
        id: ReplicaId::new(0),
        address: site.address.clone(),
        source: None,
        tls: TlsIdentity::new(&site.key_of_replica(1)).client(site.made.cluster.descriptor().replicas[0].transport_key),
        limits: Limits { backoff_min: Duration::from_millis(1), ..Limits::default() },
        origin: origin.clone(),
        backlog_max: usize::MAX,
        frame_max: 100,
        sink: Nothing,
        connectivity: site.connectivity.clone(),
        on_change: |_| (),
    }));
    origin.queue.push(Bytes::from(frame(b"first")), Weight::Essential);
    assert!(site.next().await.1.ends_with(b"first"));
    soon(site.connectivity.wait_for_outbound(1)).await;
    // Somebody with the same key takes its place; it comes back and takes it again.
    let mut other = site.dial(&site.key_of_replica(1), 0).await.unwrap();
    assert!(is_cut_off(&mut other).await);
    origin.queue.push(Bytes::from(frame(b"second")), Weight::Essential);
    assert!(site.next().await.1.ends_with(b"second"));
    origin.queue.push(Bytes::from(frame(b"last")), Weight::Essential);
    origin.queue.close(Closing::Finished);
    soon(dialer).await.unwrap();
    assert!(site.next().await.1.ends_with(b"last"));
    assert_eq!(site.connectivity.outbound_up(), []);
}

/// It waits for ten minutes otherwise.
#[tokio::test]
async fn a_replica_that_dials_us_is_dialled_at_once() {
    let site = site(Limits::default()).await;
    let away = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let long = Duration::from_secs(600);
    let peer = ReplicaId::new(0);
    let queue = Arc::new(SendQueue::dropping(1 << 20, 100));
    let counters = site.metrics.peer(Address::Replica(peer));
    let dialer = tokio::spawn(dial_until_finished(Dialer {
        id: peer,
        address: away.local_addr().unwrap().to_string(),
        source: None,
        tls: TlsIdentity::new(&site.key_of_replica(1)).client(site.made.cluster.descriptor().replicas[0].transport_key),
        limits: Limits { backoff_min: long, backoff_max: long, ..Limits::default() },
        origin: Arc::new(Origin::new(Address::Replica(peer), queue.clone(), Arc::new(Semaphore::new(0)), counters)),
        backlog_max: usize::MAX,
        frame_max: 100,
        sink: Nothing,
        connectivity: site.connectivity.clone(),
        on_change: |_| (),
    }));
    // Who is there is not who is meant: the attempt fails. Twice, because the wait is not to have grown.
    for _ in 0..2 {
        drop(soon(away.accept()).await.unwrap());
        site.connectivity.inbound_up(peer);
        site.connectivity.inbound_down(peer);
    }
    // An attempt that is under way is given up soon for another, too.
    let half = soon(away.accept()).await.unwrap();
    site.connectivity.inbound_up(peer);
    soon(away.accept()).await.unwrap();
    drop(half);
    queue.close(Closing::Finished);
    soon(dialer).await.unwrap();
}

#[derive(Clone)]
struct Nothing;

impl Sink for Nothing {
    async fn take(&self, _: &Arc<Origin>, _: Bytes, _: Permits) -> Result<(), Refusal> {
        Err(Refusal("anything"))
    }
}

#[tokio::test]
async fn stopping_sends_what_is_queued_first() {
    let mut site = site(Limits::default()).await;
    let id = ClientId::new(site.made.cluster.descriptor().clients[0].key);
    let mut client = site.dial(&site.key_of_client(), 0).await.unwrap();
    send(&mut client, &frame(b"hello")).await;
    site.next().await;
    site.roster.reply(id, SessionId::new(1), || Bytes::from(frame(b"farewell")));
    site.roster.finish();
    site.stop.send_replace(true);
    let mut heard = Vec::new();
    soon(tokio::io::AsyncReadExt::read_to_end(&mut client, &mut heard)).await.unwrap();
    assert_eq!(heard, frame(b"farewell"));
    soon(site.acceptor).await.unwrap();
}
