//! Everything that corrupted replicas can say in a small world, for whoever explores all of it.
//!
//! No strategy: whatever a coalition could sign by now, each message by itself, to be heard by anybody at any time, or
//! by nobody. It votes for every batch in every phase and view, asks for every view with every report that is valid,
//! and starts views that are its own with every V that it can put together. What an honest replica would refuse to
//! decode is left out, because it changes nothing. [PBFT-OSDI99 §4.2–4.4]

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;
use synod_kernel::certificate::Weak;
use synod_kernel::{
    Batch, Certificate, Digest, Domain, Membership, Message, ReplicaId, Seq, Signed, Signer, Statement, Tally, View,
};
use synod_protocols::pbft::{Commit, Departure, Hint, NewView, PrePrepare, Prepare, Replica, Suspect, ViewChange, Vow};

/// What a free coalition has: keys, and batches of requests that clients signed.
#[derive(Clone)]
pub struct Free {
    /// What signatures are separated by.
    pub domain: Domain,
    /// Everybody.
    pub membership: Membership,
    /// The coalition.
    pub signers: BTreeMap<ReplicaId, Arc<dyn Signer>>,
    /// What it may propose and vote for.
    pub batches: Vec<Batch>,
    /// The places it may speak about, ascending.
    pub places: Vec<Seq>,
    /// The last view it may speak about.
    pub last_view: View,
}

/// What honest replicas have said so far, by what can be made of it.
#[derive(Default)]
struct Heard {
    prepares: Vec<Signed<Prepare>>,
    commits: Vec<Signed<Commit>>,
    suspicions: Vec<Signed<Suspect>>,
    departures: Vec<Signed<ViewChange>>,
    /// Batches that somebody lacks.
    wanted: BTreeSet<Digest>,
}

impl Heard {
    fn hear(&mut self, message: &Message<Replica>) {
        match message {
            Message::Vow(Vow::PrePrepare(proposal)) => self.prepares.push(proposal.vote().clone()),
            Message::Vow(Vow::Prepare(vote)) => self.prepares.push(vote.clone()),
            Message::Vow(Vow::Commit(vote)) => self.commits.push(vote.clone()),
            Message::Vow(Vow::ViewChange(departure)) => self.departures.push(departure.vote().clone()),
            Message::Vow(Vow::NewView(message)) => {
                self.prepares.extend(message.statement().proposals().iter().cloned())
            }
            Message::Hint(Hint::Suspect(vote)) => self.suspicions.push(vote.clone()),
            Message::Hint(Hint::Fetch(digest)) => {
                self.wanted.insert(*digest);
            }
            Message::Vow(Vow::Checkpoint(_)) | Message::Hint(_) => {}
        }
    }
}

impl Free {
    /// Says everything that can be said after having heard this.
    pub fn speak<'a>(
        &self,
        heard: impl Iterator<Item = &'a Message<Replica>>,
        say: &mut dyn FnMut(ReplicaId, Message<Replica>),
    ) {
        let mut all = Heard::default();
        heard.for_each(|message| all.hear(message));
        let mut view = View::default();
        loop {
            self.vote(view, &all, say);
            self.leave_for(view, &all, say);
            if view == self.last_view {
                return;
            }
            view = view.next();
        }
    }

    /// What can be voted for in a view: nobody proposes a null batch in the first one.
    fn digests(&self, view: View) -> impl Iterator<Item = Digest> + '_ {
        let null = (view > View::default()).then(|| Batch::null().digest());
        self.batches.iter().map(Batch::digest).chain(null)
    }

    fn sign<S: Statement>(&self, statement: S, signer: &Arc<dyn Signer>) -> Signed<S> {
        Signed::sign(statement, &self.domain, &**signer)
    }

    /// Proposals, votes in both phases, what they prove together with those of others, and the batches themselves.
    fn vote(&self, view: View, heard: &Heard, say: &mut dyn FnMut(ReplicaId, Message<Replica>)) {
        for (&id, signer) in &self.signers {
            for &seq in &self.places {
                for batch in &self.batches {
                    let vote = self.sign(Prepare { view, seq, digest: batch.digest() }, signer);
                    say(
                        id,
                        Message::Vow(if self.membership.primary(view) == id {
                            Vow::PrePrepare(PrePrepare::new(vote, batch.clone()))
                        } else {
                            Vow::Prepare(vote)
                        }),
                    );
                    if let Some(certificate) = self.proof(&Commit { view, seq, digest: batch.digest() }, &heard.commits)
                    {
                        say(id, Message::Hint(Hint::Decided { certificate, batch: batch.clone(), more: false }));
                    }
                }
                for digest in self.digests(view) {
                    say(id, Message::Vow(Vow::Commit(self.sign(Commit { view, seq, digest }, signer))));
                }
                let null = Prepare { view, seq, digest: Batch::null().digest() };
                if view > View::default() && self.membership.primary(view) != id {
                    say(id, Message::Vow(Vow::Prepare(self.sign(null, signer))));
                }
            }
            for batch in self.batches.iter().filter(|batch| heard.wanted.contains(&batch.digest())) {
                say(id, Message::Hint(Hint::Body(batch.clone())));
            }
            say(id, Message::Hint(Hint::Suspect(self.sign(Suspect { view }, signer))));
        }
    }

    /// A strong quorum for a statement, of all who said it and the coalition.
    fn proof<S: Statement>(&self, statement: &S, heard: &[Signed<S>]) -> Option<Certificate<S>> {
        let mut tally = Tally::default();
        let own = self.signers.values().map(|signer| self.sign(statement.clone(), signer));
        for vote in heard.iter().filter(|vote| vote.statement() == statement).cloned().chain(own) {
            // The same vote twice counts once.
            let _ = tally.cast(vote);
        }
        tally.certificate(statement, &self.membership)
    }

    /// Every report for a view, and every start of it, if it is ours.
    fn leave_for(&self, view: View, heard: &Heard, say: &mut dyn FnMut(ReplicaId, Message<Replica>)) {
        let Some(before) = view.get().checked_sub(1).map(View::new) else { return };
        let mut suspicions = Tally::<Suspect, Weak>::default();
        let of_view = heard.suspicions.iter().filter(|vote| vote.statement().view == before).cloned();
        let own = self.signers.values().map(|signer| self.sign(Suspect { view: before }, signer));
        for vote in of_view.chain(own) {
            // The same vote twice counts once.
            let _ = suspicions.cast(vote);
        }
        let Some(proof) = suspicions.certificate(&Suspect { view: before }, &self.membership) else { return };
        let mut reports: BTreeMap<ReplicaId, Vec<Signed<ViewChange>>> = BTreeMap::new();
        for report in heard.departures.iter().filter(|report| report.statement().view() == view) {
            reports.entry(report.signer()).or_default().push(report.clone());
        }
        for (&id, signer) in &self.signers {
            for report in self.reports(view, heard) {
                let vote = self.sign(report, signer);
                reports.entry(id).or_default().push(vote.clone());
                if let Ok(departure) = Departure::new(vote, proof.clone()) {
                    say(id, Message::Vow(Vow::ViewChange(departure)));
                }
            }
        }
        let primary = self.membership.primary(view);
        if let Some(signer) = self.signers.get(&primary) {
            for view_changes in quorums(&reports, self.membership.strong()) {
                if let Some(message) = self.start(view, view_changes, signer) {
                    say(primary, Message::Vow(Vow::NewView(message)));
                }
            }
        }
    }

    /// What the coalition can claim to have prepared: in each place nothing, or one thing for which it has the proof.
    fn reports(&self, view: View, heard: &Heard) -> Vec<ViewChange> {
        let mut claims = alloc::vec![Vec::new()];
        for &seq in &self.places {
            let proofs = self.prepared(seq, view, heard);
            let with = |claim: &Vec<_>| {
                let longer = |proof: &Certificate<Prepare>| claim.iter().cloned().chain([proof.clone()]).collect();
                proofs.iter().map(longer).collect::<Vec<_>>()
            };
            let longer: Vec<_> = claims.iter().flat_map(with).collect();
            claims.extend(longer);
        }
        claims.into_iter().filter_map(|claim| ViewChange::new(view, None, claim, &self.membership).ok()).collect()
    }

    /// Every proof that something prepared in a place, in any view before this one.
    fn prepared(&self, seq: Seq, before: View, heard: &Heard) -> Vec<Certificate<Prepare>> {
        let mut proofs = Vec::new();
        let mut view = View::default();
        while view < before {
            let proof = |digest| self.proof(&Prepare { view, seq, digest }, &heard.prepares);
            proofs.extend(self.digests(view).filter_map(proof));
            view = view.next();
        }
        proofs
    }

    fn start(
        &self,
        view: View,
        view_changes: Vec<Signed<ViewChange>>,
        signer: &Arc<dyn Signer>,
    ) -> Option<Signed<NewView>> {
        let proposals = NewView::wanted(view, &view_changes)?.into_iter().map(|vote| self.sign(vote, signer)).collect();
        let message = NewView::new(view, view_changes, proposals, &self.membership).ok()?;
        Some(self.sign(message, signer))
    }
}

/// Every choice of one report each of as many members as are needed, in order of the members.
fn quorums(reports: &BTreeMap<ReplicaId, Vec<Signed<ViewChange>>>, needed: usize) -> Vec<Vec<Signed<ViewChange>>> {
    let mut chosen = alloc::vec![Vec::new()];
    for of_member in reports.values() {
        let with = chosen.iter().filter(|so_far| so_far.len() < needed).flat_map(|so_far| {
            of_member.iter().map(move |report| {
                let mut longer = so_far.clone();
                longer.push(report.clone());
                longer
            })
        });
        let with: Vec<_> = with.collect();
        chosen.extend(with);
    }
    chosen.retain(|so_far| so_far.len() == needed);
    chosen
}
