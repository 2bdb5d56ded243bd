//! What a campaign came to, for people or as JSON.

use crate::failure::Failure;
use crate::output;
use indicatif::HumanCount;
use synod_lab::Summary;
use synod_lab::summary::{Finding, Verdict};

/// Failures that are shown to people.
const FAILURES_SHOWN: usize = 10;

/// Tells it on standard output.
pub(super) fn tell(summary: &Summary, is_json: bool) -> Result<(), Failure> {
    if is_json { output::print_json(summary) } else { output::print(&text(summary)) }
}

/// For people.
pub(super) fn text(summary: &Summary) -> String {
    let mut text = sums(summary);
    text += "\nWhat happened, in all runs together:\n";
    for (name, times) in &summary.sometimes {
        text += &format!("{:>16}  {name}\n", count(*times));
    }
    let never: Vec<&str> = summary.never_happened().collect();
    if !never.is_empty() {
        text += &format!("\nWARNING: never happened, so nothing is known about it: {}\n", never.join(", "));
    }
    if !summary.shard.is_whole() {
        let parts: Vec<String> = summary.shard.parts.iter().map(u64::to_string).collect();
        text += &format!("\nThis is only shard {} of {}.\n", parts.join(", "), summary.shard.of);
    }
    text += &failures(summary);
    text + "\n" + &verdict(summary)
}

fn sums(summary: &Summary) -> String {
    let subject = &summary.subject;
    let mut text = format!(
        "{}: {} replicas, {} may lie; attack {}, {} corrupted\n",
        subject.protocol, subject.replicas, subject.faults, subject.attack, subject.corrupt
    );
    if let Some(family) = &subject.family {
        text += &format!(
            "{} rounds, at most {} blocks: {} scenarios, {} up to symmetry (leaders of {} views told apart)\n",
            family.rounds,
            family.blocks,
            count(family.before_symmetry),
            count(family.scenarios),
            family.views
        );
    }
    let attacks: Vec<String> =
        summary.attacks.iter().map(|(name, seeds)| format!("{} {name}", count(*seeds))).collect();
    text += &format!(
        "{} {} ({}) in {:.1} s, {} of them run twice; simulated {}, {} messages\n",
        count(summary.seeds),
        subject.units(),
        attacks.join(", "),
        summary.seconds,
        count(summary.repeated),
        time(summary.simulated_microseconds),
        count(summary.messages)
    );
    text
}

fn failures(summary: &Summary) -> String {
    let units = summary.subject.units();
    let mut text = String::new();
    if !summary.broken.is_empty() {
        text += "\nRules that were broken:\n";
        for (rule, seeds) in &summary.broken {
            text += &format!("{:>16}  {units} broke {rule}\n", count(*seeds));
        }
    }
    if !summary.failures.is_empty() {
        text += &format!("\nThe first {units} that broke one:\n");
    }
    for Finding { seed, rule, sentence, replay } in summary.failures.iter().take(FAILURES_SHOWN) {
        text += &format!("  {} {seed}: {rule}: {sentence}\n    to see it again: {replay}\n", summary.subject.unit());
    }
    let more = summary.failures.len().saturating_sub(FAILURES_SHOWN);
    if more > 0 {
        text += &format!("  and {more} more; --json has them\n");
    }
    text
}

fn verdict(summary: &Summary) -> String {
    let units = summary.subject.units();
    let (seeds, violations) = (count(summary.seeds), count(summary.violations));
    let sentence = match (summary.verdict(), summary.subject.beyond_f) {
        (Verdict::AsExpected, false) => format!("GOOD: no rule was broken in {seeds} {units}"),
        (Verdict::AsExpected, true) => {
            format!("AS EXPECTED: with more liars than are tolerated, {violations} of {seeds} {units} broke a rule")
        }
        (Verdict::Violated, false) => format!("VIOLATED: {violations} of {seeds} {units} broke a rule"),
        (Verdict::Violated, true) => {
            format!("NOT AS EXPECTED: more replicas lied than are tolerated, and no rule was broken in {seeds} {units}")
        }
        (Verdict::Inconclusive, _) => format!("INCONCLUSIVE: ended after {seeds} {units}, in which no rule was broken"),
        (Verdict::TesterFailed, _) => "NO VERDICT: the simulator itself failed".to_owned(),
    };
    sentence + "\n"
}

/// A number with its digits in groups.
pub(super) fn count(number: u64) -> String {
    HumanCount(number).to_string()
}

/// Virtual time in the unit that suits it.
pub(super) fn time(microseconds: u64) -> String {
    let seconds = microseconds / 1_000_000;
    match seconds {
        0..600 => format!("{}.{} s", seconds, microseconds / 100_000 % 10),
        600..36_000 => format!("{} min", seconds / 60),
        36_000..864_000 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
