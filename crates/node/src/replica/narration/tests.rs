//! Stories are timed, bounded, and harmless to a terminal.
#![allow(clippy::unwrap_used)]

use super::*;

fn note(chapter: Chapter, sentence: &str) -> Note {
    Note { topic: "view change", chapter, sentence: sentence.to_owned() }
}

fn line(narration: &mut Narration, chapter: Chapter, sentence: &str, now: Instant) -> String {
    narration.take(&note(chapter, sentence), now).line.unwrap()
}

#[test]
fn a_story_is_timed_from_its_beginning_to_its_end() {
    let (mut narration, start) = (Narration::default(), Instant::now());
    let after = |millis| start + Duration::from_millis(millis);
    assert_eq!(line(&mut narration, Chapter::GoesOn, "early", start), "view change: early");
    assert_eq!(line(&mut narration, Chapter::Begins, "leaving", start), "view change: leaving");
    assert_eq!(line(&mut narration, Chapter::GoesOn, "on", after(12)), "view change after 0.012 s: on");
    assert_eq!(line(&mut narration, Chapter::Ends, "over", after(1500)), "view change after 1.500 s: over");
    assert_eq!(line(&mut narration, Chapter::GoesOn, "later", after(2000)), "view change: later");
}

#[test]
fn a_story_that_begins_again_is_timed_anew() {
    let (mut narration, start) = (Narration::default(), Instant::now());
    line(&mut narration, Chapter::Begins, "one", start);
    let again = start + Duration::from_secs(3);
    line(&mut narration, Chapter::Begins, "two", again);
    assert_eq!(line(&mut narration, Chapter::Ends, "over", again), "view change after 0.000 s: over");
}

#[test]
fn a_flood_is_cut_off_and_counted() {
    let (mut narration, start) = (Narration::default(), Instant::now());
    let mut take = |now| narration.take(&note(Chapter::GoesOn, "again"), now);
    let told = (0..NOTES_MAX + 7).filter(|_| take(start).line.is_some()).count();
    assert_eq!(told, NOTES_MAX as usize);
    let later = take(start + WHILE);
    assert_eq!((later.left_out, later.line.is_some()), (Some(7), true));
    assert_eq!(take(start + WHILE).left_out, None, "said once");
}

#[test]
fn nothing_in_a_line_acts_on_a_terminal() {
    let mut narration = Narration::default();
    assert_eq!(line(&mut narration, Chapter::GoesOn, "a\u{1b}[2J\nb", Instant::now()), "view change: a?[2J?b");
}
