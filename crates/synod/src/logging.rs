//! Who listens to what the parts of synod have to say while they run: standard error, as lines or as JSON.
//!
//! The variable `SYNOD_LOG` says what is worth a line, e.g. `debug` or `info,synod_node=debug`. Whatever a line is made
//! of, it is one line, and nothing in it acts on a terminal; and no place in the program floods the log.

mod flood;

use crate::cli::LogFormat;
use crate::failure::{Cause, Failure};
use crate::output::{self, Layout};
use flood::Flood;
use std::env::{self, VarError};
use std::fmt;
use std::io::{self, Write};
use tracing::Metadata;
use tracing_subscriber::filter::{FilterExt, LevelFilter};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt as format_lines};

const VARIABLE: &str = "SYNOD_LOG";

/// Listens, from here to the end of the process, to what `SYNOD_LOG` says, or else to `default`. To be called once.
pub(crate) fn start(format: LogFormat, default: &str) -> Result<(), Failure> {
    let filter = match env::var(VARIABLE) {
        Ok(filter) => filter,
        Err(VarError::NotPresent) => default.to_owned(),
        Err(VarError::NotUnicode(_)) => return Err(Failure::new(Cause::Usage, format_args!("{VARIABLE} is not text"))),
    };
    let refused = |why: &dyn fmt::Display| {
        let sentence =
            format!("{VARIABLE} is `{filter}`, which is no filter ({why}); try `debug` or `synod_node=debug`");
        Failure::new(Cause::Usage, sentence)
    };
    if let Some(word) = stray_word(&filter) {
        return Err(refused(&format_args!("`{word}` is no level, and nothing of synod's is called so")));
    }
    let filter = EnvFilter::try_new(&filter).map_err(|error| refused(&error))?;
    let registry = tracing_subscriber::registry();
    let lines = format_lines::layer().with_writer(|| Line);
    match format {
        LogFormat::Text => {
            let filter = filter.and(Flood::new(tell_as_text));
            registry.with(lines.with_target(false).with_filter(filter)).init();
        }
        LogFormat::Json => registry.with(lines.json().with_filter(filter.and(Flood::new(tell_as_json)))).init(),
    }
    Ok(())
}

/// A word that stands alone in a filter and is neither a level nor a part of synod. To the library that reads filters
/// it is the name of something of which everything is wanted, so it would hide a misspelt level.
fn stray_word(filter: &str) -> Option<&str> {
    let is_known = |word: &&str| {
        word.is_empty() || word.starts_with("synod") || word.contains(['=', '[']) || word.parse::<LevelFilter>().is_ok()
    };
    filter.split(',').map(str::trim).find(|word| !is_known(word))
}

/// Standard error, to which a line is given in one piece.
struct Line;

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let line = output::escaped(line, Layout::Cell) + "\n";
        io::stderr().write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn place(metadata: &Metadata<'_>) -> String {
    format!("{}:{}", metadata.file().unwrap_or("?"), metadata.line().unwrap_or_default())
}

fn tell_as_text(left_out: u64, metadata: &Metadata<'_>) {
    eprintln!("{left_out} lines like the next one were left out ({})", place(metadata));
}

fn tell_as_json(left_out: u64, metadata: &Metadata<'_>) {
    eprintln!("{}", serde_json::json!({ "left_out": left_out, "place": place(metadata) }));
}

#[cfg(test)]
mod tests;
