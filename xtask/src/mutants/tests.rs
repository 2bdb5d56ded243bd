//! Which mutants are tried, and that those that are written down fit the sources of today.
#![allow(clippy::unwrap_used)]

use super::*;
use std::collections::BTreeSet;
use std::fs;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn every_mutant_fits_the_sources_of_today() {
    let all = patch::read_all(&root().join("mutants")).unwrap();
    assert!(all.len() > 40, "{} mutants", all.len());
    for patch in all.values() {
        hunt::check(&root(), &patch.path).unwrap_or_else(|error| panic!("{}: {error}", patch.id));
    }
}

/// Rows of the table begin with an id; what waits says so and for what.
#[test]
fn every_mutant_stands_in_the_table_and_every_row_is_one_or_waits() {
    let all = patch::read_all(&root().join("mutants")).unwrap();
    let table = fs::read_to_string(root().join("docs").join("mutants.md")).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| M"));
    let mut listed = BTreeSet::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let id = cells[1].to_owned();
        let waits = cells[3].starts_with("waits for ");
        assert_ne!(all.contains_key(&id), waits, "{id} is a file, or it waits: {row}");
        if let Some(patch) = all.get(&id) {
            assert_eq!(cells[2], patch.title, "{id} is called so in its file");
        }
        assert!(listed.insert(id.clone()), "{id} stands there twice");
    }
    let missing: Vec<&String> = all.keys().filter(|id| !listed.contains(*id)).collect();
    assert!(missing.is_empty(), "not in docs/mutants.md: {missing:?}");
    assert_eq!(listed.len(), 78, "all that are known");
}

#[test]
fn one_or_some_can_be_chosen_and_others_are_named() {
    let all = patch::read_all(&root().join("mutants")).unwrap();
    let ids = |only: &[&str]| {
        let only: Vec<String> = only.iter().map(|&id| id.to_owned()).collect();
        choose(&all, &only).map(|chosen| chosen.iter().map(|patch| patch.id.clone()).collect::<Vec<_>>())
    };
    assert_eq!(ids(&["MU-05", "MU-01"]).unwrap(), ["MU-05", "MU-01"]);
    assert_eq!(ids(&[]).unwrap().len(), all.len());
    let error = ids(&["MU-99"]).unwrap_err().to_string();
    assert!(error.contains("MU-99") && error.contains("MU-01, "), "{error}");
}
