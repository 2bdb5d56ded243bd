//! Quorum arithmetic, against the theorem rather than against the formula.

use super::*;

#[test]
fn byzantine_quorums_intersect_in_a_correct_replica_and_stay_available() {
    for f in 0..=12_u16 {
        for n in 3 * f + 1..=40 {
            let members = Membership::new(n, Faults::Byzantine(f)).expect("legal");
            let (n, f, strong) = (usize::from(n), usize::from(f), members.strong());
            assert!(2 * strong - n > f, "n={n} f={f}: two strong quorums share f+1 replicas");
            assert!(strong <= n - f, "n={n} f={f}: the correct replicas alone form a strong quorum");
            assert!(2 * (strong - 1) < n + f + 1, "n={n} f={f}: one less would not do");
            assert_eq!(members.weak(), f + 1);
            assert_eq!(strong, (n + f + 2) / 2, "ceil((n+f+1)/2)");
        }
    }
}

#[test]
fn crash_quorums_are_majorities() {
    for f in 0..=12_u16 {
        for n in 2 * f + 1..=40 {
            let members = Membership::new(n, Faults::Crash(f)).expect("legal");
            assert!(2 * members.strong() > usize::from(n));
            assert!(members.strong() <= usize::from(n - f));
        }
    }
}

#[test]
fn five_replicas_and_one_liar_need_four() {
    assert_eq!(Membership::new(5, Faults::Byzantine(1)).expect("legal").strong(), 4);
}

#[test]
fn too_few_and_too_many_are_refused() {
    assert_eq!(
        Membership::new(3, Faults::Byzantine(1)),
        Err(MembershipError::TooFewReplicas { replicas: 3, minimum: 4 })
    );
    assert!(Membership::new(2, Faults::Crash(1)).is_err());
    assert!(Membership::new(0, Faults::Byzantine(0)).is_err());
    assert!(Membership::new(MAX_REPLICAS + 1, Faults::Byzantine(1)).is_err());
    assert!(Membership::new(u16::MAX, Faults::Byzantine(u16::MAX)).is_err(), "no overflow");
}

#[test]
fn the_primary_rotates_through_everyone() {
    let members = Membership::new(4, Faults::Byzantine(1)).expect("legal");
    let primaries: Vec<u16> = (0..6).map(|view| members.primary(View::new(view)).get()).collect();
    assert_eq!(primaries, [0, 1, 2, 3, 0, 1]);
    assert!(members.contains(members.primary(View::new(u64::MAX))));
}
