//! The command line itself, without anything being carried out.
#![allow(clippy::unwrap_used)]

use super::{Cli, parse_duration};
use clap::CommandFactory;
use std::time::Duration;

#[test]
fn the_definition_of_the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn times_have_a_number_and_a_unit() {
    assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
    assert_eq!(parse_duration("30s"), Ok(Duration::from_secs(30)));
    assert_eq!(parse_duration("2m"), Ok(Duration::from_secs(120)));
    for bad in ["", "5", "s", "5 s", "-1s", "1.5s", "5h", "99999999999s", "0s", "100000s"] {
        assert!(parse_duration(bad).is_err(), "{bad:?}");
    }
}
