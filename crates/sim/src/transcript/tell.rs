//! A transcript for somebody who was not there: clients by their numbers, operations in words, and no more brackets
//! than it takes. What is left out says nothing new; the fingerprint covers it all.

use super::{Event, Transcript};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use synod_kernel::process::Process;
use synod_kernel::{ClientId, Request};

/// Letters of a line, at most.
const LINE_MAX: usize = 220;

impl<P: Process> Transcript<P> {
    /// The events in lines, for a world with these clients, with operations as `describe` has them.
    pub fn tell(&self, clients: &[ClientId], describe: &dyn Fn(&Bytes) -> String) -> Vec<String> {
        let names: Vec<(String, String)> =
            clients.iter().enumerate().map(|(number, id)| (id.to_string(), format!("c{number}"))).collect();
        let mut known = BTreeSet::new();
        let text = self.to_string();
        let line = |(text, event): (&str, &Event<P>)| {
            let mut line = terse(text);
            for (id, name) in &names {
                line = line.replace(&format!("client {id}"), name).replace(id, name);
            }
            if let Event::Submitted(_, request) = event
                && known.insert(request.digest())
            {
                write!(line, ": {}", wishes(request, describe)).expect("writing to a string never fails");
            }
            shortened(line.trim_end().to_owned())
        };
        text.lines().zip(self.entries.iter().map(|entry| &entry.event)).map(line).collect()
    }
}

/// What a request asks for.
fn wishes(request: &Request, describe: &dyn Fn(&Bytes) -> String) -> String {
    request.operations().map(|operation| describe(&operation)).collect::<Vec<_>>().join("; ")
}

/// The same with bare numbers, and without names that are said twice.
pub(crate) fn terse(line: &str) -> String {
    let mut text = bare(&bare(line, "View("), "Seq(");
    // `Prepare(Prepare { … })` is `Prepare { … }`.
    if let Some(open) = text.find('(') {
        let start = text[..open].rfind(' ').map_or(0, |space| space + 1);
        let name = text[start..open].to_owned();
        let is_twice = !name.is_empty() && text[open + 1..].starts_with(&format!("{name} {{"));
        let end = text.find("   [").unwrap_or(text.len());
        if is_twice && text[..end].ends_with(')') {
            text.remove(end - 1);
            text.replace_range(start..=open, "");
        }
    }
    text
}

/// `name` and the bracket that closes it left out, wherever only digits are between.
fn bare(text: &str, name: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let inside = &rest[at + name.len()..];
        let digits = inside.bytes().take_while(u8::is_ascii_digit).count();
        bare.push_str(&rest[..at]);
        if digits > 0 && inside[digits..].starts_with(')') {
            bare.push_str(&inside[..digits]);
            rest = &inside[digits + 1..];
        } else {
            bare.push_str(name);
            rest = inside;
        }
    }
    bare + rest
}

/// The beginning of a line that is too long, and the rules at its end.
fn shortened(line: String) -> String {
    if line.chars().count() <= LINE_MAX {
        return line;
    }
    let rules = line.rfind("   [").map_or("", |start| &line[start..]);
    let kept: String = line.chars().take(LINE_MAX).collect();
    format!("{kept}…{rules}")
}

#[cfg(test)]
mod tests;
