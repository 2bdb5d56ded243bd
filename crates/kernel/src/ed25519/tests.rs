//! Ed25519 at the edges: published vectors, keys that prove nothing, encodings that are not canonical.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::fixture::secret;
use curve25519_dalek::constants::EIGHT_TORSION;

fn hex<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    assert_eq!(text.len(), 2 * N);
    for (position, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * position..2 * position + 2], 16).unwrap();
    }
    bytes
}

/// RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature.
const VECTORS: [(&str, &str, &[u8], &str); 3] = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        b"",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
         d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        &[0x72],
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c\
         387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        &[0xaf, 0x82],
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659\
         4a7c15e9716ed28dc027beceea1ec40a",
    ),
];

#[test]
fn published_seeds_give_published_keys_and_signatures() {
    for (seed, public, message, signature) in VECTORS {
        let key = SecretKey::from_seed(&Zeroizing::new(hex(seed)));
        assert_eq!(key.public().to_bytes(), hex(public));
        assert_eq!(<[u8; 64]>::from(key.0.sign(message)), hex(signature));
        let parsed = PublicKey::parse(hex(public)).unwrap();
        assert!(parsed.inner().verify(&ed25519_zebra::Signature::from(hex::<64>(signature)), message).is_ok());
    }
}

#[test]
fn secrets_do_not_show() {
    let (key, seed) = (secret(1), hex::<32>(&"01".repeat(32)));
    assert_eq!(key.public(), SecretKey::from_seed(&Zeroizing::new(seed)).public());
    assert_eq!(format!("{key:?}"), format!("SecretKey(of {:?})", key.public()));
}

#[test]
fn small_order_keys_are_refused_because_anyone_signs_for_them() {
    for point in EIGHT_TORSION {
        let bytes = point.compress().0;
        assert_eq!(PublicKey::parse(bytes), Err(BadKey::SmallOrder));
        // R of small order and s = 0 "sign" every message at once under the rules of ZIP-215.
        let careless = PublicKey(VerificationKey::try_from(bytes).unwrap());
        for forged_point in EIGHT_TORSION {
            let mut forged = [0; 64];
            forged[..32].copy_from_slice(&forged_point.compress().0);
            assert!(careless.verifies(&Digest::of("test", b"anything"), &Signature(forged)));
        }
    }
}

#[test]
fn keys_have_one_encoding() {
    let mut points = 0;
    // p = 2^255 - 19 in little-endian; p + y for y below 19 encodes y a second time. The sign bit may be set too.
    for low in 0xed..=0xff_u8 {
        for sign in [0x7f, 0xff] {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, sign);
            let error = PublicKey::parse(bytes).unwrap_err();
            assert!(matches!(error, BadKey::NotCanonical | BadKey::NotAPoint), "{low:x} {sign:x}: {error:?}");
            points += usize::from(error == BadKey::NotCanonical);
        }
    }
    assert!(points > 6, "{points} of them are points, and not all of small order");
    let minus_zero = [("01", "00", "80"), ("ec", "ff", "ff")];
    for (first, middle, last) in minus_zero {
        let bytes = hex(&[first, &middle.repeat(30), last].concat());
        assert_eq!(PublicKey::parse(bytes), Err(BadKey::NotCanonical), "x = 0 has no negative");
    }
}

#[test]
fn what_is_no_point_is_no_key() {
    let parsed = |low: u8| {
        let mut bytes = [0; 32];
        bytes[0] = low;
        PublicKey::parse(bytes)
    };
    let not_points = (0..=u8::MAX).filter(|&low| parsed(low) == Err(BadKey::NotAPoint)).count();
    assert!((64..192).contains(&not_points), "about half of all encodings: {not_points}");
    assert_eq!(parsed(2), Err(BadKey::NotAPoint));
}

#[test]
fn honest_keys_parse_to_themselves() {
    for number in 0..64 {
        let public = secret(number).public();
        assert_eq!(PublicKey::parse(public.to_bytes()), Ok(public));
    }
}

#[test]
fn a_signature_cannot_be_given_another_scalar() {
    let (key, digest) = (secret(1), Digest::of("test", b"once"));
    let good = key.sign(&digest);
    assert!(key.public().verifies(&digest, &good));
    // s + l is the same scalar, not reduced.
    let order: [u8; 32] = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let (mut stretched, mut carry) = (good, 0_u16);
    for (byte, add) in stretched.0[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert_eq!(carry, 0);
    assert!(!key.public().verifies(&digest, &stretched));
}

#[test]
fn the_verifier_knows_replicas_by_position_and_clients_by_key() {
    let (replicas, client) = ([10, 11].map(|number| secret(number).public()), secret(30).public());
    let verifier = Ed25519Verifier::new(replicas.into(), [client]);
    let replica = |position| verifier.key(Author::Replica(crate::ReplicaId::new(position))).copied();
    assert_eq!([replica(0), replica(1), replica(2)], [Some(replicas[0]), Some(replicas[1]), None]);
    let signer = Ed25519Signer::client(secret(30));
    assert_eq!(verifier.key(signer.author()), Some(&client));
    assert_eq!(verifier.key(Author::Client(ClientId::new(replicas[0].to_bytes()))), None, "a replica is no client");
}
