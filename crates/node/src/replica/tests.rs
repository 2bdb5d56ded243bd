//! Real replicas on real sockets and disks: they serve, remember, refuse to forget, and cut liars off.
#![allow(clippy::unwrap_used)]

mod peers;

use super::*;
use crate::client::{Client, ClientOptions};
use crate::files::ClientFolder;
use crate::fixture::{Running, Site, soon};
use crate::status::NodeStatus;
use bytes::Bytes;
use std::collections::BTreeSet;
use std::fs;
use synod_kernel::ReplicaId;
use synod_protocols::pbft;
use synod_state::client::Outcome;
use tokio::task::JoinSet;

fn start_all(site: &Site) -> Vec<Running> {
    (0..4).map(|position| site.start(position)).collect()
}

fn end_all(running: Vec<Running>) {
    running.into_iter().for_each(|replica| replica.end().unwrap());
}

async fn connect(site: &Site) -> Client {
    let folder = ClientFolder::open(&site.made.client).unwrap();
    soon(Client::connect(&folder, ClientOptions::new(pbft::PROTOCOL))).await
}

/// One operation, and the count it was answered with.
async fn count(client: &Client) -> u64 {
    let outcome = soon(client.call(vec![Bytes::from_static(b"count")])).await.unwrap();
    let Outcome::Committed { results, certificate, .. } = outcome else { panic!("{outcome:?}") };
    assert!(certificate.signers().len() >= 2);
    let [result] = &results[..] else { panic!("one result for one operation") };
    u64::from_le_bytes(result[..].try_into().unwrap())
}

#[tokio::test]
async fn a_cluster_serves_and_remembers() {
    let site = Site::new();
    let mut running = start_all(&site);
    let client = connect(&site).await;
    let mut calls = JoinSet::new();
    for _ in 0..30 {
        let client = client.clone();
        calls.spawn(async move { count(&client).await });
    }
    let counts: BTreeSet<u64> = calls.join_all().await.into_iter().collect();
    assert_eq!(counts, (1..=30).collect(), "every operation happened once");

    // One of four may be gone.
    running.remove(3).end().unwrap();
    assert_eq!(count(&client).await, 31);
    running.push(site.start(3));
    end_all(running);

    // Everybody was gone, and nothing is forgotten.
    let running = start_all(&site);
    let again = connect(&site).await;
    assert_eq!(count(&again).await, 32);
    for position in 0..3 {
        // The client had its answer from any two; this replica's log may be the last to be synced.
        let synced = async {
            loop {
                let status = again.status(ReplicaId::new(position)).await.unwrap();
                if status.usage.syncs.log > 0 {
                    return status;
                }
            }
        };
        let NodeStatus { protocol, usage } = soon(synced).await;
        assert_eq!((protocol.state.as_str(), protocol.accused), ("normal", Vec::new()));
        assert!(usage.cpu_microseconds.is_some_and(|spent| spent > 0) && usage.uptime_microseconds > 0);
        assert!(usage.syncs.log_upkeep > 0 && usage.syncs.checkpoints > 0, "{usage:?}");
        assert_eq!(usage.peers.len(), 3);
        assert!(usage.client_connections >= 1, "this one");
    }
    let unknown = again.status(ReplicaId::new(4)).await.unwrap_err();
    assert_eq!(unknown, crate::client::StatusError::NotAMember(ReplicaId::new(4)));
    end_all(running);
}

#[tokio::test]
async fn the_operator_sees_what_is_missing() {
    let site = Site::new();
    let first = site.start(0);
    let alone = site.wait_for(0, "/readyz", 503).await;
    let alone: serde_json::Value = serde_json::from_str(&alone).unwrap();
    assert_eq!(alone["missing"], serde_json::json!([1, 2, 3]));
    assert_eq!((&alone["ready"], &alone["needed"]), (&false.into(), &3.into()));
    let others: Vec<_> = [1, 2].map(|position| site.start(position)).into();
    let together = site.wait_for(0, "/readyz", 200).await;
    let together: serde_json::Value = serde_json::from_str(&together).unwrap();
    assert_eq!(together["connected"], serde_json::json!([0, 1, 2]));
    assert_eq!(site.get(0, "/healthz").await, (200, "alive\n".to_owned()));
    assert_eq!(site.get(0, "/admin").await.0, 404);
    let posted = site.ask(0, "POST /metrics HTTP/1.1\r\nHost: admin\r\nContent-Length: 0\r\n\r\n").await;
    assert!(posted.starts_with("HTTP/1.1 405"), "{posted}");

    let client = connect(&site).await;
    assert_eq!(count(&client).await, 1);
    // The client had its answer from any two; this replica may be the last to execute.
    site.wait_for_metric(0, "synod_executed 1").await;
    site.wait_for_metric(0, "synod_batches_executed_total 1").await;
    let (_, page) = site.get(0, "/metrics").await;
    for metric in ["requests_total", "log_records_total", "log_syncs_total", "rules_applied_total{rule="] {
        let metric = format!("synod_{metric}");
        let counted = page.lines().any(|line| line.starts_with(&metric) && !line.ends_with(" 0"));
        assert!(counted, "{metric} was not counted in\n{page}");
    }
    drop(client);
    others.into_iter().for_each(|replica| replica.end().unwrap());
    let again = site.wait_for(0, "/readyz", 503).await;
    assert!(again.contains("\"ready\": false"), "{again}");
    first.end().unwrap();
}

#[test]
fn an_identity_that_has_voted_never_starts_without_its_log() {
    let site = Site::new();
    let refused = || {
        let (_handle, shutdown) = shutdown();
        site.run(0, shutdown).unwrap_err()
    };
    site.start(0).end().unwrap();
    site.start(0).end().unwrap();
    let data = site.data(0);
    let kept = data.with_extension("kept");

    fs::rename(&data, &kept).unwrap();
    let error = refused();
    assert!(matches!(&error, RunError::VotesLost { path } if *path == data), "{error}");
    assert_eq!(error.exit_code(), 78);
    assert!(error.to_string().contains("voted before"), "{error}");
    assert!(!data.exists(), "nothing was made");

    fs::create_dir(&data).unwrap();
    assert!(matches!(refused(), RunError::VotesLost { .. }), "an empty folder is no log either");
    fs::remove_dir(&data).unwrap();
    fs::rename(&kept, &data).unwrap();
    site.start(0).end().unwrap();
}

#[test]
fn another_replicas_data_is_refused() {
    let site = Site::new();
    site.start(0).end().unwrap();
    fs::rename(site.data(0), site.data(1)).unwrap();
    let (_handle, shutdown) = shutdown();
    let error = site.run(1, shutdown).unwrap_err();
    assert!(matches!(error, RunError::Log { .. } | RunError::Executor { .. }), "{error}");
    assert!(error.to_string().contains("each replica has its own folder"), "{error}");
    assert_eq!(error.exit_code(), 78);
}

#[tokio::test]
async fn two_processes_cannot_run_on_one_folder() {
    let site = Site::new();
    let first = site.start(0);
    site.wait_for(0, "/healthz", 200).await;
    let (_handle, shutdown) = shutdown();
    let error = site.run(0, shutdown).unwrap_err();
    assert!(matches!(error, RunError::Locked { .. }), "{error}");
    first.end().unwrap();
}

#[test]
fn an_address_that_is_taken_says_so() {
    let site = Site::new();
    let folder = crate::ReplicaFolder::open(site.folder(0)).unwrap();
    let (_handle, shutdown) = shutdown();
    let build = |cluster: &synod_kernel::descriptor::Cluster, _, signer| {
        let parameters = cluster.descriptor().parameters;
        pbft::Replica::new(pbft::Config::new(*cluster.scope(), parameters, signer))
    };
    let options = ReplicaOptions::new(pbft::PROTOCOL);
    let machine = std::sync::Arc::new(crate::fixture::Counter);
    let error = run_replica(&folder, build, machine, options, shutdown).unwrap_err();
    assert!(matches!(&error, RunError::Listen { address, .. } if address == folder.listen_address()), "{error}");
}
