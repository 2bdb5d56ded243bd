//! The gallery as a whole: stories are complete, and names tell attacks apart.

use std::collections::BTreeSet;
use synod_attacks::pbft::{NAME, gallery};
use synod_attacks::{Protocols, generic};
use synod_protocols::pbft::Replica;
use synod_sim::Rule;

#[test]
fn every_attack_tells_a_story_that_is_complete() {
    for attack in gallery() {
        let story = attack.story();
        let is_name = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(!story.name.is_empty() && story.name.chars().all(is_name), "{}", story.name);
        for sentence in [story.tells, story.withstood] {
            assert!(sentence.ends_with('.') && sentence.len() > 20, "{}: {sentence:?}", story.name);
        }
        assert!(!story.sources.is_empty() && !story.rows.is_empty(), "{} comes from nowhere", story.name);
        assert!(story.protocols.includes(NAME), "{} is listed where it cannot be run", story.name);
    }
}

#[test]
fn names_tell_attacks_apart() {
    let names: Vec<&str> = gallery().iter().map(|attack| attack.story().name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

#[test]
fn what_an_attack_breaks_is_what_judges_watch_over() {
    let rules: BTreeSet<String> = Rule::ALL.iter().map(|rule| format!("{rule:?}")).collect();
    for attack in gallery() {
        for rule in attack.story().breaks {
            assert!(rules.contains(*rule), "{} breaks {rule}, which nobody judges", attack.story().name);
        }
    }
}

#[test]
fn what_runs_against_every_protocol_is_listed_as_such() {
    let generic: BTreeSet<&str> = generic::<Replica>().iter().map(|attack| attack.story().name).collect();
    for attack in gallery() {
        let story = attack.story();
        assert_eq!(generic.contains(story.name), story.protocols == Protocols::Every, "{}", story.name);
    }
}
