//! Everything at once, by seed: messages lost and reordered, timers at any moment, crashes. The judges of the cluster
//! watch all of it; when the storm is over, everybody has to execute everything.

use crate::support::{Cluster, hint, vow};
use synod_kernel::chooser::{Chooser, Seeded};
use synod_protocols::pbft::{Hint, Timer, Vow};

struct Storm {
    cluster: Cluster,
    chooser: Seeded,
    submitted: u64,
}

impl Storm {
    fn any(&mut self) -> u16 {
        let n = self.cluster.positions().end;
        u16::try_from(self.chooser.choose("replica", usize::from(n))).unwrap()
    }

    fn act(&mut self) {
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
        for at in self.cluster.positions() {
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
            if self.cluster.positions().all(done) {
                return;
            }
            // Time passes: what is armed for the shortest time fires first, and everybody's with it.
            self.cluster.fire_shortest();
            assert!(round < 39, "seed {seed}: {:#?}", self.cluster.summary());
        }
    }
}

fn storms(n: u16, f: u16, seeds: std::ops::Range<u64>, steps: usize) {
    for seed in seeds {
        let mut storm = Storm { cluster: Cluster::new(n, f), chooser: Seeded::new(seed), submitted: 0 };
        (0..steps).for_each(|_| storm.act());
        storm.calm(seed);
    }
}

#[test]
fn pbft_4_5_2_after_every_storm_everything_is_executed_by_four() {
    storms(4, 1, 0..60, 2_000);
}

#[test]
fn pbft_4_5_2_after_every_storm_everything_is_executed_by_five() {
    storms(5, 1, 0..30, 2_000);
}

#[test]
fn pbft_4_5_2_after_every_storm_everything_is_executed_by_seven() {
    storms(7, 2, 0..30, 3_000);
}

#[test]
fn pbft_4_5_2_any_kind_of_message_may_be_lost_for_a_while() {
    for kind in 0..12 {
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
        let storm = Storm {
            cluster: {
                cluster.heal();
                cluster
            },
            chooser: Seeded::new(0),
            submitted: 32,
        };
        storm.calm(kind);
    }
}
