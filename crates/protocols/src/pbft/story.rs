//! A view change as its operator reads of it: who left which view and why, who leads the next, what it starts with.
//!
//! Nothing here decides anything. Sentences are made of ids and numbers only.

use super::replica::{Mode, Out, Replica};
use super::rule::Rule;
use super::statement::{NewView, Suspect};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use synod_kernel::certificate::Weak;
use synod_kernel::process::{Chapter, Note};
use synod_kernel::{Batch, Certificate, ReplicaId, RequestKey, Seq, View};

const TOPIC: &str = "view change";

/// Why a replica suspects the primary of its view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// This request has waited as long as the view allows. [PBFT-OSDI99 §4.4]
    Waited(RequestKey),
    /// The view that was asked for did not start in time. [PBFT-OSDI99 §4.4]
    NotStarted,
}

/// Why a replica leaves its view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// f+1 suspect its primary. [PBFT-OSDI99 §4.4]
    Suspected,
    /// This replica left and showed that f+1 did. [PBFT-OSDI99 §4.5.2]
    Shown(ReplicaId),
}

impl Cause {
    /// The rule by which it leaves.
    pub(super) fn rule(self) -> Rule {
        match self {
            Self::Suspected => Rule::LeaveView,
            Self::Shown(_) => Rule::JoinViewChange,
        }
    }
}

fn tell(chapter: Chapter, sentence: String, out: &mut Out) {
    out.note(Note { topic: TOPIC, chapter, sentence });
}

impl Replica {
    /// This replica suspects the primary.
    pub(super) fn tell_suspicion(&self, reason: &Reason, out: &mut Out) {
        let (view, primary) = (self.view, self.config.primary(self.view));
        let waited = self.config.view_timeout(self.attempts);
        let why = match reason {
            Reason::Waited(RequestKey { client, id, .. }) => {
                format!("it did not get request {id} of client {client} executed in {waited:?}")
            }
            Reason::NotStarted => format!("it did not start the view in {waited:?}"),
        };
        tell(Chapter::GoesOn, format!("suspecting replica {primary}, the primary of view {view}: {why}"), out);
    }

    /// Another replica suspects it.
    pub(super) fn tell_suspected(&self, from: ReplicaId, count: usize, out: &mut Out) {
        let (view, primary) = (self.view, self.config.primary(self.view));
        let needed = self.config.membership().weak();
        let sum = format!("that makes {count}, and {needed} are needed");
        let sentence = format!("replica {from} suspects replica {primary}, the primary of view {view}: {sum}");
        tell(Chapter::GoesOn, sentence, out);
    }

    /// The view is about to be left.
    pub(super) fn tell_departure(&self, target: View, cause: Cause, proof: &Certificate<Suspect, Weak>, out: &mut Out) {
        let (view, suspected) = (self.view, proof.statement().view);
        let (primary, members) = (self.config.primary(suspected), proof.signers().collect::<Vec<ReplicaId>>());
        let (who, shown) = (
            replicas(&members),
            match cause {
                Cause::Suspected => String::new(),
                Cause::Shown(by) => format!("replica {by} shows that "),
            },
        );
        let verb = if members.len() == 1 { "suspects" } else { "suspect" };
        let why = format!("{shown}{who} {verb} replica {primary}, the primary of view {suspected}");
        let chapter = match self.mode {
            Mode::Normal => Chapter::Begins,
            Mode::ViewChange { .. } => Chapter::GoesOn,
        };
        tell(chapter, format!("leaving view {view} for view {target}: {why}"), out);
    }

    /// Another replica has left.
    pub(super) fn tell_departed(&self, from: ReplicaId, view: View, out: &mut Out) {
        let left = self.departures.values().filter(|departure| departure.view() == view).count();
        let needed = self.config.membership().strong();
        tell(
            Chapter::GoesOn,
            format!("replica {from} asks for view {view}: that makes {left}, and {needed} are needed"),
            out,
        );
    }

    /// Enough have left, and the view that was asked for has so long to start.
    pub(super) fn tell_waiting(&self, left: usize, out: &mut Out) {
        let (view, size) = (self.view, self.config.membership().size());
        let (primary, patience) = (self.config.primary(view), self.config.view_timeout(self.attempts));
        let who = if self.config.is_primary(view) { "this replica".to_string() } else { format!("replica {primary}") };
        let sentence = format!("{left} of {size} replicas have left: {who} has {patience:?} to start view {view}");
        tell(Chapter::GoesOn, sentence, out);
    }

    /// The view is entered, with what it carries over.
    pub(super) fn tell_entry(&self, message: &NewView, out: &mut Out) {
        let view = message.view();
        let signers: Vec<ReplicaId> = message.view_changes().iter().map(|message| message.signer()).collect();
        let who = match self.config.primary(view) {
            primary if primary == self.config.id() => "this replica, its primary,".to_string(),
            primary => format!("replica {primary}, its primary,"),
        };
        let null = Batch::null().digest();
        let proposals = message.proposals();
        let nulls = proposals.iter().filter(|proposal| proposal.statement().digest == null).count();
        let carried = match (proposals.first(), proposals.last()) {
            (Some(first), Some(last)) => {
                let (first, last) = (first.statement().seq, last.statement().seq);
                let which = if first == last { format!("batch {first}") } else { format!("batches {first} to {last}") };
                format!("it carries over {which}, {nulls} of them null")
            }
            _ => "it carries nothing over".to_string(),
        };
        let base = message.view_changes().iter().map(|message| message.statement().stable_seq()).max();
        let base = base.unwrap_or_default();
        let word = replicas(&signers);
        let sentence = format!("{who} starts view {view} on the word of {word}: {carried}, from checkpoint {base}");
        tell(Chapter::GoesOn, sentence, out);
    }

    /// A batch was executed: the first that was decided in this view, if none was told of.
    pub(super) fn tell_first_execution(&mut self, seq: Seq, out: &mut Out) {
        let committed = self.slots.get(&seq).and_then(|slot| slot.committed.as_ref());
        if self.tells_execution && committed.is_some_and(|proof| proof.statement().view == self.view) {
            self.tells_execution = false;
            let view = self.view;
            tell(Chapter::Ends, format!("batch {seq} is executed, the first that view {view} has decided"), out);
        }
    }
}

/// Them, in words.
fn replicas(ids: &[ReplicaId]) -> String {
    match ids {
        [one] => format!("replica {one}"),
        [others @ .., last] => {
            let others: Vec<String> = others.iter().map(ToString::to_string).collect();
            format!("replicas {} and {last}", others.join(", "))
        }
        [] => "nobody".to_string(),
    }
}
