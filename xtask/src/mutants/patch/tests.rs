//! A file that is no mutant is refused with the reason.
#![allow(clippy::unwrap_used)]

use super::*;

fn parse(name: &str, text: &str) -> Result<Patch, String> {
    Patch::parse(PathBuf::from(name), text)
}

#[test]
fn the_first_line_names_it() {
    let text = "MU-01: one vote less\n\nA story.\n\n--- a/x\n+++ b/x\n";
    let patch = parse("mutants/MU-01.patch", text).unwrap();
    assert_eq!((patch.id.as_str(), patch.title.as_str()), ("MU-01", "one vote less"));
}

#[test]
fn what_is_no_mutant_is_refused() {
    assert!(parse("MU-01.patch", "").unwrap_err().contains("first line"));
    assert!(parse("MU-02.patch", "MU-01: a\n--- a/x\n").unwrap_err().contains("called otherwise"));
    assert!(parse("MU-01.patch", "MU-01: a\n").unwrap_err().contains("changes nothing"));
}
