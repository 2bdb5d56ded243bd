//! Clients against services: lossy channels, requests ordered several times, a replica that lies, a clock that went
//! back. Whatever a client is told about its operations is true, and each happens once at most.

use super::*;
use crate::Service;
use crate::fixture::{self, Counter};
use alloc::collections::BTreeMap;
use synod_kernel::Batch;
use synod_kernel::chooser::{Chooser, Seeded};

/// Replica 0 lies.
const LIAR: u16 = 0;

struct World {
    chooser: Seeded,
    service: Service<Counter>,
    seq: u64,
    client: Client,
    /// Requests that some replica has, to be ordered any time, any number of times.
    received: Vec<Request>,
    replies: Vec<ClientInput>,
    outcomes: BTreeMap<Ticket, Outcome>,
}

impl World {
    fn new(seed: u64, session: u64) -> Self {
        let signer = Arc::new(client_signer(ALICE));
        let client = Client::new(scope(), signer, SessionId::new(session), Patience::default());
        let (received, replies, outcomes) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { chooser: Seeded::new(seed), service: fixture::service(), seq: 0, client, received, replies, outcomes }
    }

    fn flip(&mut self) -> bool {
        self.chooser.choose("flip", 2) == 0
    }

    fn perform(&mut self, effects: Vec<ClientEffect>) {
        for effect in effects {
            match effect {
                ClientEffect::Send { ticket, to, request } => {
                    if self.flip() {
                        self.client.step(ClientInput::Unreachable { ticket }, &mut Vec::new());
                    } else if to != replica(LIAR) && self.flip() {
                        self.received.push(request);
                    }
                }
                ClientEffect::Arm { .. } | ClientEffect::Disarm(_) => {}
                ClientEffect::Done { ticket, outcome } => {
                    self.outcomes.insert(ticket, outcome);
                }
            }
        }
    }

    /// Orders a request that was received, perhaps not for the first time.
    fn order(&mut self) {
        if self.received.is_empty() {
            return;
        }
        let request = self.received[self.chooser.choose("order", self.received.len())].clone();
        self.seq += 1;
        let outcomes = self.service.execute(Seq::new(self.seq), &Batch::new(vec![request.clone()]));
        let (domain, key) = (scope().domain, request.key());
        for from in 0..4 {
            let (seq, result) = match from {
                LIAR => (Seq::new(self.seq + 1), Resolution::encoded(&request, executed(b"lie"))),
                _ => (outcomes[0].seq, outcomes[0].result.clone()),
            };
            let reply = Reply::sign(View::new(self.seq / 10), key, seq, result, &domain, &replica_signer(from));
            if self.flip() {
                self.replies.push(ClientInput::Reply { from: replica(from), reply });
            }
        }
    }

    fn step(&mut self) {
        let mut out = Vec::new();
        let mut tickets: Vec<Ticket> = self.client.pending.keys().copied().collect();
        tickets.push(Ticket::default());
        let ticket = tickets[self.chooser.choose("ticket", tickets.len())];
        match self.chooser.choose("action", 40) {
            0..8 => {
                let destination = if self.flip() { Destination::All } else { Destination::Primary };
                let _ = self.client.submit(vec![Bytes::from_static(b"x")], destination, &mut out);
            }
            8..20 => self.order(),
            20..34 if !self.replies.is_empty() => {
                let reply = self.chooser.choose("reply", self.replies.len());
                self.client.step(self.replies.swap_remove(reply), &mut out);
            }
            34 => self.client.step(ClientInput::Timeout(ClientTimer::Deadline(ticket)), &mut out),
            35 => {
                let _ = self.client.retry(ticket, &mut out);
            }
            _ => self.client.step(ClientInput::Timeout(ClientTimer::Retransmit(ticket)), &mut out),
        }
        self.perform(out);
    }

    /// The network heals: what is sent arrives, in both directions.
    fn heal(&mut self) {
        for _ in 0..40 {
            let tickets: Vec<Ticket> = self.client.pending.keys().copied().collect();
            for ticket in tickets {
                let mut out = Vec::new();
                let _ = self.client.retry(ticket, &mut out);
                self.client.step(ClientInput::Timeout(ClientTimer::Retransmit(ticket)), &mut out);
                self.perform(out);
                let Some(pending) = self.client.pending.get(&ticket) else { continue };
                self.received = vec![pending.request.clone()];
                self.order();
                for reply in core::mem::take(&mut self.replies) {
                    let mut out = Vec::new();
                    self.client.step(reply, &mut out);
                    self.perform(out);
                }
            }
        }
    }
}

#[test]
fn every_submission_ends_in_a_true_outcome_and_happens_once_at_most() {
    let (mut committed, mut unavailable) = (0, 0);
    for seed in 0..100 {
        let mut world = World::new(seed, 10);
        if seed % 2 == 0 {
            // The clock went back: an earlier incarnation used a later session.
            fixture::run(&mut world.service, 0, &fixture::ask(20, 1, &[b"x"]));
        }
        let before = fixture::count(&world.service);
        for _ in 0..400 {
            world.step();
        }
        world.heal();
        assert_eq!(world.client.outstanding(), 0, "seed {seed}: everything has come to its end");
        let mut counts = Vec::new();
        for (ticket, outcome) in &world.outcomes {
            match outcome {
                Outcome::Committed { results, .. } => counts.push(results[0].clone()),
                Outcome::Unavailable => unavailable += 1,
                Outcome::Unknown | Outcome::Rejected(_) => panic!("seed {seed}: {ticket} ended in {outcome:?}"),
            }
        }
        counts.sort();
        let expected: Vec<Bytes> = (before + 1..=fixture::count(&world.service))
            .map(|count| Bytes::copy_from_slice(&count.to_be_bytes()))
            .collect();
        assert_eq!(counts, expected, "seed {seed}: an outcome for each operation that happened, and no other");
        committed += counts.len();
    }
    assert!(committed > 1000 && unavailable > 0, "{committed} committed, {unavailable} unavailable");
}
