//! What it costs to be hostile, and that it costs nobody else.

use super::harness::{Site, failing_site, frame, is_cut_off, send, site, soon, until};
use super::*;

fn refused(site: &Site, peer: &str, reason: &str) -> u64 {
    site.counted(&format!("synod_frames_refused_total{{peer=\"{peer}\",reason=\"{reason}\"}}"))
}

fn turned_away(site: &Site, reason: &str) -> u64 {
    site.counted(&format!("synod_handshakes_refused_total{{reason=\"{reason}\"}}"))
}

#[tokio::test]
async fn a_frame_that_arrives_byte_by_byte_is_cut_off_long_before_silence_would_be() {
    let limits = Limits { frame_grace: Duration::from_millis(50), offences_free: 0, ..Limits::default() };
    let mut site = site(limits).await;
    for key in [site.key_of_replica(1), site.key_of_client()] {
        let mut slow = site.dial(&key, 0).await.unwrap();
        send(&mut slow, &1000_u32.to_le_bytes()).await;
        send(&mut slow, &[0]).await;
        assert!(is_cut_off(&mut slow).await);
    }
    until(|| refused(&site, "clients", "a frame that did not end") == 1).await;
    until(|| refused(&site, "replica-1", "a frame that did not end") == 1).await;
    // It may have been slow, or stopped for a while, so it is let in again at once.
    let mut again = site.dial(&site.key_of_replica(1), 0).await.unwrap();
    send(&mut again, &frame(b"going on")).await;
    assert_eq!(site.next().await.0, ONE);
    assert_eq!(turned_away(&site, "shut-out"), 0);
}

#[tokio::test]
async fn who_keeps_offending_is_shut_out_and_nobody_else_is() {
    let limits = Limits { offences_free: 2, ..Limits::default() };
    let mut site = site(limits).await;
    for key in [site.key_of_client(), site.key_of_replica(1)] {
        for _ in 0..3 {
            let mut liar = site.dial(&key, 0).await.unwrap();
            send(&mut liar, &frame(b"offence")).await;
            assert!(is_cut_off(&mut liar).await);
        }
        // Its own handshake may be done before it hears of being shut out.
        if let Ok(mut liar) = site.dial(&key, 0).await {
            assert!(is_cut_off(&mut liar).await);
        }
    }
    until(|| turned_away(&site, "shut-out") == 2).await;
    let mut honest = site.dial(&site.key_of_replica(2), 0).await.unwrap();
    send(&mut honest, &frame(b"honest")).await;
    assert_eq!(site.next().await.0, TWO);
}

#[tokio::test]
async fn who_was_shut_out_is_let_in_again() {
    let limits = Limits { offences_free: 0, replica_pause_max: Duration::from_millis(20), ..Limits::default() };
    let mut site = site(limits).await;
    let key = site.key_of_replica(1);
    for _ in 0..5 {
        let mut liar = site.dial(&key, 0).await.unwrap();
        // It may still be shut out.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut liar, &frame(b"offence")).await;
        assert!(is_cut_off(&mut liar).await);
    }
    let taken = soon(async {
        loop {
            let mut reformed = site.dial(&key, 0).await.unwrap();
            send_or_not(&mut reformed, &frame(b"reformed")).await;
            if let Ok(taken) = tokio::time::timeout(Duration::from_millis(100), site.received.recv()).await {
                return taken.unwrap();
            }
        }
    })
    .await;
    assert_eq!(taken.0, ONE);
}

async fn send_or_not(stream: &mut tokio_rustls::client::TlsStream<TcpStream>, bytes: &[u8]) {
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
}

#[tokio::test]
async fn accepting_survives_that_the_system_has_no_descriptors() {
    let mut site = failing_site(Limits::default(), 2).await;
    let mut honest = site.dial(&site.key_of_replica(1), 0).await.unwrap();
    send(&mut honest, &frame(b"made it")).await;
    assert_eq!(site.next().await.0, ONE);
}

#[tokio::test]
async fn strangers_who_come_too_fast_are_turned_away_and_members_are_not() {
    let limits =
        Limits { handshakes_per_source: 1, handshake_timeout: Duration::from_millis(1500), ..Limits::default() };
    let mut site = site(limits).await;
    let mut crowd = Vec::new();
    for _ in 0..20 {
        crowd.push(TcpStream::connect(&site.address).await.unwrap());
    }
    until(|| turned_away(&site, "too-fast") >= 15).await;
    // Now it is known that members come from here.
    site.members.note(ReplicaId::new(1), std::net::Ipv4Addr::LOCALHOST.into());
    let mut honest = site.dial(&site.key_of_replica(1), 0).await.unwrap();
    send(&mut honest, &frame(b"made it")).await;
    assert_eq!(site.next().await.0, ONE);
}

#[tokio::test]
async fn connections_of_one_client_share_one_budget() {
    let mut site = site(Limits::default()).await;
    let id = Address::Client(ClientId::new(site.made.cluster.descriptor().clients[0].key));
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = site.dial(&site.key_of_client(), 0).await.unwrap();
        send(&mut stream, &frame(b"hello")).await;
        site.next().await;
        streams.push(stream);
    }
    let [one, other] = [(); 2].map(|()| site.roster.enter(id).unwrap());
    assert!(Arc::ptr_eq(&one.budget, &other.budget));
    let replica = site.roster.enter(ONE).unwrap();
    let held = replica.budget.clone().acquire_owned().await.unwrap();
    site.roster.leave(&replica);
    let again = site.roster.enter(ONE).unwrap();
    assert!(Arc::ptr_eq(&again.budget, &replica.budget), "coming back does not make it new");
    drop(held);
    [one, other].iter().for_each(|origin| site.roster.leave(origin));
    site.roster.leave(&again);
}

#[tokio::test]
async fn half_a_handshake_holds_no_place_for_long_whatever_it_says() {
    let limits = Limits { handshake_timeout: Duration::from_millis(50), ..Limits::default() };
    let site = site(limits).await;
    // The beginning of a TLS record, of which the rest never comes.
    for beginning in [&[0x16][..], &[0x16, 3, 1, 0x40, 0], &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3]] {
        let mut stranger = TcpStream::connect(&site.address).await.unwrap();
        stranger.write_all(beginning).await.unwrap();
        assert!(is_cut_off(&mut stranger).await);
    }
    until(|| turned_away(&site, "timeout") == 3).await;
}

/// Passes everything on to the site, and spoils the byte after the first `good` ones that the dialler sends.
async fn spoiling_proxy(address: String, good: usize) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (dialler, _) = listener.accept().await.unwrap();
        let (mut from_dialler, mut to_dialler) = dialler.into_split();
        let (mut from_site, mut to_site) = TcpStream::connect(&address).await.unwrap().into_split();
        tokio::spawn(async move { tokio::io::copy(&mut from_site, &mut to_dialler).await });
        let (mut passed, mut buffer) = (0, [0; 1024]);
        while let Ok(count @ 1..) = tokio::io::AsyncReadExt::read(&mut from_dialler, &mut buffer).await {
            if (passed..passed + count).contains(&good) {
                buffer[good - passed] ^= 1;
            }
            passed += count;
            if to_site.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    });
    own
}

#[tokio::test]
async fn a_stream_that_is_changed_on_its_way_delivers_nothing() {
    let mut site = site(Limits::default()).await;
    let direct = site.address.clone();
    // In the handshake, and well behind it.
    for good in [200, 10_000] {
        site.address = spoiling_proxy(direct.clone(), good).await;
        if let Ok(mut stream) = site.dial(&site.key_of_replica(1), 0).await {
            send_or_not(&mut stream, &frame(&[7; 60_000])).await;
            assert!(is_cut_off(&mut stream).await);
        }
    }
    site.address = direct;
    let mut honest = site.dial(&site.key_of_replica(1), 0).await.unwrap();
    send(&mut honest, &frame(b"as it was sent")).await;
    assert!(site.next().await.1.ends_with(b"as it was sent"), "nothing came before it");
}
