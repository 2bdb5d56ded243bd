//! Names that people type: what is not known is refused, together with what was perhaps meant.

use std::fmt;

/// Letters that may differ between what was typed and what is suggested.
const DIFFERENCES_MAX: usize = 3;

/// A name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// Of what it should be one: an attack, a protocol.
    pub kind: &'static str,
    /// What was typed.
    pub name: String,
    /// What there is.
    pub known: Vec<&'static str>,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, known } = self;
        write!(f, "there is no {kind} `{name}`")?;
        match nearest(name, known) {
            Some(near) => write!(f, "; did you mean `{near}`?"),
            None => write!(f, "; there are: {}", known.join(", ")),
        }
    }
}

impl std::error::Error for UnknownName {}

/// The known name that differs least, if one is near.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let distances = known.iter().map(|other| (distance(name, other), *other));
    let (least, other) = distances.min_by_key(|(distance, _)| *distance)?;
    (least <= DIFFERENCES_MAX && least < other.chars().count()).then_some(other)
}

/// How many letters have to be added, removed or replaced. (Levenshtein.)
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, its) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *its);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests;
