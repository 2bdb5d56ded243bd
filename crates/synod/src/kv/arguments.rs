//! What can be asked of the store on the command line.

use crate::cli::parse_duration;
use clap::{Args, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Read and write keys, believing only what enough replicas vouch for
///
/// Every operation is ordered by the cluster, reads too, so a value that is read is the newest. Its result is believed
/// when f+1 replicas have signed the same: at least one of them is honest.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  synod kv --dir cluster/client put color blue
  synod kv --dir cluster/client get color
  synod kv --dir cluster/client range a z --limit 10 --json
  synod kv --dir cluster/client cas color --value blue green
  synod kv --dir cluster/client import < colors.tsv

A command that ends with code 3 says whether anything may have been written.")]
pub(crate) struct Kv {
    /// The client's folder
    #[arg(long, global = true, default_value = "cluster/client")]
    pub(crate) dir: PathBuf,
    /// Report as JSON: the result, its revisions, its place in the order, and the replicas that vouch for it
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Write values as they are, also to a terminal, which may obey what is in them
    #[arg(long, global = true)]
    pub(crate) raw: bool,
    /// Ask all replicas at once, not the primary first: no delay if the primary is silent
    #[arg(long, global = true)]
    pub(crate) all: bool,
    /// How long to wait for the result, e.g. 500ms or 30s
    #[arg(long, global = true, value_name = "TIME", default_value = "15s", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
    #[command(subcommand)]
    pub(crate) command: KvCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KvCommand {
    /// Write a key
    Put {
        /// The key
        key: OsString,
        /// What it shall hold
        #[arg(allow_negative_numbers = true, required_unless_present = "file", conflicts_with = "file")]
        value: Option<OsString>,
        /// Hold what is in this file, byte by byte; '-' for standard input
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Write many keys: a line KEY<TAB>VALUE for each on standard input, as `range` prints them
    ///
    /// Writes go out together, as many at a time as is useful, in no particular order among each other; a key should
    /// not occur twice. Each key is printed when its write is acknowledged, and only then. Asks again for what is not
    /// answered, which makes nothing happen twice, until TIME has passed for a line since it was sent.
    Import,
    /// Read a key, and end with code 1 if it is absent
    ///
    /// On a terminal, control characters in the value are shown escaped; --raw shows them as they are.
    Get {
        /// The key
        key: OsString,
    },
    /// Remove a key
    #[command(visible_alias = "delete")]
    Del {
        /// The key
        key: OsString,
    },
    /// Read the keys from FROM on, up to but not including TO, in order
    ///
    /// Prints a line KEY<TAB>VALUE for each; ask for JSON where either may hold a tab or the end of a line.
    Range {
        /// The first key wanted; '' for the first there is
        from: OsString,
        /// The first key not wanted
        to: Option<OsString>,
        /// Keys wanted, at most; 0 for as many as one answer holds
        #[arg(long, default_value_t = 0)]
        limit: u32,
    },
    /// Write a key if it is as expected, and end with code 1 if it is not
    Cas {
        /// The key
        key: OsString,
        #[command(flatten)]
        expected: ExpectedArguments,
        /// What it shall hold
        #[arg(allow_negative_numbers = true)]
        new: OsString,
    },
}

const CONDITION: &str = "What the key has to be like, one of these";

/// What the key has to be like: one of these.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct ExpectedArguments {
    /// The key has to be absent
    #[arg(long, help_heading = CONDITION)]
    pub(crate) absent: bool,
    /// The key has to hold this value
    #[arg(long, value_name = "OLD", allow_negative_numbers = true, help_heading = CONDITION)]
    pub(crate) value: Option<OsString>,
    /// The key has to be last written at this revision
    #[arg(long, value_name = "REVISION", help_heading = CONDITION)]
    pub(crate) mod_revision: Option<u64>,
}
