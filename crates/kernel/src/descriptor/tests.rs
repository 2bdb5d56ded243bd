//! A descriptor is good as a whole or not at all.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::ReplicaId;
use crate::fixture::{descriptor, operator_signatures, secret};
use crate::membership::MAX_REPLICAS;
use crate::signature::Author;

type Change = Box<dyn Fn(&mut Descriptor)>;
type ParameterChange<'a> = &'a dyn Fn(&mut Parameters);

fn public(number: u8) -> [u8; 32] {
    secret(number).public().to_bytes()
}

/// The verdict on a changed descriptor that both operators signed as it is.
fn signed_after(change: impl Fn(&mut Descriptor)) -> Result<Cluster, DescriptorError> {
    let mut changed = descriptor();
    change(&mut changed);
    let signatures = operator_signatures(&changed);
    changed.verify(&signatures)
}

/// Every single field, changed to another legal value.
fn legal_changes() -> Vec<Change> {
    let mut changes: Vec<Change> = vec![
        Box::new(|d| d.dev = true),
        Box::new(|d| d.epoch = 1),
        Box::new(|d| d.faults = 0),
        Box::new(|d| d.parameters.checkpoint_interval -= 1),
        Box::new(|d| d.parameters.window += 1),
        Box::new(|d| d.parameters.pipeline += 1),
        Box::new(|d| d.parameters.batch_bytes += 1),
        Box::new(|d| d.parameters.view_timeout_ms += 1),
        Box::new(|d| d.parameters.status_interval_ms += 1),
        Box::new(|d| d.replicas.swap(0, 1)),
        Box::new(|d| d.clients.swap(0, 1)),
        Box::new(|d| drop(d.clients.pop())),
        Box::new(|d| d.clients.clear()),
        Box::new(|d| {
            d.replicas.push(ReplicaEntry { voting_key: public(90), transport_key: public(91), ..d.replicas[0].clone() })
        }),
    ];
    for at in 0..2 {
        changes.push(Box::new(move |d| d.operators[at].name.push('x')));
        changes.push(Box::new(move |d| d.clients[at].name.push('x')));
        changes.push(Box::new(move |d| d.clients[at].key = public(90)));
        changes.push(Box::new(move |d| d.clients[at].transport_key = public(90)));
    }
    for at in 0..4 {
        changes.push(Box::new(move |d| d.replicas[at].operator ^= 1));
        changes.push(Box::new(move |d| d.replicas[at].voting_key = public(90)));
        changes.push(Box::new(move |d| d.replicas[at].transport_key = public(90)));
        changes.push(Box::new(move |d| d.replicas[at].address.push('1')));
        changes.push(Box::new(move |d| d.replicas[at].admin.push('1')));
        // A byte that moves from one string to its neighbour is a change as well.
        changes.push(Box::new(move |d| {
            let moved = d.replicas[at].address.pop().unwrap();
            d.replicas[at].admin.insert(0, moved);
        }));
    }
    changes
}

#[test]
fn a_good_descriptor_is_a_cluster() {
    let written = descriptor();
    let cluster = written.clone().verify(&operator_signatures(&written)).unwrap();
    assert_eq!(cluster.descriptor(), &written);
    assert_eq!(cluster.scope().domain, Domain { cluster: written.digest(), epoch: Epoch::new(0) });
    assert_eq!((cluster.scope().membership.size(), cluster.scope().membership.strong()), (4, 3));
    let key = cluster.verifier().key(Author::Replica(ReplicaId::new(2))).unwrap();
    assert_eq!(key.to_bytes(), written.replicas[2].voting_key);
    assert!(cluster.verifier().key(Author::Client(crate::ClientId::new(written.clients[1].key))).is_some());
    let transport = crate::ClientId::new(written.clients[1].transport_key);
    assert!(cluster.verifier().key(Author::Client(transport)).is_none(), "a transport key signs no requests");
}

#[test]
fn every_change_after_signing_is_noticed() {
    let (original, signatures) = (descriptor(), operator_signatures(&descriptor()));
    for (position, change) in legal_changes().iter().enumerate() {
        let mut changed = original.clone();
        change(&mut changed);
        assert_ne!(changed.digest(), original.digest(), "change {position}");
        let who = changed.operators[0].name.clone();
        let verdict = changed.verify(&signatures).map(drop);
        assert_eq!(verdict, Err(DescriptorError::BadSignature(who)), "change {position}");
        assert!(signed_after(change).is_ok(), "change {position} is legal if it is signed");
    }
}

#[test]
fn another_operator_key_needs_that_operators_signature() {
    let mut changed = descriptor();
    changed.operators[1].key = public(90);
    let verdict = changed.clone().verify(&operator_signatures(&changed)).map(drop);
    assert_eq!(verdict, Err(DescriptorError::BadSignature("operator-2".into())));
}

#[test]
fn every_operator_signs_in_its_place() {
    let written = descriptor();
    let both = operator_signatures(&written);
    let verify = |signatures: &[Option<Signature>]| written.clone().verify(signatures).map(drop);
    let missing = |who: &str| Err(DescriptorError::MissingSignature(who.into()));
    assert_eq!(verify(&[]), missing("operator-1"));
    assert_eq!(verify(&[None, both[1]]), missing("operator-1"));
    assert_eq!(verify(&both[..1]), missing("operator-2"));
    assert_eq!(verify(&[both[0], None]), missing("operator-2"));
    assert_eq!(verify(&[both[1], both[0]]), Err(DescriptorError::BadSignature("operator-1".into())));
    assert_eq!(verify(&[both[0], both[0]]), Err(DescriptorError::BadSignature("operator-2".into())));
}

/// Where keys are, in the order they are read.
fn key_slots(descriptor: &mut Descriptor) -> Vec<&mut [u8; 32]> {
    let Descriptor { operators, replicas, clients, .. } = descriptor;
    let operators = operators.iter_mut().map(|entry| &mut entry.key);
    let replicas = replicas.iter_mut().flat_map(|entry| [&mut entry.voting_key, &mut entry.transport_key]);
    let clients = clients.iter_mut().flat_map(|entry| [&mut entry.key, &mut entry.transport_key]);
    operators.chain(replicas).chain(clients).collect()
}

#[test]
fn no_two_roles_or_owners_share_a_key() {
    let slots = key_slots(&mut descriptor()).len();
    assert_eq!(slots, 2 + 8 + 4);
    for one in 0..slots {
        for other in one + 1..slots {
            let shared = signed_after(|changed| {
                let key = *key_slots(changed)[one];
                *key_slots(changed)[other] = key;
            });
            assert!(matches!(shared.map(drop), Err(DescriptorError::SharedKey(..))), "keys {one} and {other}");
        }
    }
}

#[test]
fn unusable_keys_are_refused_wherever_they_stand() {
    let mut not_a_point = [0; 32];
    not_a_point[0] = 2;
    let mut not_canonical = [0xff; 32];
    (not_canonical[0], not_canonical[31]) = (0xed, 0x7f);
    let bad = [(not_a_point, BadKey::NotAPoint), (not_canonical, BadKey::NotCanonical), ([0; 32], BadKey::SmallOrder)];
    for slot in 0..key_slots(&mut descriptor()).len() {
        for (bytes, expected) in bad {
            let verdict = signed_after(|changed| *key_slots(changed)[slot] = bytes).map(drop);
            let Err(DescriptorError::BadKey(whose, error)) = verdict else { panic!("key {slot}: {verdict:?}") };
            assert_eq!(error, expected, "{whose}");
        }
    }
    let whose = signed_after(|changed| changed.replicas[2].transport_key = [0; 32]).map(drop).unwrap_err();
    assert_eq!(whose, DescriptorError::BadKey("transport key of replica 2".into(), BadKey::SmallOrder));
}

#[test]
fn replicas_have_operators_and_are_enough() {
    let stray = signed_after(|changed| changed.replicas[3].operator = 2).map(drop);
    assert_eq!(stray, Err(DescriptorError::NoSuchOperator { replica: 3, operator: 2 }));
    let too_few = MembershipError::TooFewReplicas { replicas: 3, minimum: 4 };
    let three = signed_after(|changed| changed.replicas.truncate(3)).map(drop);
    assert_eq!(three, Err(DescriptorError::Membership(too_few)));
    let two_liars = signed_after(|changed| changed.faults = 2).map(drop);
    let too_few = MembershipError::TooFewReplicas { replicas: 4, minimum: 7 };
    assert_eq!(two_liars, Err(DescriptorError::Membership(too_few)));
    assert!(signed_after(|changed| changed.operators.clear()).is_err(), "nobody signs for it");
    assert!(signed_after(|changed| changed.replicas.clear()).is_err());
}

#[test]
fn there_is_an_end_to_entries() {
    let crowd = signed_after(|changed| changed.clients = vec![changed.clients[0].clone(); MAX_ENTRIES + 1]).map(drop);
    assert_eq!(crowd, Err(DescriptorError::TooManyEntries));
    let crowd = signed_after(|changed| changed.replicas = vec![changed.replicas[0].clone(); 101]).map(drop);
    assert_eq!(crowd, Err(DescriptorError::Membership(MembershipError::TooManyReplicas { replicas: 101 })));
}

#[test]
fn parameters_stay_in_their_ranges() {
    let with = |change: ParameterChange<'_>| signed_after(|changed| change(&mut changed.parameters)).map(drop);
    let refused: [(&str, ParameterChange<'_>); 14] = [
        ("checkpoint_interval must", &|p| p.checkpoint_interval = 0),
        ("window must be at least twice", &|p| p.window = 255),
        ("window must be at least twice", &|p| p.checkpoint_interval = 129),
        ("window must be at least twice", &|p| p.checkpoint_interval = 1 << 63),
        ("window must be at least twice", &|p| p.checkpoint_interval = u64::MAX),
        ("window must be at most", &|p| p.window = 4097),
        ("pipeline must", &|p| p.pipeline = 0),
        ("pipeline must", &|p| p.pipeline = 257),
        ("batch_bytes must be at least", &|p| p.batch_bytes = 2047),
        ("batch_bytes must be at most", &|p| p.batch_bytes = (16 << 20) + 1),
        ("view_timeout_ms must", &|p| p.view_timeout_ms = 9),
        ("view_timeout_ms must", &|p| p.view_timeout_ms = 600_001),
        ("status_interval_ms must", &|p| p.status_interval_ms = 4),
        ("status_interval_ms must", &|p| p.status_interval_ms = 60_001),
    ];
    for (expected, change) in refused {
        let Err(DescriptorError::Parameter(why)) = with(change) else { panic!("{expected}: accepted") };
        assert!(why.starts_with(expected), "{why}, and not {expected}");
    }
    let smallest = |p: &mut Parameters| {
        *p = Parameters {
            checkpoint_interval: 1,
            window: 2,
            pipeline: 1,
            batch_bytes: 2048,
            view_timeout_ms: 10,
            status_interval_ms: 5,
        }
    };
    assert_eq!(with(&smallest), Ok(()));
    assert_eq!(with(&|p| (p.window, p.checkpoint_interval, p.pipeline) = (4096, 2048, 4096)), Ok(()));
    assert_eq!(
        with(&|p| (p.batch_bytes, p.view_timeout_ms, p.status_interval_ms) = (16 << 20, 600_000, 60_000)),
        Ok(())
    );
}

#[test]
fn a_window_fits_the_frames_of_its_cluster() {
    let large = |window| {
        let members = Membership::new(100, Faults::Byzantine(33)).unwrap();
        Parameters { window, checkpoint_interval: 1, pipeline: 1, ..Parameters::default() }.check(&members)
    };
    assert_eq!(large(99), Ok(()));
    assert_eq!(large(256), Err(DescriptorError::Parameter("window is too large for this many replicas")));
}

#[test]
fn every_cluster_size_has_suitable_parameters() {
    for size in 1..=MAX_REPLICAS {
        let members = Membership::new(size, Faults::Byzantine((size - 1) / 3)).unwrap();
        let parameters = Parameters::suited_to(&members);
        assert_eq!(parameters.check(&members), Ok(()), "{size} replicas");
        assert!(size > 50 || parameters == Parameters::default(), "{size} replicas");
    }
}

#[test]
fn errors_say_whose_and_what() {
    let shared = signed_after(|changed| changed.clients[0].key = changed.operators[0].key).map(drop).unwrap_err();
    assert_eq!(shared.to_string(), "the key of operator operator-1 and the key of client client-0 are the same key");
}
