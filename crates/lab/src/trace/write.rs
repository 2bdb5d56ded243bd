//! Writing traces.

use super::{Outcome, Trace, VERSION};
use std::fmt;
use synod_kernel::ReplicaId;
use synod_kernel::chooser::Choice;

/// Answers in one line, at most.
const ANSWERS: usize = 16;

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds => write!(f, "holds"),
            Self::Breaks(rule) => write!(f, "breaks {rule}"),
        }
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.setup.options;
        writeln!(f, "synod-trace {VERSION}")?;
        writeln!(f, "synod {}", self.made_by)?;
        for note in &self.notes {
            writeln!(f, "note {note}")?;
        }
        writeln!(f, "protocol {}", self.setup.protocol)?;
        writeln!(f, "replicas {}", options.membership.size())?;
        writeln!(f, "faults {}", options.membership.tolerated())?;
        writeln!(f, "corrupt {}", list(&options.corrupt))?;
        writeln!(f, "frail {}", list(&options.frail))?;
        writeln!(f, "attack {}", self.setup.attack)?;
        writeln!(f, "seed {}", options.seed)?;
        writeln!(f, "expected {}", self.expected)?;
        for number in self.setup.numbers() {
            writeln!(f, "option {} = {}", number.name, number.value)?;
        }
        writeln!(f, "choices {}", self.choices.len())?;
        write_choices(&self.choices, f)?;
        writeln!(f, "events {}", self.events)?;
        writeln!(f, "fingerprint {:016x}", self.fingerprint)?;
        match &self.story {
            None => writeln!(f, "story none")?,
            Some(lines) => {
                writeln!(f, "story {}", lines.len())?;
                // What stands in a line of a story is ours, but an assertion may have said anything.
                lines.iter().try_for_each(|line| writeln!(f, "|{}", line.replace('\n', " ")))?;
            }
        }
        writeln!(f, "end")
    }
}

fn list(ids: &[ReplicaId]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    if ids.is_empty() { "none".to_owned() } else { ids.join(" ") }
}

/// Neighbours that ask the same share a line, and neighbours in it that answer the same are counted.
fn write_choices(choices: &[Choice], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let same = |one: &Choice, other: &Choice| one.question == other.question && one.options == other.options;
    for asked in choices.chunk_by(same) {
        let runs: Vec<&[Choice]> = asked.chunk_by(|one, other| one.answer == other.answer).collect();
        for line in runs.chunks(ANSWERS) {
            write!(f, "{}/{}:", asked[0].question, asked[0].options)?;
            for run in line {
                match run.len() {
                    1 => write!(f, " {}", run[0].answer)?,
                    times => write!(f, " {}*{times}", run[0].answer)?,
                }
            }
            writeln!(f)?;
        }
    }
    Ok(())
}
