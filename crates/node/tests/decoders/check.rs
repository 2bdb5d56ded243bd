//! What must hold of any input to the readers of files in this crate.

use crate::verdict::Verdict;
use std::sync::LazyLock;
use synod_kernel::Signature;
use synod_kernel::descriptor::{ClientEntry, Descriptor, OperatorEntry, Parameters, ReplicaEntry};
use synod_kernel::ed25519::SecretKey;
use synod_node::files::{DescriptorFile, OperatorSignature, SecretSeed, read_key, write_key};
use tempfile::TempDir;

/// A secret that everybody knows.
fn seed(number: u8) -> SecretSeed {
    SecretSeed::new([number; 32])
}

/// The only descriptor that its operator signed.
pub(crate) static SIGNED: LazyLock<DescriptorFile> = LazyLock::new(|| {
    let public = |number| SecretKey::from_seed(&seed(number)).public().to_bytes();
    let replica = |number: u8| ReplicaEntry {
        operator: 0,
        voting_key: public(10 + number),
        transport_key: public(20 + number),
        address: format!("127.0.0.1:700{number}"),
        admin: format!("127.0.0.1:710{number}"),
    };
    let descriptor = Descriptor {
        dev: true,
        epoch: 0,
        faults: 1,
        parameters: Parameters::default(),
        operators: vec![OperatorEntry { name: "ours".to_owned(), key: public(1) }],
        replicas: (0..4).map(replica).collect(),
        clients: vec![ClientEntry { name: "dev".to_owned(), key: public(30), transport_key: public(31) }],
    };
    let signature: Signature = descriptor.sign(&SecretKey::from_seed(&seed(1)));
    DescriptorFile { descriptor, signatures: vec![OperatorSignature { operator: 0, signature }] }
});

/// A descriptor's text. What is read is written and read again; what verifies is what was signed.
pub(crate) fn descriptor(input: &[u8]) -> Verdict {
    let Some(file) = str::from_utf8(input).ok().and_then(|text| DescriptorFile::parse(text).ok()) else {
        return Verdict::Malformed;
    };
    let text = file.render().expect("numbers that TOML said, it can say");
    assert_eq!(DescriptorFile::parse(&text).ok().as_ref(), Some(&file), "what is written is read");
    match file.verify() {
        Ok(cluster) => {
            assert_eq!(*cluster.descriptor(), SIGNED.descriptor, "nobody signed this");
            Verdict::Valid
        }
        Err(_) => Verdict::Forged,
    }
}

/// A key file that its owner alone can read. What is read is written and read again.
pub(crate) fn key(input: &[u8]) -> Verdict {
    let folder = TempDir::new().expect("a temporary folder");
    let (given, written) = (folder.path().join("given"), folder.path().join("written"));
    std::fs::write(&given, input).expect("a temporary file");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&given, mode).expect("a file of our own");
    let Ok(seed) = read_key(&given) else { return Verdict::Malformed };
    write_key(&written, "key", &seed).expect("a new file");
    assert!(read_key(&written).is_ok_and(|again| again == seed), "what is written is read");
    Verdict::Valid
}
