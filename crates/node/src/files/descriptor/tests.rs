//! The descriptor file: what is written is read, and every kind of damage has its error.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::genesis::{self, DevOptions};
use synod_kernel::ed25519::SecretKey;
use tempfile::TempDir;
use zeroize::Zeroizing;

fn fresh() -> DescriptorFile {
    let folder = TempDir::new().unwrap();
    let options = DevOptions::local(4, 1, 7000, 7100).unwrap();
    let made = genesis::dev(&folder.path().join("cluster"), &options).unwrap();
    DescriptorFile::read(&made.operator.join("descriptor.toml")).unwrap()
}

#[test]
fn what_is_written_is_read() {
    let file = fresh();
    let text = file.render().unwrap();
    assert_eq!(DescriptorFile::parse(&text).unwrap(), file);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("descriptor.toml");
    file.write(&path).unwrap();
    assert_eq!(DescriptorFile::read(&path).unwrap(), file);
    assert_eq!(DescriptorFile::open(&path).unwrap().descriptor(), &file.descriptor);
    assert!(matches!(file.write(&path).unwrap_err().problem, FileProblem::Occupied));
}

#[test]
fn comments_and_layout_are_not_signed() {
    let file = fresh();
    let text = format!("# ours\n\n{}\n\n# the end\n", file.render().unwrap().replace(" = ", "   =   "));
    assert!(DescriptorFile::parse(&text).unwrap().verify().is_ok());
}

#[test]
fn damaged_text_is_refused() {
    let text = fresh().render().unwrap();
    let without = |line: &str| -> String {
        assert!(text.contains(line), "{line}");
        text.lines().filter(|other| !other.starts_with(line)).map(|line| format!("{line}\n")).collect()
    };
    let syntax = [
        format!("{text}surprise = 1\n"),
        text.replacen("dev = true", "dev = true\ncolour = \"red\"", 1),
        text.replacen("[parameters]", "[parameters]\nspeed = 9", 1),
        text.replacen("faults = 1", "faults = -1", 1),
        text.replacen("faults = 1", "faults = 65536", 1),
        text.replacen("faults = 1", "faults = \"one\"", 1),
        text.replacen("dev = true", "dev = true\ndev = true", 1),
        without("dev ="),
        without("epoch ="),
        without("window ="),
        without("admin ="),
        without("voting_key ="),
        text[..text.len() / 2].to_owned(),
        "not toml at all".to_owned(),
    ];
    for text in syntax {
        let problem = DescriptorFile::parse(&text).unwrap_err();
        assert!(matches!(problem, FileProblem::Syntax { .. }), "{problem}\n{text}");
    }
}

#[test]
fn values_of_the_wrong_shape_are_refused_by_name() {
    let file = fresh();
    let text = file.render().unwrap();
    let replica = hex::encode(&file.descriptor.replicas[2].transport_key);
    let client = hex::encode(&file.descriptor.clients[0].key);
    let signature = hex::encode(&file.signatures[0].signature.0);
    let twice = format!("{text}\n[[signature]]\noperator = 0\nsignature = \"{signature}\"\n");
    let nobody = format!("{text}\n[[signature]]\noperator = 1\nsignature = \"{signature}\"\n");
    let cases = [
        (text.replace(&replica, &replica[2..]), "transport_key of replica 2"),
        (text.replace(&client, &client.to_uppercase()), "key of client dev"),
        (text.replace(&signature, "00"), "signature of operator 0"),
        (twice, "signature of operator 0"),
        (nobody, "signature of operator 1"),
    ];
    for (text, expected) in cases {
        let problem = DescriptorFile::parse(&text).unwrap_err();
        assert!(matches!(&problem, FileProblem::Value { place, .. } if place == expected), "{problem}");
    }
}

#[test]
fn every_change_after_signing_is_noticed() {
    let text = fresh().render().unwrap();
    let changes = [
        ("dev = true", "dev = false"),
        ("epoch = 0", "epoch = 1"),
        ("window = 256", "window = 257"),
        ("127.0.0.1:7000", "127.0.0.1:6000"),
        ("127.0.0.1:7101", "127.0.0.1:6101"),
        ("name = \"dev\"", "name = \"eve\""),
    ];
    for (before, after) in changes {
        let changed = text.replacen(before, after, 1);
        assert_ne!(changed, text, "{before}");
        let error = DescriptorFile::parse(&changed).unwrap().verify().unwrap_err();
        assert!(matches!(error, DescriptorError::BadSignature(_)), "{before}: {error}");
    }
}

#[test]
fn what_does_not_make_a_cluster_is_refused() {
    let file = fresh();
    let unsigned = DescriptorFile { signatures: Vec::new(), ..file.clone() };
    assert!(matches!(unsigned.verify().unwrap_err(), DescriptorError::MissingSignature(_)));

    let mut foreign = file.clone();
    let stranger = SecretKey::from_seed(&Zeroizing::new([9; 32]));
    foreign.signatures[0].signature = foreign.descriptor.sign(&stranger);
    assert!(matches!(foreign.verify().unwrap_err(), DescriptorError::BadSignature(_)));

    let mut shared = file.clone();
    shared.descriptor.replicas[1].transport_key = shared.descriptor.replicas[0].voting_key;
    assert!(matches!(shared.verify().unwrap_err(), DescriptorError::SharedKey(..)));

    let mut weak = file.clone();
    weak.descriptor.faults = 2;
    assert!(matches!(weak.verify().unwrap_err(), DescriptorError::Membership(_)));

    let mut lost = file;
    lost.descriptor.replicas[3].operator = 1;
    assert!(matches!(lost.verify().unwrap_err(), DescriptorError::NoSuchOperator { .. }));
}

#[test]
fn a_file_that_is_no_text_or_too_large_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("descriptor.toml");
    let missing = DescriptorFile::read(&path).unwrap_err();
    assert!(matches!(missing.problem, FileProblem::Missing { .. }));
    std::fs::write(&path, [0xC0; 100]).unwrap();
    assert!(matches!(DescriptorFile::read(&path).unwrap_err().problem, FileProblem::Syntax { .. }));
    std::fs::File::create(&path).unwrap().set_len(MAX_BYTES + 1).unwrap();
    let large = DescriptorFile::read(&path).unwrap_err();
    assert!(matches!(large.problem, FileProblem::TooLarge { .. }));
    assert!(large.to_string().contains("descriptor.toml"), "{large}");
}
