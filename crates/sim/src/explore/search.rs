//! Breadth first through all states, with every step of a replica taken once.

mod tell;

use super::intern::Interned;
use super::local::{Local, Stepped, disagreement, executed};
use super::plan::{Limits, Plan};
use super::report::{Found, Outcome, Progress};
use super::soup::{NOTHING, Soups};
use std::collections::HashMap;
use std::ops::ControlFlow;
use synod_kernel::process::Input;
use synod_kernel::{Address, ReplicaId};

/// Replicas of a small world, at most.
pub const REPLICAS_MAX: u16 = 7;
/// How many states are looked at between two reports of progress.
const STATES_BETWEEN_REPORTS: usize = 1 << 10;

/// The world, in numbers: what each replica is in, what was said, and how many may still crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    locals: [u32; REPLICAS_MAX as usize],
    soup: u32,
    crashes: u8,
}

/// What happens to a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Event {
    /// A message arrives.
    Arrives(u32),
    /// A request arrives.
    Asked(u32),
    /// The n-th of the timers that may fire does.
    Fires(u32),
}

/// What happens to a replica, and before which effect it dies of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Move {
    event: Event,
    dies_before: Option<u32>,
}

/// What a move makes of a replica.
#[derive(Clone, Copy, Debug)]
enum Made {
    /// Nothing that was not there.
    Nothing,
    /// It leaves the edge of the world.
    Beyond,
    /// Another replica, and a set of messages.
    Changed { local: u32, said: u32 },
    /// Something wrong: the number of the sentence.
    Wrong(u32),
}

/// How a state was reached.
#[derive(Clone, Copy, Debug)]
struct Origin {
    from: u32,
    at: u8,
    how: Move,
}

struct Search<'a, L: Plan> {
    plan: &'a L,
    limits: Limits,
    honest: Vec<ReplicaId>,
    requests: Vec<synod_kernel::Request>,
    locals: Interned<Local<L::Process>>,
    soups: Soups<L::Process>,
    /// With how many effects of each move a crash may separate.
    made: HashMap<(u32, u8, Move), (Made, u32)>,
    sentences: Vec<String>,
    numbers: HashMap<State, u32>,
    states: Vec<State>,
    origins: Vec<Origin>,
    agreed: HashMap<(u32, u32), bool>,
    levels: Vec<usize>,
    steps: u64,
    beyond: u64,
}

/// Visits every state of the plan's world within the limits, until something is wrong.
///
/// # Panics
/// If the plan's world has more than [`REPLICAS_MAX`] replicas.
pub fn explore<L: Plan>(plan: &L, limits: Limits) -> Found {
    explore_while(plan, limits, |_| ControlFlow::Continue(()))
}

/// The same, as long as `watch`, which is told now and then how far it is, lets it go on. If it does not, what was
/// found by then is [`Outcome::Incomplete`].
///
/// # Panics
/// If the plan's world has more than [`REPLICAS_MAX`] replicas.
pub fn explore_while<L: Plan>(plan: &L, limits: Limits, watch: impl FnMut(Progress) -> ControlFlow<()>) -> Found {
    let corrupt = plan.corrupt();
    let honest: Vec<ReplicaId> = plan.membership().replicas().filter(|id| !corrupt.contains(id)).collect();
    assert!(plan.membership().size() <= REPLICAS_MAX, "a small world has {REPLICAS_MAX} replicas at most");
    let mut search = Search {
        plan,
        limits,
        honest,
        requests: plan.requests(),
        locals: Interned::default(),
        soups: Soups::new(plan),
        made: HashMap::new(),
        sentences: Vec::new(),
        numbers: HashMap::new(),
        states: Vec::new(),
        origins: Vec::new(),
        agreed: HashMap::new(),
        levels: Vec::new(),
        steps: 0,
        beyond: 0,
    };
    let (outcome, depth) = search.run(watch);
    let (messages, soups) = search.soups.sizes();
    let (states, locals) = (search.states.len(), search.locals.len());
    let Search { levels, steps, beyond, .. } = search;
    Found { outcome, states, steps, beyond, locals, messages, soups, depth, levels }
}

impl<L: Plan> Search<'_, L> {
    fn run(&mut self, mut watch: impl FnMut(Progress) -> ControlFlow<()>) -> (Outcome, usize) {
        let start = self.start();
        let origin = Origin { from: 0, at: 0, how: Move { event: Event::Asked(0), dies_before: None } };
        self.visit(start, origin);
        let (mut next, mut level_ends, mut depth) = (0, 1, 0);
        self.levels.push(1);
        while next < self.states.len() {
            if next == level_ends {
                self.levels.push(self.states.len() - level_ends);
                (level_ends, depth) = (self.states.len(), depth + 1);
            }
            let progress = Progress { states: self.states.len(), steps: self.steps, depth };
            if next % STATES_BETWEEN_REPORTS == 0 && watch(progress).is_break() {
                return (Outcome::Incomplete, depth);
            }
            if let Some((at, how, sentence)) = self.expand(next) {
                return (Outcome::Violated(self.path(next, at, how, &sentence)), depth + 1);
            }
            if self.states.len() > self.limits.states {
                return (Outcome::Incomplete, depth);
            }
            next += 1;
        }
        (Outcome::Complete, depth)
    }

    fn start(&mut self) -> State {
        let mut state = State { locals: [0; REPLICAS_MAX as usize], soup: NOTHING, crashes: self.limits.crashes };
        for &id in &self.honest.clone() {
            let Stepped { mut local, said, .. } = Local::boot(self.plan.process(id));
            local.settle(self.plan);
            state.locals[id.index()] = self.locals.intern(local).0;
            let said = self.soups.set(id, said, self.plan);
            state.soup = self.soups.join(state.soup, said, self.plan);
        }
        state
    }

    fn visit(&mut self, state: State, origin: Origin) {
        let next = u32::try_from(self.states.len()).expect("fewer than 2^32 states");
        if *self.numbers.entry(state).or_insert(next) == next {
            self.states.push(state);
            self.origins.push(origin);
        }
    }

    /// Lets everything happen that can happen next. Returns what is wrong, if something is.
    fn expand(&mut self, number: usize) -> Option<(ReplicaId, Move, String)> {
        let state = self.states[number];
        for position in 0..self.honest.len() {
            let at = self.honest[position];
            for event in self.events(&state, at) {
                let mut how = Move { event, dies_before: None };
                let effects = match self.follow(number, &state, at, how) {
                    Ok(effects) => effects,
                    Err(sentence) => return Some((at, how, sentence)),
                };
                if state.crashes == 0 {
                    continue;
                }
                for effect in 0..=effects {
                    how.dies_before = Some(effect);
                    if let Err(sentence) = self.follow(number, &state, at, how) {
                        return Some((at, how, sentence));
                    }
                }
            }
        }
        None
    }

    fn events(&self, state: &State, at: ReplicaId) -> Vec<Event> {
        let local = self.locals.get(state.locals[at.index()]);
        let alarms = u32::try_from(local.alarms(self.plan).count()).expect("a handful of timers");
        let requests = u32::try_from(self.requests.len()).expect("a handful of requests");
        let arrivals = self.soups.arrivals(state.soup, at).iter().copied().map(Event::Arrives);
        arrivals.chain((0..requests).map(Event::Asked)).chain((0..alarms).map(Event::Fires)).collect()
    }

    /// Goes where a move leads. Returns how many effects a crash may separate, or what is wrong there.
    fn follow(&mut self, number: usize, state: &State, at: ReplicaId, how: Move) -> Result<u32, String> {
        let (made, effects) = self.make(state.locals[at.index()], at, how);
        match made {
            Made::Nothing => {}
            Made::Beyond => self.beyond += 1,
            Made::Wrong(sentence) => return Err(format!("replica {at}: {}", self.sentences[sentence as usize])),
            Made::Changed { local, said } => {
                let mut next = *state;
                next.locals[at.index()] = local;
                next.soup = self.soups.join(state.soup, said, self.plan);
                next.crashes -= u8::from(how.dies_before.is_some());
                if next != *state {
                    self.steps += 1;
                    let at_number = u8::try_from(at.index()).expect("seven replicas at most");
                    let from = u32::try_from(number).expect("fewer than 2^32 states");
                    if !self.numbers.contains_key(&next) {
                        self.judge(&next, at)?;
                        self.visit(next, Origin { from, at: at_number, how });
                    }
                }
            }
        }
        Ok(effects)
    }

    /// What a move makes of a replica: computed once.
    fn make(&mut self, local: u32, at: ReplicaId, how: Move) -> (Made, u32) {
        let index = u8::try_from(at.index()).expect("seven replicas at most");
        if let Some(&known) = self.made.get(&(local, index, how)) {
            return known;
        }
        let stepped = self.take(local, at, how);
        let effects = u32::try_from(stepped.effects).expect("a step has few effects");
        let made = self.number(local, at, stepped);
        self.made.insert((local, index, how), (made, effects));
        (made, effects)
    }

    fn take(&self, local: u32, at: ReplicaId, Move { event, dies_before }: Move) -> Stepped<L::Process> {
        let replica = self.locals.get(local);
        let input = match event {
            Event::Arrives(number) => {
                let utterance = self.soups.utterance(number);
                Input::Deliver { from: utterance.from, message: utterance.message.clone() }
            }
            Event::Asked(number) => {
                let request = self.requests[number as usize].clone();
                Input::Request { from: Address::Client(request.key().client), request }
            }
            Event::Fires(number) => {
                let timer = replica.alarms(self.plan).nth(number as usize);
                Input::Timeout(timer.expect("a timer that was counted"))
            }
        };
        let Some(effect) = dies_before else { return replica.step(input, usize::MAX) };
        let died = replica.step(input, effect as usize);
        let rebooted = died.local.reboot(self.plan.process(at));
        Stepped {
            said: died.said.into_iter().chain(rebooted.said).collect(),
            rules: died.rules.into_iter().chain(rebooted.rules).collect(),
            effects: died.effects,
            wrong: died.wrong.or(rebooted.wrong),
            local: rebooted.local,
        }
    }

    fn number(&mut self, before: u32, at: ReplicaId, mut stepped: Stepped<L::Process>) -> Made {
        if let Some(sentence) = stepped.wrong {
            self.sentences.push(sentence);
            return Made::Wrong(u32::try_from(self.sentences.len() - 1).expect("few sentences"));
        }
        if !self.plan.is_within(&stepped.local.status()) {
            return Made::Beyond;
        }
        stepped.local.settle(self.plan);
        let (local, _) = self.locals.intern(stepped.local);
        let said = self.soups.set(at, stepped.said, self.plan);
        if local == before && said == NOTHING { Made::Nothing } else { Made::Changed { local, said } }
    }

    /// What is wrong in a state in which `at` has just changed, if something is.
    fn judge(&mut self, state: &State, at: ReplicaId) -> Result<(), String> {
        let mine = state.locals[at.index()];
        for &other in self.honest.iter().filter(|id| **id != at) {
            let theirs = state.locals[other.index()];
            let (locals, key) = (&self.locals, (mine.min(theirs), mine.max(theirs)));
            let agrees = self.agreed.entry(key);
            let agrees = *agrees.or_insert_with(|| disagreement(locals.get(key.0), locals.get(key.1)).is_none());
            if !agrees {
                let (one, two) = (executed(at, locals.get(mine)), executed(other, locals.get(theirs)));
                return Err(format!("Agreement: {one}, and {two}"));
            }
        }
        Ok(())
    }
}
