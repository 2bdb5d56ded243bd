//! What becomes of a request when f+1 replicas agree: an outcome, or another session.

use super::pending::{Pending, Phase};
use super::{Client, ClientEffect, Outcome, Ticket, disarm};
use crate::reply::{Refusal, ReplyBody};
use alloc::vec::Vec;
use synod_kernel::SessionId;
use synod_kernel::reply::{Answer, AnswerCertificate};

impl Client {
    /// f+1 replicas agree.
    pub(super) fn settle(
        &mut self,
        ticket: Ticket,
        certificate: AnswerCertificate,
        body: ReplyBody,
        out: &mut Vec<ClientEffect>,
    ) {
        let Answer { request: key, seq, .. } = *certificate.answer();
        let is_current = key.session == self.session;
        let outcome = match body {
            ReplyBody::Executed(results) => Outcome::Committed { seq, results, certificate },
            ReplyBody::Refused(Refusal::SessionNeverOpened { highest }) if self.reopen(key.session, highest, out) => {
                return;
            }
            ReplyBody::Refused(Refusal::DifferentBody) if is_current && self.leave_session(key.session) => {
                return self.move_to_session(&[ticket], out);
            }
            ReplyBody::Refused(refusal) => Outcome::Rejected(refusal),
        };
        match outcome {
            Outcome::Committed { .. } | Outcome::Rejected(Refusal::ResultForgotten { .. }) => {
                if is_current {
                    self.executed = self.executed.max(key.id);
                }
            }
            Outcome::Rejected(Refusal::SessionEvicted { highest } | Refusal::SessionNeverOpened { highest }) => {
                if is_current {
                    self.leave_session(highest);
                }
            }
            // None of these befalls a session that is this incarnation's alone: find one that is.
            Outcome::Rejected(Refusal::Stale { .. } | Refusal::TooFarAhead | Refusal::DifferentBody) => {
                if is_current {
                    self.leave_session(key.session);
                }
            }
            Outcome::Unavailable | Outcome::Unknown => unreachable!("replicas have answered"),
        }
        self.finish(ticket, outcome, out);
    }

    /// Moves all requests of a session in which nothing was executed, or ever will be, to a later session. Returns
    /// whether there is one.
    fn reopen(&mut self, unopened: SessionId, highest: SessionId, out: &mut Vec<ClientEffect>) -> bool {
        if !self.leave_session(highest) {
            return false;
        }
        let is_unopened = |(_, pending): &(&Ticket, &Pending)| pending.is_unresolved_in(unopened);
        let tickets: Vec<Ticket> = self.pending.iter().filter(is_unopened).map(|(ticket, _)| *ticket).collect();
        self.move_to_session(&tickets, out);
        true
    }

    /// Signs requests that were never executed, and never will be under the keys they have, anew in the session.
    fn move_to_session(&mut self, tickets: &[Ticket], out: &mut Vec<ClientEffect>) {
        for &ticket in tickets {
            let Pending { destination, request, .. } = &self.pending[&ticket];
            let (targets, operations) = (self.targets(*destination), request.operations().collect());
            self.issued = self.issued.next();
            let signed = self.sign(self.issued, operations);
            let (request, replier) = signed.expect("the same operations were within the bounds before");
            let pending = self.pending.get_mut(&ticket).expect("nothing was removed since");
            pending.replace(request, replier);
            if pending.phase == Phase::Active {
                pending.send(ticket, &targets, &self.patience, out);
            }
        }
    }

    fn finish(&mut self, ticket: Ticket, outcome: Outcome, out: &mut Vec<ClientEffect>) {
        let pending = self.pending.get_mut(&ticket).expect("only what is pending is settled");
        match pending.phase {
            Phase::Active => {
                self.pending.remove(&ticket);
                disarm(ticket, out);
                out.push(ClientEffect::Done { ticket, outcome });
            }
            Phase::Unknown => pending.phase = Phase::Settled(outcome),
            Phase::Settled(_) => unreachable!("what is settled listens to no replies"),
        }
    }
}
