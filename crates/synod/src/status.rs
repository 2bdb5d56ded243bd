//! `synod status`: how a cluster is, in the words of its replicas.
//!
//! Each line of the table is one replica's own word and proves nothing. What is said of the cluster counts the replicas
//! that take part, with views and places that at least one honest replica is known to have reached.

mod assessment;
mod rates;
mod sampling;
mod table;

use crate::cli::parse_duration;
use crate::failure::{Cause, Failure};
use crate::interrupts::Interrupts;
use crate::output::{self, Reader};
use crate::session::{self, Session};
use assessment::Assessment;
use clap::Args;
use rates::Rates;
use sampling::{Answer, sample};
use std::io::{IsTerminal, stdout};
use std::path::PathBuf;
use std::time::Duration;
use table::{Shown, Vitals};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Between the two answers that a single report is made of.
const BETWEEN: Duration = Duration::from_millis(250);
/// How long the second answer is waited for, at most: the replica has just given the first.
const SECOND_PATIENCE: Duration = Duration::from_secs(1);

/// Show how many more faults the cluster tolerates, and how every replica is
///
/// The first line is the one to watch. Each line of the table is one replica's own word: view, batches executed, how
/// many it is behind, its stable checkpoint, and what its process does a second. IN/HELD/LOG/TASKS is what waits in it:
/// for the protocol, for the log before it may leave, for the disk, for the service. Ends with code 3 when too few
/// replicas answer to read or write anything.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  synod status --dir cluster/client --json
  synod status --dir cluster/client --watch --interval 500ms")]
pub(crate) struct StatusArguments {
    /// The client's folder
    #[arg(long, default_value = "cluster/client")]
    dir: PathBuf,
    /// Report as JSON; with --watch, an object a line for each sample
    #[arg(long)]
    json: bool,
    /// How long to wait for a replica, e.g. 500ms or 2s
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = parse_duration)]
    timeout: Duration,
    /// Look again and again, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// With --watch, how often
    #[arg(long, value_name = "TIME", default_value = "1s", requires = "watch", value_parser = parse_duration)]
    interval: Duration,
}

/// Asks every replica and reports, once or again and again.
pub(crate) fn run(arguments: &StatusArguments) -> Result<(), Failure> {
    session::block_on(async {
        let mut watch = Watch::open(arguments).await?;
        if arguments.watch { watch.until_interrupted().await } else { watch.once().await }
    })
}

/// What is looked at.
struct Watch<'a> {
    arguments: &'a StatusArguments,
    session: Session,
    addresses: Vec<String>,
    /// What every replica said last.
    last: Vec<Answer>,
}

impl<'a> Watch<'a> {
    async fn open(arguments: &'a StatusArguments) -> Result<Self, Failure> {
        let session = Session::open(&arguments.dir, arguments.timeout).await?;
        let replicas = &session.cluster().descriptor().replicas;
        let addresses: Vec<String> = replicas.iter().map(|entry| entry.address.clone()).collect();
        let last = addresses.iter().map(|_| Err("not asked yet".to_owned())).collect();
        Ok(Self { arguments, session, addresses, last })
    }

    /// Reports once. Rates need two answers.
    async fn once(&mut self) -> Result<(), Failure> {
        self.last = sample(&self.session, &self.addresses, self.arguments.timeout).await;
        let answers = if self.last.iter().any(Result::is_ok) {
            sleep(BETWEEN).await;
            let second = sample(&self.session, &self.addresses, SECOND_PATIENCE.min(self.arguments.timeout)).await;
            // Who has just answered is there, also if it has no time now.
            second.into_iter().zip(&self.last).map(|(new, old)| new.or_else(|_| old.clone())).collect()
        } else {
            self.last.clone()
        };
        let assessment = self.show(answers)?.1;
        if assessment.has_quorum() { Ok(()) } else { Err(Failure::told(Cause::Unreachable)) }
    }

    /// Reports until it is told to end, or nobody reads any more.
    async fn until_interrupted(&mut self) -> Result<(), Failure> {
        let mut interrupts = Interrupts::new()?;
        let mut ticks = interval(self.arguments.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let patience = self.arguments.timeout.min(self.arguments.interval);
        loop {
            let answers = tokio::select! {
                _ = interrupts.next() => return Ok(()),
                answers = async {
                    ticks.tick().await;
                    sample(&self.session, &self.addresses, patience).await
                } => answers,
            };
            if self.show(answers)?.0 == Reader::Gone {
                return Ok(());
            }
        }
    }

    /// Shows new answers, with rates from those before.
    fn show(&mut self, answers: Vec<Answer>) -> Result<(Reader, Assessment), Failure> {
        let vitals: Vec<Option<Vitals>> = answers.iter().zip(&self.last).map(|(new, old)| vitals(new, old)).collect();
        let words = answers.iter().map(|answer| answer.clone().map(|status| status.protocol)).collect();
        let assessment = Assessment::new(&self.session.cluster().scope().membership, words);
        self.last = answers;
        let shown = Shown { assessment: &assessment, addresses: &self.addresses, vitals: &vitals };
        let reader = match (self.arguments.json, self.arguments.watch) {
            (true, false) => output::print_json(&table::to_json(&shown)).map(|()| Reader::Listens),
            (true, true) => output::show(&output::json_line(&table::to_json(&shown))),
            (false, false) => output::show(&table::to_text(&shown)),
            (false, true) if stdout().is_terminal() => output::show(&redrawn(&table::to_text(&shown))),
            (false, true) => output::show(&(table::to_text(&shown) + "\n")),
        }?;
        Ok((reader, assessment))
    }
}

fn vitals(new: &Answer, old: &Answer) -> Option<Vitals> {
    let usage = new.as_ref().ok()?.usage.clone();
    let rates = old.as_ref().ok().and_then(|old| Rates::between(&old.usage, &usage));
    Some(Vitals { usage, rates })
}

/// The text in the place of what was there, from the top of the terminal, without the flicker of an empty one.
fn redrawn(text: &str) -> String {
    let lines: String = text.lines().map(|line| format!("{line}\x1b[K\n")).collect();
    format!("\x1b[H{lines}\x1b[J")
}
