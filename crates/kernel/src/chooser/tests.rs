//! A seed is a sequence of decisions: the same everywhere, and fair enough to explore with.

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
