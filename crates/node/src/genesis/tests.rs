//! A development cluster is complete, and is made once.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::files::{ClientFolder, FileProblem, ReplicaFolder, read_key};
use std::collections::BTreeSet;
use std::fs;
use tempfile::TempDir;

#[test]
fn every_folder_opens() {
    let folder = TempDir::new().unwrap();
    let options = DevOptions::local(5, 1, 7000, 7100).unwrap();
    let made = dev(&folder.path().join("cluster"), &options).unwrap();
    assert!(made.cluster.descriptor().dev);
    let name = made.cluster.scope().domain.cluster;
    assert_eq!(made.replicas.len(), 5);
    for (position, path) in made.replicas.iter().enumerate() {
        let replica = ReplicaFolder::open(path).unwrap();
        assert_eq!(replica.id().index(), position);
        assert_eq!(replica.cluster().scope().domain.cluster, name);
        assert_eq!(replica.listen_address(), format!("127.0.0.1:{}", 7000 + position));
        assert_eq!(replica.admin_address(), format!("127.0.0.1:{}", 7100 + position));
        assert!(!replica.data().exists(), "data is made at the first start");
    }
    assert_eq!(ClientFolder::open(&made.client).unwrap().cluster().scope().domain.cluster, name);
    let operator = read_key(&made.operator.join("operator.key")).unwrap();
    let key = SecretKey::from_seed(&operator).public().to_bytes();
    assert_eq!(made.cluster.descriptor().operators[0].key, key);
}

#[test]
fn nothing_is_overwritten() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cluster");
    let options = DevOptions::local(4, 1, 7000, 7100).unwrap();
    fs::create_dir(&path).unwrap();
    dev(&path, &options).expect("an empty folder will do");
    let before = fs::read(path.join("replica-0/voting.key")).unwrap();
    let error = dev(&path, &options).unwrap_err();
    let occupied = matches!(&error, GenesisError::File(error) if matches!(error.problem, FileProblem::Occupied));
    assert!(occupied, "{error}");
    assert_eq!(fs::read(path.join("replica-0/voting.key")).unwrap(), before);
}

#[test]
fn keys_are_random() {
    let seeds: BTreeSet<[u8; 32]> = (0..32).map(|_| *new_seed().unwrap()).collect();
    assert_eq!(seeds.len(), 32);
}

#[test]
fn options_that_make_no_cluster_leave_no_folder() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cluster");
    let refused = DevOptions::local(3, 1, 7000, 7100).unwrap_err();
    assert!(matches!(refused, GenesisError::Options(DescriptorError::Membership(_))), "{refused}");
    let options = DevOptions { faults: 2, ..DevOptions::local(4, 1, 7000, 7100).unwrap() };
    assert!(matches!(dev(&path, &options).unwrap_err(), GenesisError::Options(DescriptorError::Membership(_))));
    assert!(!path.exists());
    assert!(matches!(DevOptions::local(4, 1, 65_533, 7000), Err(GenesisError::Ports { .. })));
    assert!(matches!(DevOptions::local(4, 1, 7000, 7003), Err(GenesisError::SamePorts { .. })));
}

#[test]
fn as_many_clients_as_are_wanted_have_keys_and_folders_of_their_own() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("cluster");
    let options = DevOptions { clients: 3, ..DevOptions::local(4, 1, 7000, 7100).unwrap() };
    let made = dev(&folder, &options).unwrap();
    assert_eq!(made.clients, ["client", "client-2", "client-3"].map(|name| folder.join(name)));
    assert_eq!(made.clients[0], made.client);
    let registered = &made.cluster.descriptor().clients;
    for (path, entry) in made.clients.iter().zip(registered) {
        assert_eq!(ClientFolder::open(path).unwrap().id().as_bytes(), &entry.key);
    }
    let names: Vec<_> = registered.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["dev", "dev-2", "dev-3"]);
}
