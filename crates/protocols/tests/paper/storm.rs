//! Everything at once, by seed: messages lost and reordered, timers at any moment, crashes. The judges of the cluster
//! watch all of it; when the storm is over, everybody has to execute everything.

use crate::support::{Cluster, hint, vow};
use synod_kernel::chooser::{Chooser, Seeded};
use synod_kernel::{Message, View};
use synod_protocols::pbft::{Checkpoint, Commit, Hint, Prepare, Timer, ViewChange, Vow};

struct Storm {
    cluster: Cluster,
    chooser: Seeded,
    submitted: u64,
    /// Whether the first replica is a liar.
    lies: bool,
}

impl Storm {
    fn any(&mut self) -> u16 {
        let n = self.cluster.positions().end;
        u16::try_from(self.chooser.choose("replica", usize::from(n))).unwrap()
    }

    /// The first replica signs whatever it likes, besides what it should.
    fn lie(&mut self) {
        let to = 1 + u16::try_from(self.chooser.choose("whom", usize::from(self.cluster.positions().end) - 1)).unwrap();
        let (core_view, executed) = (self.cluster.status(to).view, self.cluster.status(to).executed);
        let view = View::new(core_view.get() + self.chooser.choose("view", 2) as u64);
        let seq = executed.plus(1 + self.chooser.choose("place", 6) as u64);
        let batch = self.cluster.batch(&[1 + self.chooser.choose("request", 30) as u64]);
        let digest = batch.digest();
        let message = match self.chooser.choose("lie", 5) {
            0 => self.cluster.pre_prepare(0, view.get(), seq.get(), batch),
            1 => Message::Vow(Vow::Prepare(self.cluster.sign(0, Prepare { view, seq, digest }))),
            2 => Message::Vow(Vow::Commit(self.cluster.sign(0, Commit { view, seq, digest }))),
            3 => Message::Vow(Vow::Checkpoint(self.cluster.sign(0, Checkpoint { seq, state: digest }))),
            _ => {
                // A report that forgets some of what prepared, or all of it.
                let Some(genuine) = self.cluster.report(0) else { return };
                let kept = genuine.prepared().iter().filter(|_| self.chooser.choose("forget", 2) == 0).cloned();
                let (stable, kept) = (genuine.stable().cloned(), kept.collect());
                let report = ViewChange::new(core_view.next(), stable, kept, &self.cluster.scope.membership);
                let Ok(report) = report else { return };
                self.cluster.departure(0, report)
            }
        };
        self.cluster.inject(0, to, &message);
    }

    fn act(&mut self) {
        if self.lies && self.chooser.choose("lies", 6) == 0 {
            return self.lie();
        }
        let at = self.any();
        match self.chooser.choose("action", 100) {
            0..70 => {
                let waiting = self.cluster.in_flight();
                if waiting > 0 {
                    let place = self.chooser.choose("message", waiting);
                    self.cluster.overtake(place);
                    if self.chooser.choose("fate", 10) == 0 {
                        self.cluster.next_input();
                    } else {
                        self.cluster.deliver_one();
                    }
                }
            }
            70..78 => {
                let number = 1 + self.chooser.choose("request", usize::try_from(self.submitted).unwrap() + 1) as u64;
                self.submitted = self.submitted.max(number);
                if self.cluster.node(at).up {
                    self.cluster.submit(at, number);
                }
            }
            78..93 => self.cluster.fire(at, Timer::Status),
            93..96 => {
                let timers: Vec<Timer> = self.cluster.node(at).timers.keys().copied().collect();
                if !timers.is_empty() {
                    let timer = timers[self.chooser.choose("timer", timers.len())];
                    self.cluster.fire(at, timer);
                }
            }
            96..98 => self.cluster.crash(at),
            _ => {
                if !self.cluster.node(at).up {
                    self.cluster.reboot(at);
                }
            }
        }
    }

    fn calm(mut self, seed: u64) {
        let honest = u16::from(self.lies)..self.cluster.positions().end;
        if self.lies {
            self.cluster.crash(0);
        }
        for at in honest.clone() {
            if !self.cluster.node(at).up {
                self.cluster.reboot(at);
            }
        }
        self.cluster.deliver_all();
        let everything: Vec<u64> = (1..=self.submitted).collect();
        for round in 0..40 {
            self.cluster.tick(4);
            everything.iter().for_each(|&number| self.cluster.submit_all(number));
            let done = |at: u16| self.cluster.executed(at).len() == everything.len();
            if honest.clone().all(done) {
                return;
            }
            // Time passes: what is armed for the shortest time fires first, and everybody's with it.
            self.cluster.fire_shortest();
            assert!(round < 39, "seed {seed}: {:#?}", self.cluster.summary());
        }
    }
}

fn storms(n: u16, f: u16, lies: bool, seeds: std::ops::Range<u64>, steps: usize) {
    for seed in seeds {
        let mut storm = Storm { cluster: Cluster::new(n, f), chooser: Seeded::new(seed), submitted: 0, lies };
        if lies {
            storm.cluster.corrupt.insert(0);
        }
        storm.cluster.drops_needless = seed % 2 == 1;
        (0..steps).for_each(|_| storm.act());
        storm.calm(seed);
    }
}

#[test]
fn pbft_4_5_2_after_every_storm_everything_is_executed_by_four() {
    storms(4, 1, false, 0..60, 2_000);
}

#[test]
fn pbft_4_5_2_after_every_storm_everything_is_executed_by_five() {
    storms(5, 1, false, 0..30, 2_000);
}

#[test]
fn pbft_4_5_2_after_every_storm_everything_is_executed_by_seven() {
    storms(7, 2, false, 0..30, 3_000);
}

#[test]
fn pbft_4_4_a_liar_makes_nobody_disagree_and_stops_nobody() {
    storms(4, 1, true, 1_000..1_060, 2_000);
    storms(5, 1, true, 2_000..2_020, 2_000);
    storms(7, 2, true, 3_000..3_020, 2_000);
}

#[test]
fn pbft_4_5_2_any_kind_of_message_may_be_lost_for_a_while() {
    for kind in 0..13 {
        let mut cluster = Cluster::new(4, 1);
        cluster.lose(move |_, _, message| {
            let number = match (vow(message), hint(message)) {
                (Some(Vow::PrePrepare(_)), _) => 0,
                (Some(Vow::Prepare(_)), _) => 1,
                (Some(Vow::Commit(_)), _) => 2,
                (Some(Vow::Checkpoint(_)), _) => 3,
                (Some(Vow::ViewChange(_)), _) => 4,
                (Some(Vow::NewView(_)), _) => 5,
                (_, Some(Hint::Progress(_))) => 6,
                (_, Some(Hint::Body(_) | Hint::Fetch(_))) => 7,
                (_, Some(Hint::Decided { .. })) => 8,
                (_, Some(Hint::Stable(_))) => 9,
                (_, Some(Hint::Chunk { .. } | Hint::FetchChunk { .. })) => 10,
                (_, Some(Hint::NewView(_) | Hint::Proposal(_))) => 11,
                (_, Some(Hint::Suspect(_))) => 12,
                (None, None) => unreachable!("a message is one of the two"),
            };
            number == kind
        });
        cluster.run(1..=14);
        cluster.isolate(3);
        cluster.run(15..=30);
        cluster.crash(0);
        cluster.run(31..=32);
        cluster.time_out(1..4);
        cluster.tick(2);
        cluster.heal();
        let storm = Storm { cluster, chooser: Seeded::new(0), submitted: 32, lies: false };
        storm.calm(kind);
    }
}
