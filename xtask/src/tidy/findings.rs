//! What a rule says about a line. Only errors fail the check; a warning is advice.

use std::fmt;

/// Whether a finding fails the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// A broken rule.
    Error,
    /// Something to look at before it becomes an error.
    Warning,
}

/// One sentence about one line. Ordered by place, which is the order of the output.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Path from the root of the repository, with forward slashes.
    pub(crate) path: String,
    /// Line number from 1.
    pub(crate) line: usize,
    /// Name of the rule.
    pub(crate) rule: &'static str,
    /// What is wrong and what to do about it.
    pub(crate) sentence: String,
    /// Whether it fails the check.
    pub(crate) severity: Severity,
}

impl Finding {
    /// A broken rule.
    pub(crate) fn error(path: &str, line: usize, rule: &'static str, sentence: impl Into<String>) -> Self {
        Finding { path: path.to_owned(), line, rule, sentence: sentence.into(), severity: Severity::Error }
    }

    /// Advice.
    pub(crate) fn warning(path: &str, line: usize, rule: &'static str, sentence: impl Into<String>) -> Self {
        Finding { severity: Severity::Warning, ..Finding::error(path, line, rule, sentence) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.severity {
            Severity::Error => "",
            Severity::Warning => "warning: ",
        };
        write!(f, "{}:{}: {mark}{}: {}", self.path, self.line, self.rule, self.sentence)
    }
}
