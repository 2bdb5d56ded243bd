//! A copy of the sources that may be broken, with a build folder of its own. The product has no switch that breaks it,
//! so there is none that could be left on.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::{product, tools};

/// Where copies are.
const FOLDER: &str = "target/mutants";
/// What a build needs.
const SOURCES: [&str; 5] = ["Cargo.toml", "Cargo.lock", "LICENSE", "crates", "xtask"];

/// A copy.
pub(crate) struct Scratch {
    sources: PathBuf,
    target: PathBuf,
}

impl Scratch {
    /// Copies the sources of the repository at `root` anew. What was built of an earlier copy stays.
    pub(crate) fn make(root: &Path, name: &str) -> io::Result<Self> {
        let folder = root.join(FOLDER).join(name);
        let sources = folder.join("sources");
        match fs::remove_dir_all(&sources) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => fs::create_dir_all(&sources)?,
        }
        for name in SOURCES {
            copy(&root.join(name), &sources.join(name))?;
        }
        Ok(Self { sources, target: folder.join("build") })
    }

    /// Where the copy is.
    pub(crate) fn sources(&self) -> &Path {
        &self.sources
    }

    /// Where what was built of it is.
    pub(crate) fn built(&self) -> PathBuf {
        self.target.join("release")
    }

    /// Builds something of it. Link-time optimization is left out: it takes long, and nothing is measured here.
    pub(crate) fn build(&self, what: &[&str]) -> io::Result<()> {
        let mut cargo = tools::cargo();
        cargo.args(["build", "--quiet", "--release", "--config", "profile.release.lto=false"]);
        cargo.args(["--config", "profile.release.incremental=true", "--config", "profile.release.debug=false"]);
        cargo.args(what).current_dir(&self.sources).env("CARGO_TARGET_DIR", &self.target);
        product::succeed(&mut cargo)
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
