//! The page that monitoring reads.

use super::*;
use synod_kernel::{ClientId, Digest, ReplicaId, Seq, View};

#[test]
fn every_counter_has_its_line() {
    let metrics = Metrics::default();
    let peer = Address::Replica(ReplicaId::new(3));
    metrics.peer(peer).frames_received.inc();
    metrics.refuse(Address::Client(ClientId::new([1; 32])), "malformed");
    metrics.refuse_handshake("unknown-key");
    metrics.rule("AcceptPrePrepare".to_owned()).inc();
    metrics.show(&Status {
        state: "normal".to_owned(),
        view: View::new(u64::MAX),
        executed: Seq::new(7),
        checkpoint: Seq::new(4),
        digest: Digest::ZERO,
        pending: 2,
        accused: vec![ReplicaId::new(1)],
    });
    let page = metrics.render();
    for line in [
        "synod_frames_received_total{peer=\"replica-3\"} 1",
        "synod_frames_refused_total{peer=\"clients\",reason=\"malformed\"} 1",
        "synod_handshakes_refused_total{reason=\"unknown-key\"} 1",
        "synod_rules_applied_total{rule=\"AcceptPrePrepare\"} 1",
        "synod_view 9223372036854775807",
        "synod_executed 7",
        "synod_checkpoint 4",
        "synod_accused 1",
        "# HELP synod_log_syncs Times the log was made durable.",
    ] {
        assert!(page.lines().any(|found| found == line), "{line} is not in\n{page}");
    }
}

#[test]
fn two_replicas_in_one_process_count_apart() {
    let (one, other) = (Metrics::default(), Metrics::default());
    one.replies.inc();
    assert_eq!(other.replies.get(), 0);
}
