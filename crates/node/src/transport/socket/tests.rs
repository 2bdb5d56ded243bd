//! Who dials from where.
#![allow(clippy::unwrap_used)]

use super::*;
use tokio::net::TcpListener;

#[tokio::test]
async fn the_other_side_sees_the_address_that_was_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    for source in [None, Some(IpAddr::from([127, 0, 0, 1]))] {
        let socket = connect(&address, source).await.unwrap();
        let (_, from) = listener.accept().await.unwrap();
        assert_eq!(from, socket.local_addr().unwrap());
        assert_eq!(from.ip(), IpAddr::from([127, 0, 0, 1]));
    }
}

/// All of 127.0.0.0/8 is this machine on Linux only.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_address_that_the_system_would_not_choose_is_chosen() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let source = IpAddr::from([127, 0, 0, 9]);
    let _socket = connect(&address, Some(source)).await.unwrap();
    assert_eq!(listener.accept().await.unwrap().1.ip(), source);
}

#[tokio::test]
async fn the_other_family_cannot_be_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let error = connect(&address, Some("::1".parse().unwrap())).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
}
