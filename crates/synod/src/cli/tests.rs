//! The command line itself, without anything being carried out.
#![allow(clippy::unwrap_used)]

use super::{Cli, parse_duration, parse_seconds};
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

#[test]
fn seconds_are_whole_and_bounded() {
    let parse = |text| parse_seconds(text, 1..=3600);
    assert_eq!([parse("10"), parse("10s"), parse("2m"), parse("3600")], [Ok(10), Ok(10), Ok(120), Ok(3600)]);
    for nonsense in ["", "s", "500ms", "1.5", "-1", "ten", "5 s"] {
        assert!(parse(nonsense).unwrap_err().contains("like 10, 10s or 2m"), "{nonsense:?}");
    }
    for far in ["0", "0s", "3601", "61m"] {
        assert!(parse(far).unwrap_err().contains("between 1 and 3600 seconds"), "{far:?}");
    }
}
