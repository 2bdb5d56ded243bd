//! What leaves a coalition, word by word.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use synod_attacks::{Silent, pbft::Equivocate};
use synod_kernel::adversary::{Adversary, Puppets};
use synod_kernel::chooser::Seeded;
use synod_kernel::descriptor::Parameters;
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{
    Address, ClientId, Digest, Domain, Effect, Encode, Epoch, Faults, Input, Membership, Message, Outbox, ReplicaId,
    Request, RequestId, Scope, Seq, SessionId, Target, Unverified, View,
};
use synod_protocols::pbft::{Config, Replica, Timer, Vow};

const CLIENT: ClientId = ClientId::new([7; 32]);

/// A coalition of the first few replicas, and what it has said to the others.
struct Coalition<A> {
    scope: Scope,
    referee: Referee,
    puppets: Puppets<Replica>,
    adversary: A,
    chooser: Seeded,
    said: Vec<Effect<Replica>>,
    /// Vows, by who sent them and to whom.
    vows: Vec<(ReplicaId, ReplicaId, Vow)>,
}

impl<A: Adversary<Replica>> Coalition<A> {
    fn new(replicas: u16, corrupt: u16, seed: u64, adversary: A) -> Self {
        let membership = Membership::new(replicas, Faults::Byzantine((replicas - 1) / 3)).unwrap();
        let domain = Domain { cluster: Digest::of("test", b"cluster"), epoch: Epoch::new(0) };
        let scope = Scope { domain, membership, window: Parameters::default().window };
        let referee = Referee::new(seed, membership, [CLIENT]);
        let mut puppets = Puppets::new(domain, membership);
        for id in (0..corrupt).map(ReplicaId::new) {
            let signer = Arc::new(referee.signer(Author::Replica(id)));
            let core = Replica::new(Config::new(scope, Parameters::default(), signer.clone()));
            puppets.corrupt(id, core, signer);
        }
        let (chooser, said, vows) = (Seeded::new(seed), Vec::new(), Vec::new());
        let mut coalition = Self { scope, referee, puppets, adversary, chooser, said, vows };
        for id in (0..corrupt).map(ReplicaId::new) {
            let (records, executed, state) = (Vec::new(), Seq::default(), Digest::ZERO);
            coalition.feel(id, Input::Start { records, executed, state });
        }
        coalition
    }

    fn request(&self, number: u64) -> Request {
        let operations = vec![Bytes::copy_from_slice(&number.to_le_bytes())];
        let signer = self.referee.signer(Author::Client(CLIENT));
        Request::sign(SessionId::new(1), RequestId::new(number), operations, &self.scope.domain, &signer).unwrap()
    }

    /// The client asks the first primary for something.
    fn ask(&mut self, number: u64) {
        let request = self.request(number);
        self.feel(ReplicaId::new(0), Input::Request { from: Address::Client(CLIENT), request });
    }

    /// One of the puppets receives an input, and every other what it is sent thereupon.
    fn feel(&mut self, at: ReplicaId, input: Input<Replica>) {
        let mut inputs = VecDeque::from([(at, input)]);
        while let Some((at, input)) = inputs.pop_front() {
            let mut out = Outbox::default();
            self.adversary.step(&mut self.puppets, at, input, &mut self.chooser, &mut out);
            for effect in out.drain() {
                self.said.push(effect.clone());
                let Effect::Send { to, message } = effect else { continue };
                for to in self.receivers(at, to) {
                    if self.puppets.contains(to) {
                        inputs.push_back((to, Input::Deliver { from: at, message: message.clone() }));
                    } else if let Message::Vow(vow) = &message {
                        self.vows.push((at, to, self.verified(vow)));
                    }
                }
            }
        }
    }

    fn receivers(&self, at: ReplicaId, to: Target) -> Vec<ReplicaId> {
        match to {
            Target::One(to) => vec![to],
            Target::Others => self.scope.membership.replicas().filter(|to| *to != at).collect(),
        }
    }

    /// What a victim makes of it: every signature in it is good.
    fn verified(&self, vow: &Vow) -> Vow {
        let bytes = Bytes::from(vow.to_bytes());
        Unverified::<Vow>::decode(bytes, &self.scope).expect("well formed").verify(&self.referee).expect("signed")
    }
}

/// Whom a phase of the protocol asks what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Propose,
    Prepare,
    Commit,
}

/// The place a vote is about, its phase, the batch it names and who signed it.
fn vote(vow: &Vow) -> Option<((View, Seq), Phase, Digest, ReplicaId)> {
    let (prepare, phase) = match vow {
        Vow::PrePrepare(proposal) => {
            let vote = proposal.vote();
            assert_eq!(proposal.batch().digest(), vote.statement().digest, "a proposal carries the batch it names");
            (vote, Phase::Propose)
        }
        Vow::Prepare(vote) => (vote, Phase::Prepare),
        Vow::Commit(vote) => {
            let commit = vote.statement();
            return Some(((commit.view, commit.seq), Phase::Commit, commit.digest, vote.signer()));
        }
        Vow::Checkpoint(_) | Vow::ViewChange(_) | Vow::NewView(_) => return None,
    };
    let statement = prepare.statement();
    Some(((statement.view, statement.seq), phase, statement.digest, prepare.signer()))
}

/// What a coalition told each victim about one place: who said what in which phase.
type Told = BTreeMap<ReplicaId, BTreeMap<(Phase, ReplicaId), Digest>>;

/// What was told about each place.
fn told(coalition: &Coalition<Equivocate>) -> BTreeMap<(View, Seq), Told> {
    let mut places: BTreeMap<(View, Seq), Told> = BTreeMap::new();
    for (from, to, vow) in &coalition.vows {
        let Some((place, phase, digest, signer)) = vote(vow) else { continue };
        assert_eq!(signer, *from, "votes come from who signed them");
        assert!(coalition.puppets.contains(signer), "nobody signs but the puppets");
        let earlier = places.entry(place).or_default().entry(*to).or_default().insert((phase, signer), digest);
        assert!(earlier.is_none_or(|earlier| earlier == digest), "a victim is told one story");
    }
    places
}

/// A coalition that was asked for two things, so that it has two batches to tell of.
fn equivocating(replicas: u16, corrupt: u16, seed: u64) -> Coalition<Equivocate> {
    let mut coalition = Coalition::new(replicas, corrupt, seed, Equivocate::default());
    coalition.ask(1);
    coalition.ask(2);
    coalition
}

#[test]
fn the_silent_say_nothing_to_anybody() {
    let mut coalition = Coalition::new(4, 2, 0, Silent);
    coalition.ask(1);
    for at in coalition.puppets.ids().collect::<Vec<_>>() {
        let request = coalition.request(1);
        coalition.feel(at, Input::Timeout(Timer::Request(request.key(), View::new(0))));
    }
    assert!(coalition.said.is_empty(), "not a word: {:?}", coalition.said);
}

#[test]
fn two_halves_are_told_of_two_batches_and_all_puppets_back_both() {
    for (replicas, corrupt) in [(4, 1), (4, 2), (7, 2), (7, 3)] {
        for seed in 0..5 {
            let coalition = equivocating(replicas, corrupt, seed);
            let half = coalition.puppets.honest().count() / 2;
            let mut lies = 0;
            for (place, told) in told(&coalition) {
                let mut camps: BTreeMap<Digest, usize> = BTreeMap::new();
                for said in told.values() {
                    let stories: BTreeSet<Digest> = said.values().copied().collect();
                    assert_eq!(stories.len(), 1, "both phases and all puppets tell a victim of one batch");
                    *camps.entry(*stories.first().unwrap()).or_default() += 1;
                    let primary = coalition.scope.membership.primary(place.0);
                    let expected = coalition.puppets.ids().flat_map(|id| {
                        [(if id == primary { Phase::Propose } else { Phase::Prepare }, id), (Phase::Commit, id)]
                    });
                    assert_eq!(said.keys().copied().collect::<BTreeSet<_>>(), expected.collect());
                }
                assert!(camps.values().all(|&size| size == half), "{camps:?} of {replicas}");
                assert!(camps.len() <= 2);
                lies += usize::from(camps.len() == 2);
            }
            assert!(lies > 0, "{corrupt} of {replicas} told everybody the same");
        }
    }
}

#[test]
fn whom_it_tells_which_is_the_choosers_to_say() {
    let first_camp = |seed| {
        let told = told(&equivocating(7, 2, seed));
        let (_, told) = told.into_iter().find(|(_, told)| told.len() > 2).unwrap();
        told.into_iter().map(|(id, said)| (id, said.into_values().next().unwrap())).collect::<Vec<_>>()
    };
    let sides = |seed| {
        let camp = first_camp(seed);
        camp.iter().map(|(id, digest)| (*id, *digest == camp[0].1)).collect::<Vec<_>>()
    };
    assert!((1..20).any(|seed| sides(seed) != sides(0)), "always the same victims");
}
