//! `synod attacks`: the gallery of what makes replicas lie.

use crate::failure::Failure;
use crate::output;
use clap::Args;
use serde::Serialize;
use synod_lab::{Attack, Protocol};

/// Show the attacks, each with its story
///
/// With up to f liars none of them may do any harm. With one more they do; what, is said for each.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  synod attacks\n  synod sim --attack equivocate")]
pub(crate) struct Attacks {
    /// Report as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Picture {
    name: &'static str,
    story: &'static str,
    withstood: &'static str,
    breaks_beyond_f: &'static [&'static str],
    sources: &'static [&'static str],
    rows: &'static [&'static str],
    protocols: Vec<&'static str>,
}

/// Shows the gallery.
pub(crate) fn run(arguments: &Attacks) -> Result<(), Failure> {
    let pictures = gallery();
    if arguments.json { output::print_json(&pictures) } else { output::print(&text(&pictures)) }
}

/// Every attack once, with all protocols that it can be tried on.
fn gallery() -> Vec<Picture> {
    let mut pictures: Vec<Picture> = Vec::new();
    for protocol in Protocol::ALL {
        for story in Attack::against(protocol).into_iter().filter_map(Attack::story) {
            match pictures.iter_mut().find(|picture| picture.name == story.name) {
                Some(picture) => picture.protocols.push(protocol.name()),
                None => pictures.push(Picture {
                    name: story.name,
                    story: story.tells,
                    withstood: story.withstood,
                    breaks_beyond_f: story.breaks,
                    sources: story.sources,
                    rows: story.rows,
                    protocols: vec![protocol.name()],
                }),
            }
        }
    }
    pictures
}

fn text(pictures: &[Picture]) -> String {
    pictures.iter().map(Picture::text).collect::<Vec<_>>().join("\n")
}

impl Picture {
    fn text(&self) -> String {
        let breaks =
            if self.breaks_beyond_f.is_empty() { "no rule".to_owned() } else { self.breaks_beyond_f.join(", ") };
        let rows = [
            ("against", self.protocols.join(", ")),
            ("with up to f", self.withstood.to_owned()),
            ("with more it breaks", breaks),
            ("from", self.sources.join("; ")),
        ];
        let mut text = format!("{}\n    {}\n", self.name, self.story);
        for (what, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
            text += &format!("    {what}: {value}\n");
        }
        text
    }
}
