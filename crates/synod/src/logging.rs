//! Who listens to what the parts of synod have to say while they run: standard error, as lines or as JSON.
//!
//! The variable `SYNOD_LOG` says what is worth a line, e.g. `debug` or `info,synod_node=debug`.

use crate::cli::LogFormat;
use crate::failure::{Cause, Failure};
use std::env::{self, VarError};
use std::io;
use tracing_subscriber::EnvFilter;

const VARIABLE: &str = "SYNOD_LOG";

/// Listens, from here to the end of the process, to what `SYNOD_LOG` says, or else to `default`. To be called once.
pub(crate) fn start(format: LogFormat, default: &str) -> Result<(), Failure> {
    let filter = match env::var(VARIABLE) {
        Ok(filter) => filter,
        Err(VarError::NotPresent) => default.to_owned(),
        Err(VarError::NotUnicode(_)) => return Err(Failure::new(Cause::Usage, format_args!("{VARIABLE} is not text"))),
    };
    let filter = EnvFilter::try_new(&filter).map_err(|error| {
        let sentence =
            format!("{VARIABLE} is `{filter}`, which is no filter ({error}); try `debug` or `synod_node=debug`");
        Failure::new(Cause::Usage, sentence)
    })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => lines.with_target(false).init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}
