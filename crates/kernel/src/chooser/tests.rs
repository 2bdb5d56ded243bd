//! A seed is a sequence of decisions: the same everywhere, and fair enough to explore with.
#![allow(clippy::unwrap_used)]

use super::*;

fn decisions(seed: u64, options: usize, count: usize) -> Vec<usize> {
    let mut chooser = Seeded::new(seed);
    (0..count).map(|_| chooser.choose("any", options)).collect()
}

#[test]
fn one_seed_one_sequence() {
    assert_eq!(decisions(7, 1_000, 50), decisions(7, 1_000, 50));
    assert_ne!(decisions(7, 1_000, 50), decisions(8, 1_000, 50));
    // Published outputs of SplitMix64 from state 1234567: recorded traces stay readable on every machine.
    let mut generator = Seeded::new(1_234_567);
    let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
    assert_eq!([generator.next(), generator.next(), generator.next()], expected);
}

#[test]
fn a_copy_decides_alike_and_the_question_does_not_matter() {
    let mut one = Seeded::new(3);
    one.choose("first", 10);
    let mut other = one.clone();
    assert_eq!(one.choose("this", 1 << 40), other.choose("that", 1 << 40));
    assert_eq!(one, other);
}

#[test]
fn decisions_are_below_their_options_and_uniform_enough() {
    for options in [1, 2, 3, 7, 10, 64] {
        let mut counts = vec![0_usize; options];
        for seed in 0..20 {
            decisions(seed, options, 1_000).into_iter().for_each(|choice| counts[choice] += 1);
        }
        let fair = 20_000 / options;
        assert!(counts.iter().all(|&count| count.abs_diff(fair) <= fair / 4 + 1), "{options}: {counts:?}");
    }
    assert!(decisions(1, usize::MAX, 100).iter().any(|&choice| choice > usize::MAX / 2));
}

#[test]
#[should_panic(expected = "a choice among nothing")]
fn there_is_always_an_option() {
    Seeded::new(1).choose("nothing", 0);
}

/// Asks about the weather three times, and then about something else.
fn asks(chooser: &mut dyn Chooser) -> [usize; 4] {
    let weather = [(); 3].map(|()| chooser.choose("weather", 100));
    [weather[0], weather[1], weather[2], chooser.choose("mood", 5)]
}

#[test]
fn what_was_recorded_is_answered_again() {
    let mut recording = Recording::new(Seeded::new(11));
    let answers = asks(&mut recording);
    assert!(recording.is_whole());
    let (_, choices) = recording.into_parts();
    for fit in [Fit::Exact, Fit::Near] {
        let mut replaying = Replaying::new(&choices, fit);
        assert_eq!(asks(&mut replaying), answers);
        assert_eq!(replaying.passed(), choices.len());
        assert_eq!(replaying.divergence(), None);
        assert_eq!(asks(&mut replaying), [0; 4], "after its end");
    }
}

#[test]
fn zeros_at_the_end_need_not_be_kept() {
    let mut recording = Recording::new(Replaying::new(&[], Fit::Exact));
    assert_eq!(asks(&mut recording), [0; 4]);
    assert_eq!(recording.into_parts().1, []);
}

#[test]
fn an_exact_record_notices_another_question_and_another_number_of_options() {
    let choice = |question: &'static str, options, answer| Choice { question: Label::Own(question), options, answer };
    for (first, options) in [("mood", 100), ("weather", 7)] {
        let choices = [choice(first, options, 3), choice("weather", 100, 4)];
        let mut replaying = Replaying::new(&choices, Fit::Exact);
        assert_eq!(asks(&mut replaying), [0; 4]);
        let divergence = replaying.divergence().unwrap();
        assert_eq!((divergence.at, divergence.asked), (0, ("weather", 100)));
        assert!(divergence.to_string().contains("`weather` among 100 is asked"), "{divergence}");
    }
}

#[test]
fn a_near_record_leaves_out_what_is_not_asked_and_lowers_what_is_too_large() {
    let choice = |question: &'static str, answer| Choice { question: Label::Own(question), options: 1000, answer };
    let choices = [choice("weather", 1), choice("news", 2), choice("weather", 300), choice("mood", 4)];
    assert_eq!(asks(&mut Replaying::new(&choices, Fit::Near)), [1, 99, 0, 4]);
}
