//! `cargo xtask mutants`: breaks the protocol in one way after the other and looks whether the simulator notices.
//!
//! Each file under `mutants/` is one weakening: a story and a patch. It is applied to a copy of the sources under
//! `target/`, which the product never sees, and the campaign that everybody runs by default has to condemn what comes
//! of it, with no schedule written for it. A mutant that survives is a hole in the tester. The sound sources are put on
//! trial with the same seeds, so that what condemns a mutant is the mutation.

mod hunt;
mod patch;
mod table;

use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;
use std::path::Path;

use clap::Args;

use hunt::{Hunt, Outcome};
use patch::Patch;
use table::Row;

/// What can be chosen.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// The mutants to try, by id, with commas between; all by default.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    only: Vec<String>,
    /// Processor time that a mutant may survive before it counts as unnoticed, in seconds.
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=36_000))]
    seconds: u64,
    /// How many seeds run at once; one for each core by default.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs it on the repository at `root`. Returns whether every mutant was noticed and the sound sources were not.
pub(crate) fn run(root: &Path, options: &Options) -> io::Result<bool> {
    let all = patch::read_all(&root.join("mutants"))?;
    let chosen = choose(&all, &options.only)?;
    let jobs = options.jobs.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZero::<usize>::MIN);
    let mut hunt = Hunt::prepare(root, jobs)?;
    let (mut rows, mut seeds) = (Vec::new(), 1);
    for (number, patch) in chosen.iter().enumerate() {
        eprintln!("[{}/{}] {}: {}", number + 1, chosen.len(), patch.id, patch.title);
        let outcome = hunt.try_mutant(patch, options.seconds)?;
        eprintln!("        {outcome}");
        if let Outcome::Noticed { seed, .. } = &outcome {
            seeds = seeds.max(seed + 1);
        }
        rows.push(Row { id: patch.id.clone(), title: patch.title.clone(), outcome });
    }
    eprintln!("the sound sources, seeds 0 to {}", seeds - 1);
    let sound = hunt.try_sound(seeds)?;
    for row in &mut rows {
        row.outcome = row.outcome.clone().beside(&sound);
    }
    let is_good = rows.iter().all(|row| matches!(row.outcome, Outcome::Noticed { .. }))
        && matches!(sound, Outcome::Survived { .. });
    if options.json {
        println!("{}", table::to_json(&rows, &sound));
    } else {
        print!("{}", table::to_text(&rows, &sound));
    }
    Ok(is_good)
}

fn choose<'a>(all: &'a BTreeMap<String, Patch>, only: &[String]) -> io::Result<Vec<&'a Patch>> {
    if only.is_empty() {
        return Ok(all.values().collect());
    }
    let find = |id: &String| {
        let known = || all.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        all.get(id).ok_or_else(|| io::Error::other(format!("there is no mutant {id}; there are {}", known())))
    };
    only.iter().map(find).collect()
}

#[cfg(test)]
mod tests;
