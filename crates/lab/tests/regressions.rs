//! Scripts: runs that once taught something, each with its verdict and with everything that happens in it.
//!
//! A change to the code that changes what happens makes one of these fail. If that is right, run this test with
//! `SYNOD_REWRITE=1`: it plays each script as near as it goes and writes it anew, unless its verdict is another.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use synod_kernel::chooser::Fit;
use synod_lab::Trace;

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "trace")).collect();
    paths.sort_unstable();
    paths
}

#[test]
fn every_script_plays_as_it_is_written() {
    let paths = scripts();
    assert!(!paths.is_empty());
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy();
        let trace = Trace::parse(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!trace.notes.is_empty(), "{name}: a note has to say what it shows");
        if std::env::var_os("SYNOD_REWRITE").is_some() {
            let renewed = trace.renewed();
            assert_eq!(renewed.expected, trace.expected, "{name}: another verdict is not to be written down");
            fs::write(&path, renewed.to_string()).unwrap();
            continue;
        }
        let replay = trace.replay(Fit::Exact);
        if let Some(story) = &trace.story {
            assert_eq!(replay.story.lines.join("\n"), story.join("\n"), "{name}");
        }
        assert_eq!((replay.outcome, replay.difference), (trace.expected, None), "{name}");
    }
}
