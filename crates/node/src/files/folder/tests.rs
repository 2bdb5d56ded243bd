//! Folders open when everything in them belongs together, and only then.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::files::{has_voted, mark_as_voted};
use crate::genesis::{self, DevCluster, DevOptions};
use std::fs;
use tempfile::TempDir;

fn made() -> (TempDir, DevCluster) {
    let folder = TempDir::new().unwrap();
    let options = DevOptions::local(4, 1, 7000, 7100).unwrap();
    let cluster = genesis::dev(&folder.path().join("cluster"), &options).unwrap();
    (folder, cluster)
}

fn problem(path: &Path) -> FileProblem {
    let Err(error) = ReplicaFolder::open(path) else { panic!("{} opened", path.display()) };
    error.problem
}

#[test]
fn another_replicas_key_is_refused() {
    let (_folder, made) = made();
    for name in [VOTING_KEY, TRANSPORT_KEY] {
        let own = fs::read(made.replicas[0].join(name)).unwrap();
        fs::copy(made.replicas[1].join(name), made.replicas[0].join(name)).unwrap();
        assert!(matches!(problem(&made.replicas[0]), FileProblem::ForeignKey { .. }));
        fs::remove_file(made.replicas[0].join(name)).unwrap();
        assert!(matches!(problem(&made.replicas[0]), FileProblem::Missing { .. }));
        fs::copy(made.replicas[1].join(name), made.replicas[0].join(name)).unwrap();
        fs::write(made.replicas[0].join(name), own).unwrap();
        assert!(ReplicaFolder::open(&made.replicas[0]).is_ok());
    }
}

#[test]
fn settings_are_checked() {
    let (_folder, made) = made();
    let path = made.replicas[3].join(SETTINGS_FILE);
    fs::write(&path, "position = 4").unwrap();
    assert!(matches!(problem(&made.replicas[3]), FileProblem::NoSuchReplica { position: 4, replicas: 4 }));
    fs::write(&path, "position = 3\nlissen = \"x\"").unwrap();
    assert!(matches!(problem(&made.replicas[3]), FileProblem::Syntax { .. }));
    fs::write(&path, "position = 2").unwrap();
    assert!(matches!(problem(&made.replicas[3]), FileProblem::ForeignKey { .. }));
    fs::write(&path, "position = 3\nlisten = \"0.0.0.0:1\"\nadmin = \"[::1]:2\"").unwrap();
    let folder = ReplicaFolder::open(&made.replicas[3]).unwrap();
    assert_eq!((folder.listen_address(), folder.admin_address()), ("0.0.0.0:1", "[::1]:2"));
    assert_eq!(folder.outgoing_address(), None);
    fs::write(&path, "position = 3\noutgoing = \"10.0.0.1:2\"").unwrap();
    assert!(matches!(problem(&made.replicas[3]), FileProblem::Syntax { .. }), "the system chooses the port");
    fs::write(&path, "position = 3\noutgoing = \"fd00::1\"").unwrap();
    let folder = ReplicaFolder::open(&made.replicas[3]).unwrap();
    assert_eq!(folder.outgoing_address(), "fd00::1".parse().ok());
    fs::remove_file(&path).unwrap();
    assert!(matches!(problem(&made.replicas[3]), FileProblem::Missing { .. }));
}

#[test]
fn a_descriptor_that_does_not_verify_is_refused() {
    let (_folder, made) = made();
    let path = made.replicas[0].join(DESCRIPTOR_FILE);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("window = 256", "window = 300")).unwrap();
    assert!(matches!(problem(&made.replicas[0]), FileProblem::Descriptor(_)));
}

#[test]
fn a_client_needs_its_own_keys() {
    let (_folder, made) = made();
    let folder = ClientFolder::open(&made.client).unwrap();
    assert_eq!(folder.id().as_bytes(), &made.cluster.descriptor().clients[0].key);
    fs::copy(made.replicas[0].join(VOTING_KEY), made.client.join(CLIENT_KEY)).unwrap();
    let Err(error) = ClientFolder::open(&made.client) else { panic!("opened with a replica's key") };
    assert!(matches!(error.problem, FileProblem::ForeignKey { .. }), "{error}");
}

#[test]
fn the_marker_belongs_to_one_identity() {
    let (_folder, made) = made();
    let (here, there) = (&made.replicas[0], &made.replicas[1]);
    let ids = (ReplicaId::new(0), ReplicaId::new(1));
    assert!(!has_voted(here, &made.cluster, ids.0).unwrap());
    mark_as_voted(here, &made.cluster, ids.0).unwrap();
    assert!(has_voted(here, &made.cluster, ids.0).unwrap());
    fs::copy(here.join("voted"), there.join("voted")).unwrap();
    let error = has_voted(there, &made.cluster, ids.1).unwrap_err();
    assert!(matches!(error.problem, FileProblem::ForeignMarker), "{error}");
}
