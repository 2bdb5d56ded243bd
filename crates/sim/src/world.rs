//! One world: replicas, disks, clients, a network and an adversary, in one thread and in virtual time.
//!
//! Honest replicas run what a real node runs: the process behind the gate, the log and the service over a disk.
//! Corrupted ones belong to one adversary. Every choice is an answer of one chooser, so a chooser that answers the same
//! makes the same world. The world knows no protocol; what is right and wrong is for the judges to say, and they are
//! told everything as it happens.

mod action;
mod chaos;
mod clients;
mod damage;
mod effects;
mod network;
mod rehearsal;
mod replica;
mod rounds;
mod seat;
mod service;
mod trouble;
mod wire;

pub use action::{Action, Schedule};
pub use network::MAX_IN_FLIGHT;

use crate::counters::Counters;
use crate::judge::{Agreement, Clients, Court, History, Proofs, Reference, Rule, States, Views, Violation, Vows};
use crate::options::Options;
use crate::scenario::{Booted, Scenario, Setting};
use crate::transcript::{Event, Place, Transcript};
use network::Network;
use seat::{Body, Honest, Seat};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use synod_kernel::adversary::Puppets;
use synod_kernel::chooser::Chooser;
use synod_kernel::descriptor::MAX_WINDOW;
use synod_kernel::process::{Message, Outbox, Process};
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{ClientId, Digest, Domain, Epoch, ReplicaId, Scope, Signer};
use synod_storage::MemoryDisk;
use trouble::Troubles;

/// A cluster, its clients and everything between them.
pub struct World<S: Scenario> {
    scenario: S,
    setting: Setting,
    referee: Referee,
    now: u64,
    /// Numbers the armings of timers.
    ticket: u64,
    schedule: Schedule<S::Process>,
    seats: Vec<Seat<S>>,
    skews: Vec<i64>,
    puppets: Puppets<S::Process>,
    adversary: S::Adversary,
    callers: Vec<clients::Caller>,
    /// Requests that were submitted, by all of them.
    asked: u64,
    network: Network,
    healed: bool,
    /// Rounds that have begun.
    rounds: u64,
    troubles: Troubles,
    /// Those that stay away after everything healed.
    outsiders: Vec<ReplicaId>,
    /// What was said to anybody lately, for rehearsals.
    recent: VecDeque<(ReplicaId, Arc<Message<S::Process>>)>,
    outbox: Outbox<S::Process>,
    judges: Judges<S::Model>,
    court: Court,
    transcript: Transcript<S::Process>,
    counters: Counters,
    rules: BTreeMap<<S::Process as Process>::Rule, u64>,
}

struct Judges<M> {
    agreement: Agreement,
    states: States,
    vows: Vows,
    reference: Reference<M>,
    clients: Clients,
    history: History,
    proofs: Proofs,
    views: Views,
}

/// The key that names a client of a simulated world.
fn client_id(number: usize) -> ClientId {
    ClientId::new(Digest::of("synod simulated client", &(number as u64).to_le_bytes()).0)
}

fn setting_of(options: Options) -> Setting {
    let cluster = Digest::of("synod simulated cluster", &options.seed.to_le_bytes());
    let domain = Domain { cluster, epoch: Epoch::new(0) };
    // The protocol's window is the scenario's to choose.
    let scope = Scope { domain, membership: options.membership, window: MAX_WINDOW };
    Setting { scope, clients: (0..options.load.clients).map(client_id).collect(), options }
}

impl<S: Scenario> World<S> {
    /// A world at time zero: nobody has started, the faults and the load are planned.
    ///
    /// # Errors
    /// If a replica cannot start on an empty disk.
    pub fn new(
        scenario: S,
        options: Options,
        expected: impl IntoIterator<Item = Rule>,
        choose: &mut dyn Chooser,
    ) -> Result<Self, Violation> {
        let setting = setting_of(options);
        let options = &setting.options;
        let replicas = usize::from(options.membership.size());
        let referee = Referee::new(options.seed, options.membership, setting.clients.iter().copied());
        let mut world = Self {
            now: 0,
            ticket: 0,
            schedule: Schedule::default(),
            seats: Vec::new(),
            skews: draw_skews(options, choose),
            puppets: Puppets::new(setting.scope.domain, options.membership),
            adversary: scenario.adversary(&setting),
            callers: clients::callers(&setting, &referee),
            asked: 0,
            network: Network::new(options.network.clone(), replicas),
            healed: false,
            rounds: 0,
            troubles: Troubles::new(replicas),
            outsiders: Vec::new(),
            recent: VecDeque::new(),
            outbox: Outbox::default(),
            judges: Judges {
                agreement: Agreement::new(replicas),
                states: States::default(),
                vows: Vows::new(replicas),
                reference: Reference::new(scenario.model(&setting)),
                clients: Clients::default(),
                history: History::default(),
                proofs: Proofs::new(&options.membership),
                views: Views::new(scenario.views_max(&setting)),
            },
            court: Court::expecting(expected),
            transcript: Transcript::default(),
            counters: Counters::default(),
            rules: BTreeMap::new(),
            referee,
            scenario,
            setting,
        };
        world.corrupt();
        world.begin_rounds(choose);
        world.populate(choose)?;
        world.plan_faults(choose);
        world.plan_load(choose);
        Ok(world)
    }

    /// Gives the adversary what it owns.
    fn corrupt(&mut self) {
        for &id in &self.setting.options.corrupt {
            let signer: Arc<dyn Signer> = Arc::new(self.referee.signer(Author::Replica(id)));
            let process = self.scenario.process(&self.setting, id, signer.clone());
            self.puppets.corrupt(id, process, signer);
        }
    }

    fn populate(&mut self, choose: &mut dyn Chooser) -> Result<(), Violation> {
        for id in self.setting.options.membership.replicas() {
            let disk = MemoryDisk::new();
            if self.setting.options.corrupt.contains(&id) {
                let booted = self.scenario.engine(&self.setting, id, disk);
                let Booted { engine, executed, state } = booted
                    .map_err(|error| Violation::of(Rule::Recovery, format!("replica {id} cannot start: {error}")))?;
                self.seats.push(Seat::Puppet(Body::new(engine)));
                self.start(id, Vec::new(), executed, state, choose)?;
            } else {
                self.seats.push(Seat::Honest(Box::new(Honest::new(disk))));
                self.boot(id, choose)?;
            }
        }
        Ok(())
    }

    /// Lets the next thing happen. Says whether there was one.
    ///
    /// # Errors
    /// The sentence of a judge that ends the run.
    pub fn advance(&mut self, choose: &mut dyn Chooser) -> Result<bool, Violation> {
        let Some((at, action)) = self.schedule.take_next() else { return Ok(false) };
        self.now = self.now.max(at);
        self.perform(action, choose)?;
        Ok(true)
    }

    /// Lets an action happen now.
    ///
    /// # Errors
    /// The sentence of a judge that ends the run.
    pub fn perform(&mut self, action: Action<S::Process>, choose: &mut dyn Chooser) -> Result<(), Violation> {
        if let Some(until) = action.runs().and_then(|at| self.troubles.paused_until(at, self.now)) {
            self.schedule.plan(until, action);
            return Ok(());
        }
        match action {
            Action::Deliver { from, to, message } => self.on_deliver(from, to, message, choose),
            Action::Request { from, to, request } => self.on_request(from, to, request, choose),
            Action::Reply { from, to, reply } => self.on_reply(from, to, reply, choose),
            Action::Fire { at, life, timer, ticket } => self.on_fire(at, life, timer, ticket, choose),
            Action::Sync { at, life } => self.on_sync(at, life, choose),
            Action::Work { at, life } => self.on_work(at, life, choose),
            Action::Reboot { at, life } => self.on_reboot(at, life, choose),
            Action::Submit { client } => self.on_submit(client, choose),
            Action::Wake { client, timer, ticket } => self.on_wake(client, timer, ticket, choose),
            Action::Nudge => {
                self.on_nudge(choose);
                Ok(())
            }
            Action::Crash => self.on_crash(choose),
            Action::PowerCut => self.on_power_cut(choose),
            Action::Partition => {
                self.on_partition(choose);
                Ok(())
            }
            Action::Save { at, life } => self.on_save(at, life, choose),
            Action::Round => {
                self.on_round(choose);
                Ok(())
            }
            Action::Pause => {
                self.on_pause(choose);
                Ok(())
            }
            Action::ClockJump => {
                self.on_clock_jump(choose);
                Ok(())
            }
            Action::SlowDisk => {
                self.on_slow_disk(choose);
                Ok(())
            }
            Action::DiskFailure => {
                self.on_disk_failure(choose);
                Ok(())
            }
            Action::Heal => self.on_heal(choose),
        }
    }

    /// Everything that can happen next, with the virtual time it is planned for.
    pub fn actions(&self) -> impl Iterator<Item = (u64, &Action<S::Process>)> {
        self.schedule.actions()
    }

    /// Virtual time, in microseconds.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// What everybody knows.
    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    /// What happened, counted, with the rules that honest replicas applied.
    pub fn counters(&self) -> Counters {
        let mut counters = self.counters.clone();
        for (rule, &times) in &self.rules {
            counters.add_rule(format!("{rule:?}"), times);
        }
        counters
    }

    /// What happened last.
    pub fn transcript(&self) -> &Transcript<S::Process> {
        &self.transcript
    }

    /// What happened last in lines, for people.
    pub fn tell(&self) -> Vec<String> {
        self.transcript.tell(&self.setting.clients, &|operation| self.scenario.describe(operation))
    }

    /// What judges said about rules that were not expected to hold.
    pub fn court(&self) -> &Court {
        &self.court
    }

    /// The last batch that honest replicas are known to have executed.
    pub fn agreement(&self) -> &Agreement {
        &self.judges.agreement
    }

    /// Whether every fault is over.
    pub fn is_healed(&self) -> bool {
        self.healed
    }

    /// Whether there is nothing left to wait for: every request is answered and honest replicas stand at one place.
    pub fn is_settled(&self) -> bool {
        self.callers.iter().all(clients::Caller::is_done)
            && self.judges.clients.settle(self.core(), &self.judges.agreement, self.now).is_ok()
    }

    /// Judges the end of a run.
    ///
    /// # Errors
    /// If something is not settled.
    pub fn settle(&mut self) -> Result<(), Violation> {
        let honest: Vec<ReplicaId> = self.honest().collect();
        let finding = self.judges.clients.settle(self.core(), &self.judges.agreement, self.now);
        self.court.hear(finding)?;
        let reference = &self.judges.reference;
        let finding = self.judges.history.end(|submission| reference.place(submission));
        self.court.hear(finding)?;
        honest.into_iter().try_for_each(|id| self.look_at(id))
    }

    fn honest(&self) -> impl Iterator<Item = ReplicaId> + use<'_, S> {
        let members = self.setting.options.membership.replicas();
        members.filter(|id| self.is_honest(*id))
    }

    /// The honest replicas that have to finish.
    fn core(&self) -> impl Iterator<Item = ReplicaId> + use<'_, S> {
        self.honest().filter(|id| !self.outsiders.contains(id))
    }

    /// Whether a replica follows the protocol and remembers what it promised.
    fn is_honest(&self, id: ReplicaId) -> bool {
        is_honest(&self.seats, &self.setting.options, id)
    }

    fn note(&mut self, place: Place, event: Event<S::Process>) {
        self.transcript.note(self.now, place, event);
    }

    fn next_ticket(&mut self) -> u64 {
        self.ticket += 1;
        self.ticket
    }
}

/// Whether somebody is a replica that follows the protocol and remembers what it promised.
fn is_honest<S: Scenario>(seats: &[Seat<S>], options: &Options, id: ReplicaId) -> bool {
    matches!(seats.get(id.index()), Some(Seat::Honest(_))) && !options.frail.contains(&id)
}

/// How many millionths each replica's clock is too fast.
fn draw_skews(options: &Options, choose: &mut dyn Chooser) -> Vec<i64> {
    let mut skew = |_| {
        let drawn = crate::draw::between(choose, "skew", 0, 2 * options.speed.skew_ppm);
        // To both sides alternately, so that 0 is a clock that is right.
        let far = i64::try_from(drawn.div_ceil(2)).expect("a skew of parts per million");
        if drawn.is_multiple_of(2) { -far } else { far }
    };
    options.membership.replicas().map(&mut skew).collect()
}
