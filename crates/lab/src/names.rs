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
    let distances = known.iter().map(|other| (strsim::levenshtein(name, other), *other));
    let (least, other) = distances.min_by_key(|(distance, _)| *distance)?;
    (least <= DIFFERENCES_MAX && least < other.chars().count()).then_some(other)
}

#[cfg(test)]
mod tests;
