//! Telling what happens while it happens: a progress bar on a terminal, plain lines elsewhere.
//!
//! With `--json` the story goes to standard error, because standard output is for the report alone.

use super::pace::Recent;
use super::place::Place;
use super::scene::Scene;
use crate::cli::Lie;
use crate::output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Instant;
use synod_node::genesis::DevCluster;

const BAR: &str = "{msg:>10} [{bar:30}] {pos} of {len}  {prefix}";

/// Whether it is time for another line about the pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Due,
    TooEarly,
}

/// Tells. Clones tell the same story.
#[derive(Clone)]
pub(crate) struct Narrator {
    begun: Instant,
    is_json: bool,
    bar: ProgressBar,
}

impl Narrator {
    /// The story begins here.
    pub(crate) fn new(is_json: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template(BAR).expect("the template is right").progress_chars("=> "));
        Self { begun: Instant::now(), is_json, bar }
    }

    /// Tells something that happened just now.
    pub(crate) fn say(&self, text: &str) {
        self.tell(&format!("{:6.1} s  {text}", self.begun.elapsed().as_secs_f64()));
    }

    /// Tells something without a time.
    pub(crate) fn tell(&self, text: &str) {
        self.bar.suspend(|| {
            if self.is_json {
                eprintln!("{text}");
            } else {
                // Whoever does not listen any more misses the story, not the result.
                let _ = output::print(text);
            }
        });
    }

    /// Whether standard output is for a report in JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Something begins that takes so many steps.
    pub(crate) fn begin(&self, what: &'static str, steps: usize) {
        self.bar.reset();
        self.bar.set_length(steps as u64);
        self.bar.set_message(what);
        self.bar.set_prefix("");
    }

    /// So many steps are done.
    pub(crate) fn advance(&self, now: usize) {
        self.bar.set_position(now as u64);
    }

    /// How fast it goes. Where there is no bar to show it, a line tells it, if one is due.
    pub(crate) fn pace(&self, recent: &Recent, line: Line) {
        if !self.bar.is_hidden() {
            self.bar.set_prefix(recent.to_string());
        } else if line == Line::Due {
            let (done, steps) = (self.bar.position(), self.bar.length().unwrap_or_default());
            self.say(&format!("{}: {done} of {steps}, {recent}", self.bar.message()));
        }
    }

    /// Nothing is under way.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Who is there and what is going to happen.
    pub(crate) fn opening(&self, scene: &Scene, place: &Place) {
        let (replicas, faults) = (scene.replicas(), scene.faults());
        let replicas = if replicas == 1 { "1 replica".to_owned() } else { format!("{replicas} replicas") };
        let faults = if faults == 0 { "none".to_owned() } else { faults.to_string() };
        let folder = if place.is_temporary() { "removed in the end; --dir keeps one" } else { "it is kept" };
        self.tell(&format!(
            "A cluster of {replicas}, each a process of its own; {faults} of them may lie.\n\
             Keys, data and logs are in {} ({folder}).",
            place.path().display()
        ));
        match scene.lie() {
            None => {}
            Some(Lie::Silent) => self.tell("Replica 0, the first primary, says nothing to anybody."),
            Some(Lie::Equivocate) => self.tell(
                "Replica 0, the first primary, lies: to some replicas it proposes one batch of writes, to the rest \
                 another.",
            ),
        }
        self.tell("");
    }

    /// What is written.
    pub(crate) fn writing(&self, scene: &Scene) {
        let (operations, bundle, source) = (scene.operations(), scene.bundle(), scene.source());
        let bundle = if bundle == 1 { "one to a request".to_owned() } else { format!("{bundle} to a request") };
        self.say(&format!("writing {operations} keys, {bundle}, many requests at once: lines of {source}"));
    }

    /// How to go on by hand.
    pub(crate) fn invite(&self, made: &DevCluster, place: &Place) {
        let client = made.client.display();
        let program = output::program();
        let admin = &made.cluster.descriptor().replicas[made.replicas.len() - 1].admin;
        let replica = place.path().join(format!("replica-{}.log", made.replicas.len() - 1));
        self.tell(&format!(
            "\nThe cluster stays up until Ctrl-C. From another terminal:\n  \
             {program} kv --dir {client} put hello world\n  \
             {program} kv --dir {client} get hello\n  \
             {program} kv --dir {client} range LICENSE: --limit 5\n  \
             {program} status --dir {client}\n  \
             curl http://{admin}/metrics\n  \
             tail -f {}",
            replica.display()
        ));
    }
}
