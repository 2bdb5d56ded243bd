//! What an exploration came to, for people or as JSON.

use crate::failure::Failure;
use crate::output::{self, Layout};
use crate::sim::report::count;
use synod_lab::explore::{Bounds, Findings, Looked, Step, Violation};
use synod_lab::summary::Verdict;

/// Tells it on standard output.
pub(super) fn tell(findings: &Findings, is_json: bool) -> Result<(), Failure> {
    if is_json {
        return output::print_json(findings);
    }
    output::print(&output::escaped(text(findings).as_bytes(), Layout::Lines))
}

/// For people.
pub(super) fn text(findings: &Findings) -> String {
    let Findings { protocol, replicas, faults, corrupt, .. } = findings;
    let mut text = format!("{protocol}: {replicas} replicas, {faults} may lie, {corrupt} do, as they like\n");
    text += &bounds(&findings.bounds);
    text += "\nLooked at:\n";
    for looked in &findings.looked {
        text += &line(looked);
    }
    let left = findings.choices - findings.looked.len();
    if left > 0 {
        text += &format!("  and not at {left} other choices of liars\n");
    }
    text += &format!(
        "{} states and {} steps in {:.1} s\n",
        count(findings.states),
        count(findings.steps),
        findings.seconds
    );
    if let Some(violation) = &findings.violation {
        text += &story(violation);
    }
    text + "\n" + &verdict(findings)
}

/// Who lies, in words.
pub(super) fn who(liars: &[u16]) -> String {
    let names: Vec<String> = liars.iter().map(|id| format!("r{id}")).collect();
    match names.len() {
        0 => "nobody lies".to_owned(),
        1 => format!("{} lies", names[0]),
        _ => format!("{} lie", names.join(" and ")),
    }
}

fn bounds(bounds: &Bounds) -> String {
    let Bounds { views, places, crashes, states } = bounds;
    let crashes = match crashes {
        0 => "no crash".to_owned(),
        1 => "at most 1 crash".to_owned(),
        _ => format!("at most {crashes} crashes"),
    };
    format!(
        "Bounds: {}, {}, {crashes}; at most {} with each choice of liars\n",
        several((*views).into(), "view"),
        several((*places).into(), "place"),
        several(*states as u64, "state")
    )
}

/// So many of something.
fn several(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {one}s", count(number)) }
}

fn line(looked: &Looked) -> String {
    let Looked { liars, like, states, depth, complete, .. } = looked;
    let like: Vec<String> = like.iter().map(|liars| who(liars)).collect();
    let like = if like.is_empty() { String::new() } else { format!(" (the same as if {})", like.join(", or ")) };
    let rest = if *complete { "nothing is left" } else { "there is more" };
    format!("  {}{like}: {} states, {} deep, {rest}\n", who(liars), count(*states), several(*depth as u64, "step"))
}

fn story(violation: &Violation) -> String {
    let Violation { liars, sentence, steps } = violation;
    let mut text = format!(
        "\nA shortest way to it, if {}. In brackets: the rules of the protocol that were applied.\n",
        who(liars)
    );
    for (number, Step { replica, what, rules, said }) in steps.iter().enumerate() {
        let rules = if rules.is_empty() { String::new() } else { format!("   [{}]", rules.join(", ")) };
        text += &format!("{:>3}. r{replica} {what}{rules}\n", number + 1);
        for said in said {
            text += &format!("        and says {said}\n");
        }
    }
    text + "\n" + sentence + "\n"
}

fn verdict(findings: &Findings) -> String {
    let Findings { depth, corrupt, faults, .. } = findings;
    let steps = several(*depth as u64, "step");
    let sentence = match (findings.verdict(), findings.beyond_f) {
        (Verdict::AsExpected, false) => "GOOD: nothing is wrong, and nothing within the bounds is left".to_owned(),
        (Verdict::AsExpected, true) => {
            format!("AS EXPECTED: with {corrupt} liars where {faults} may lie, it breaks in {steps}")
        }
        (Verdict::Violated, false) => format!("VIOLATED: it breaks in {steps}"),
        (Verdict::Violated, true) => {
            "NOT AS EXPECTED: more lie than may, and nothing within the bounds is wrong".to_owned()
        }
        (Verdict::Inconclusive, _) if findings.interrupted => {
            format!("INCONCLUSIVE: interrupted; nothing is wrong within {steps}, with the liars that were looked at")
        }
        (Verdict::Inconclusive, _) => {
            format!("INCONCLUSIVE: nothing is wrong within {steps}; the limit on states (--states) ended it there")
        }
        (Verdict::TesterFailed, _) => "NO VERDICT: the explorer itself failed".to_owned(),
    };
    sentence + "\n"
}
