//! The way to what was found, told for somebody who was not there: steps of real processes, with the plan's names in
//! place of digests.

use super::{Event, Move, Origin, Search, State};
use crate::explore::local::answers;
use crate::explore::plan::Plan;
use crate::explore::report::{Path, Step};
use crate::transcript::terse;
use std::collections::{BTreeMap, BTreeSet};
use synod_kernel::process::{Message, Question, Target};
use synod_kernel::{Digest, ReplicaId};

impl<L: Plan> Search<'_, L> {
    /// The way to a state, and what is wrong with the next move from there.
    pub(super) fn path(&self, last: usize, at: ReplicaId, how: Move, sentence: &str) -> Path {
        let mut steps = vec![self.tell(self.states[last].locals[at.index()], at, how)];
        let mut number = last;
        while number > 0 {
            let Origin { from, at, how } = self.origins[number];
            number = from as usize;
            let at = ReplicaId::new(u16::from(at));
            steps.push(self.tell(self.states[number].locals[at.index()], at, how));
        }
        steps.reverse();
        let mut sentences = vec![self.named(sentence)];
        sentences.extend(self.splits(&self.states[last]));
        Path { sentence: sentences.join("\n"), steps }
    }

    fn tell(&self, local: u32, at: ReplicaId, how: Move) -> Step {
        let stepped = self.take(local, at, how);
        let mut what = match how.event {
            Event::Arrives(number) => {
                let utterance = self.soups.utterance(number);
                let liar = if self.honest.contains(&utterance.from) { "" } else { "the liar " };
                format!("hears {liar}r{} say {}", utterance.from, self.message(&utterance.message))
            }
            Event::Asked(number) => format!("gets {:?} of a client", self.requests[number as usize].key()),
            Event::Fires(number) => {
                let timer = self.locals.get(local).alarms(self.plan).nth(number as usize);
                format!("waits too long: {:?}", timer.expect("a timer that was counted"))
            }
        };
        if let Some(effect) = how.dies_before {
            what += &format!(", crashes after {effect} effects, and starts again");
        }
        let rules = stepped.rules.iter().map(|rule| format!("{rule:?}")).collect();
        let heard = stepped.said.iter().filter(|(_, message)| self.plan.carries(message));
        let said = heard.map(|(to, message)| match to {
            Target::Others => self.message(message),
            Target::One(id) => format!("to r{id}: {}", self.message(message)),
        });
        Step { replica: at.get(), what: self.named(&what), rules, said: said.collect() }
    }

    fn message(&self, message: &Message<L::Process>) -> String {
        let text = match message {
            Message::Vow(vow) => format!("{vow:?}"),
            Message::Hint(hint) => format!("{hint:?}"),
        };
        self.named(&text)
    }

    /// The same with fewer brackets and with names.
    fn named(&self, text: &str) -> String {
        let names = self.plan.names();
        names.iter().fold(terse(text), |text, (long, name)| text.replace(long, name))
    }

    /// Which questions honest replicas answered in different ways, and who gave which answer.
    fn splits(&self, state: &State) -> Vec<String> {
        let mut all = BTreeMap::<Question, BTreeMap<Digest, BTreeSet<ReplicaId>>>::new();
        for &id in &self.honest {
            for (question, answer) in answers(self.locals.get(state.locals[id.index()])) {
                all.entry(question).or_default().entry(answer).or_default().insert(id);
            }
        }
        let split = all.into_iter().filter(|(_, answers)| answers.len() > 1);
        split.map(|(question, answers)| self.split(question, &answers)).collect()
    }

    fn split(&self, question: Question, answers: &BTreeMap<Digest, BTreeSet<ReplicaId>>) -> String {
        let said = answers.iter().map(|(answer, by)| {
            let by: Vec<String> = by.iter().map(|id| format!("r{id}")).collect();
            format!("{answer} by {}", by.join(" and "))
        });
        self.named(&format!("{question:?} was answered in two ways: {}", said.collect::<Vec<_>>().join(", ")))
    }
}
