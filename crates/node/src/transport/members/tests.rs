//! A member is where its name leads and where it was seen last.
#![allow(clippy::unwrap_used)]

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[tokio::test]
async fn names_are_looked_up() {
    let members = MemberAddresses::default();
    assert!(!members.contains(ip("127.0.0.1")));
    let names = vec![(ReplicaId::new(0), "no port".to_owned()), (ReplicaId::new(1), "127.0.0.1:1".to_owned())];
    // It never ends, so it is looked at until it has done its work once.
    let looking_up = members.keep_looking_up(names);
    let found = async {
        while !members.contains(ip("127.0.0.1")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = looking_up => panic!("it goes on for ever"),
        () = crate::fixture::soon(found) => {}
    }
    assert!(members.contains(ip("::ffff:127.0.0.1")), "the same address in other words");
    assert!(!members.contains(ip("127.0.0.2")));
}

#[test]
fn whoever_got_in_is_remembered_where_it_was_last() {
    let members = MemberAddresses::default();
    members.note(ReplicaId::new(1), ip("10.0.0.1"));
    members.note(ReplicaId::new(2), ip("10.0.0.2"));
    members.note(ReplicaId::new(1), ip("10.0.0.3"));
    assert!(members.contains(ip("10.0.0.2")) && members.contains(ip("10.0.0.3")));
    assert!(!members.contains(ip("10.0.0.1")));
}
