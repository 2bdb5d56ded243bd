//! Liars may be accused, others not.
#![allow(clippy::unwrap_used)]

use super::accuses;
use crate::judge::Rule;
use crate::judge::fixture::replica;

#[test]
fn liars_are_accused_rightly() {
    assert_eq!(accuses(replica(0), &[], |_| true), Ok(()));
    assert_eq!(accuses(replica(0), &[replica(2)], |id| id != replica(2)), Ok(()));
}

#[test]
fn an_accusation_of_somebody_honest_is_condemned() {
    let violation = accuses(replica(0), &[replica(2), replica(3)], |id| id != replica(2)).unwrap_err();
    assert_eq!(violation.rule, Rule::SoundEvidence);
    assert!(violation.sentence.contains("accuses replica 3"), "{violation}");
}
