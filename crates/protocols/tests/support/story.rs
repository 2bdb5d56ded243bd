//! What a test can have happen to a cluster, and what it can ask of it.

use super::{CLIENT, Cluster, Node, Payload};
use std::rc::Rc;
use std::time::Duration;
use synod_kernel::{Address, Digest, Input, Message, Process, Record, Seq};
use synod_protocols::pbft::{Replica, Rule, Timer, Vow};

impl Cluster {
    /// Gives a request of the client to one replica.
    pub fn submit(&mut self, at: u16, number: u64) {
        let request = self.request(number);
        self.step(at, Input::Request { from: Address::Client(CLIENT), request });
    }

    /// Gives a request of the client to everybody and lets the network do its work.
    pub fn submit_all(&mut self, number: u64) {
        let up: Vec<u16> = self.positions().filter(|&at| self.nodes[usize::from(at)].up).collect();
        up.into_iter().for_each(|at| self.submit(at, number));
        self.deliver_all();
    }

    /// Whether requests that are handed on get lost.
    pub fn lose_forwards(&mut self, loses: bool) {
        self.loses_forwards = loses;
    }

    /// Makes the service of every replica forget requests that are so far behind, as sessions do.
    pub fn forget_behind(&mut self, window: u64) {
        self.nodes.iter_mut().for_each(|node| node.service.window = Some(window));
    }

    pub fn run(&mut self, numbers: impl IntoIterator<Item = u64>) {
        numbers.into_iter().for_each(|number| self.submit_all(number));
    }

    /// Everybody tells how far it is, this many times.
    pub fn tick(&mut self, times: usize) {
        for _ in 0..times {
            for at in self.positions() {
                self.fire(at, Timer::Status);
            }
            self.deliver_all();
        }
    }

    pub fn fire(&mut self, at: u16, timer: Timer) {
        if self.node(at).up && self.node(at).timers.remove(&timer).is_some() {
            self.step(at, Input::Timeout(timer));
        }
    }

    /// Fires the first armed timer of this kind. False if there is none.
    pub fn fire_first(&mut self, at: u16, kind: impl Fn(&Timer) -> bool) -> bool {
        let timer = self.node(at).timers.keys().copied().find(kind);
        timer.map(|timer| self.fire(at, timer)).is_some()
    }

    pub fn cut(&mut self, from: u16, to: u16) {
        self.cut.insert((from, to));
    }

    /// Nobody hears this replica any more, and it hears nobody.
    pub fn isolate(&mut self, at: u16) {
        self.positions().for_each(|peer| self.cut.extend([(at, peer), (peer, at)]));
    }

    /// The network is whole again, and loses nothing.
    pub fn heal(&mut self) {
        self.cut.clear();
        self.loses = None;
    }

    /// The network loses what the rule says.
    pub fn lose(&mut self, rule: impl Fn(u16, u16, &Message<Replica>) -> bool + 'static) {
        self.loses = Some(Rc::new(rule));
    }

    pub fn crash(&mut self, at: u16) {
        self.node(at).up = false;
    }

    /// A new process, from what is on disk.
    pub fn reboot(&mut self, at: u16) {
        let core = Replica::new(self.config(at));
        let node = self.node(at);
        (node.core, node.up) = (core, true);
        node.timers.clear();
        node.held.clear();
        node.service.reboot();
        let (executed, state) = (node.service.durable.seq, node.service.durable.digest());
        let state = if executed == Seq::default() { Digest::ZERO } else { state };
        let records = node.records.clone();
        self.step(at, Input::Start { records, executed, state });
    }

    /// The numbers of the requests a replica executed, in order.
    pub fn executed(&self, at: u16) -> Vec<u64> {
        self.nodes[usize::from(at)].service.state.history.iter().map(|(_, key)| key.id.get()).collect()
    }

    /// Asserts that all these replicas executed exactly this.
    pub fn assert_executed(&self, replicas: impl IntoIterator<Item = u16>, numbers: &[u64]) {
        for at in replicas {
            assert_eq!(self.executed(at), numbers, "replica {at}: {:?}", self.nodes[usize::from(at)].core.status());
        }
    }

    pub fn status(&self, at: u16) -> synod_kernel::Status {
        self.nodes[usize::from(at)].core.status()
    }

    pub fn applied(&self, at: u16, rule: Rule) -> usize {
        self.nodes[usize::from(at)].rules.iter().filter(|&&applied| applied == rule).count()
    }

    /// Lets the request timers of these replicas fire, and everything that follows.
    pub fn time_out(&mut self, replicas: impl IntoIterator<Item = u16>) {
        for at in replicas {
            self.fire_first(at, |timer| matches!(timer, Timer::Request(..)));
        }
        self.deliver_all();
    }

    /// How many messages are on the wire.
    pub fn in_flight(&self) -> usize {
        self.wire.len()
    }

    /// How many requests that are handed on are on the wire.
    pub fn in_flight_requests(&self) -> usize {
        self.wire.iter().filter(|(_, _, payload)| matches!(payload, Payload::Request(_))).count()
    }

    /// Lets the message at this place overtake all others.
    pub fn overtake(&mut self, place: usize) {
        let overtaking = self.wire.remove(place).expect("on the wire");
        self.wire.push_front(overtaking);
    }

    /// Lets time pass until the next timers fire that are not about progress.
    pub fn fire_shortest(&mut self) {
        let timers = |node: &Node| node.timers.clone().into_iter().filter(|(timer, _)| *timer != Timer::Status);
        let Some(shortest) = self.nodes.iter().filter(|node| node.up).flat_map(timers).map(|(_, after)| after).min()
        else {
            return;
        };
        for at in self.positions() {
            let due: Vec<Timer> =
                timers(self.node(at)).filter(|(_, t)| *t == shortest).map(|(timer, _)| timer).collect();
            for (timer, after) in &mut self.node(at).timers {
                let passed = if *timer == Timer::Status { Duration::ZERO } else { shortest };
                *after = after.saturating_sub(passed);
            }
            due.into_iter().for_each(|timer| self.fire(at, timer));
        }
        self.deliver_all();
    }

    /// A line per replica, for the message of a test that failed.
    pub fn summary(&self) -> Vec<String> {
        let line = |node: &Node| {
            let timers: Vec<&Timer> = node.timers.keys().collect();
            let executed = node.service.state.history.len();
            format!("{:?} {executed} executed, {timers:?}", node.core.status())
        };
        self.nodes.iter().map(line).collect()
    }

    /// The vows a replica has on disk.
    pub fn vows(&self, at: u16) -> Vec<Vow> {
        let records = self.nodes[usize::from(at)].records.iter();
        let vow = |record: &Record<Replica>| match record {
            Record::Vow(vow) => Some(vow.clone()),
            Record::Fact(_) => None,
        };
        records.filter_map(vow).collect()
    }
}
