//! Replicas have converged when all of them say the same, and have diverged as soon as two contradict each other.

use super::*;
use serde_json::json;

fn status(states: &[(u64, u64, &str)]) -> Value {
    let replica =
        |(sequence, checkpoint, digest)| json!({"sequence": sequence, "checkpoint": checkpoint, "digest": digest});
    json!({ "replicas": states.iter().copied().map(replica).collect::<Vec<_>>() })
}

#[test]
fn equal_states_have_converged() {
    let end = judge(&status(&[(130, 128, "ab"); 4]), 4);
    assert_eq!(end, Some(End::Converged { checkpoint: 128, digest: "ab".to_owned() }));
}

#[test]
fn whoever_is_behind_or_missing_is_waited_for() {
    assert_eq!(judge(&status(&[(130, 128, "ab"), (130, 128, "ab"), (127, 0, "00")]), 3), None);
    assert_eq!(judge(&status(&[(130, 128, "ab"), (129, 128, "ab")]), 2), None);
    assert_eq!(judge(&status(&[(130, 128, "ab"); 3]), 4), None);
    assert_eq!(judge(&status(&[(5, 0, "00"); 4]), 4), None, "no checkpoint, so nothing is compared");
    let mut one_unreachable = status(&[(130, 128, "ab"); 4]);
    one_unreachable["replicas"][2] = json!({"unreachable": "no answer"});
    assert_eq!(judge(&one_unreachable, 4), None);
}

#[test]
fn different_states_at_one_checkpoint_are_never_waited_for() {
    let end = judge(&status(&[(130, 128, "ab"), (130, 128, "cd"), (1, 0, "00"), (1, 0, "00")]), 4);
    assert!(matches!(end, Some(End::Apart(_))));
}
