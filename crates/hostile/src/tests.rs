//! The vectors of docs/WIRE.md, computed by what was written from it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use crate::attack::Attack;
use crate::descriptor::Descriptor;
use crate::digest::digest;
use crate::folder::Folder;
use crate::frame::{Header, STATUS_QUERY};
use crate::kv::{self, Answer};
use crate::reply::{Body, Reply};
use crate::request::{Place, Request};
use crate::status::Status;
use clap::ValueEnum;
use std::collections::BTreeMap;

const DOCUMENT: &str = include_str!("../../../docs/WIRE.md");

fn block(language: &str) -> &'static str {
    let (_, rest) = DOCUMENT.split_once(&format!("\n```{language}\n")).unwrap();
    rest.split_once("\n```").unwrap().0
}

/// The documented vectors by their names.
fn vectors() -> BTreeMap<&'static str, Vec<u8>> {
    let mut vectors = BTreeMap::new();
    let mut name = "";
    for line in block("vectors").lines() {
        match line.strip_prefix("  ") {
            None => name = line.split_once(',').unwrap().0,
            Some(digits) => {
                let bytes = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
                vectors.entry(name).or_insert_with(Vec::new).extend(bytes);
            }
        }
    }
    vectors
}

fn folder() -> Folder {
    Folder::new(block("toml"), [2; 32], [3; 32]).unwrap()
}

fn request(folder: &Folder) -> Request {
    Request::sign(folder, Place { session: 7, id: 1 }, &[kv::put(b"hello", b"world")])
}

#[test]
fn what_is_sent_is_what_the_document_shows() {
    let (vectors, folder) = (vectors(), folder());
    assert_eq!(digest("synod", b"").as_slice(), vectors["digest of nothing for the purpose synod"]);
    assert_eq!(folder.descriptor.encode(), vectors["descriptor"]);
    assert_eq!(folder.domain.cluster.as_slice(), vectors["cluster"]);
    assert_eq!(kv::put(b"hello", b"world"), vectors["put operation"]);
    assert_eq!(request(&folder).digest.as_slice(), vectors["request digest"]);
    assert_eq!(request(&folder).frame(&folder), vectors["request frame"]);
    assert_eq!(Header::new(folder.domain, STATUS_QUERY).frame(b""), vectors["status query frame"]);
}

#[test]
fn the_documented_reply_is_believed_only_as_it_stands() {
    let (vectors, folder) = (vectors(), folder());
    let frame = &vectors["reply frame"];
    let body = &frame[4 + crate::frame::HEADER..];
    let reply = Reply::read(&folder, 2, body).unwrap();
    assert!(reply.is_about(&folder, &request(&folder)));
    assert_eq!((reply.view, reply.answer.seq), (0, 5));
    let Body::Executed(results) = reply.resolution.unwrap().body else { panic!("it was refused") };
    assert_eq!(results, [vectors["put answer"].clone()]);
    assert_eq!(Answer::decode(&results[0]).unwrap(), Answer::Put { revision: 2 });
    assert!(Reply::read(&folder, 1, body).is_err(), "it came through the channel of another replica");
    // The view, which comes first, is a hint and not signed.
    for position in 8..body.len() {
        let mut changed = body.to_vec();
        changed[position] ^= 1;
        assert!(Reply::read(&folder, 2, &changed).is_err(), "byte {position} was changed");
    }
}

#[test]
fn the_documented_status_is_read() {
    let bytes = &vectors()["status"];
    let status = Status::decode(bytes).unwrap();
    assert_eq!((status.state.as_str(), status.view, status.executed, status.checkpoint), ("normal", 1, 2, 3));
    assert_eq!((status.digest, status.pending, status.accused), ([4; 32], 5, vec![1]));
    assert_eq!((status.cpu, status.resident, status.uptime), (None, Some(6), 7));
    assert_eq!((status.syncs, status.work, status.queues), ([8, 9, 10], [11, 12, 13], [14, 15, 16, 17]));
    assert_eq!((status.rejected, status.connections, status.peers), (18, 19, vec![(3, true, false)]));
    assert!(Status::decode(&bytes[..bytes.len() - 1]).is_err(), "it ends early");
    assert!(Status::decode(&[&bytes[..], &[0]].concat()).is_err(), "a byte follows");
}

#[test]
fn a_changed_descriptor_is_refused() {
    let text = block("toml");
    for (good, bad) in
        [("faults = 1", "faults = 0"), ("faults = 1", "faults = 2"), ("epoch = 0", "epoch = 0\nmore = 1")]
    {
        assert!(text.contains(good));
        assert!(Folder::new(&text.replace(good, bad), [2; 32], [3; 32]).is_err(), "{bad}");
    }
    assert!(Folder::new(text, [9; 32], [3; 32]).is_err(), "a client that is not registered");
    assert!(Folder::new(text, [2; 32], [9; 32]).is_err(), "a transport key that is not the client's");
}

#[test]
fn only_development_clusters_are_attacked() {
    let text = block("toml");
    assert!(text.contains("dev = true"));
    let [development, production] =
        [text, &text.replace("dev = true", "dev = false")].map(|text| toml::from_str::<Descriptor>(text).unwrap());
    development.check_that_it_may_be_attacked().unwrap();
    assert!(production.check_that_it_may_be_attacked().is_err());
}

#[test]
fn every_attack_says_what_an_honest_client_must_keep() {
    for attack in Attack::value_variants() {
        let (rate, why) = attack.rate_kept();
        assert!((0.5..1.0).contains(&rate) && !why.is_empty(), "{attack:?}");
        let is_work = matches!(attack, Attack::Flood | Attack::BackupsOnly | Attack::TwoBodies | Attack::ZeroWindow);
        assert_eq!(rate < 0.9, is_work, "{attack:?} has no right to more than the others");
    }
}
