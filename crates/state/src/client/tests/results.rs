//! Results that come from one replica, late, not at all, or wrong. [PBFT-TOCS02 "digest replies"]

use super::*;
use core::ops::Range;

/// Larger than what always comes along.
static LARGE: [u8; 200] = [7; 200];
const SHORT: Duration = Duration::from_millis(50);

/// A client whose request is under way.
struct Asked {
    client: Client,
    ticket: Ticket,
    request: Request,
}

impl Asked {
    fn new() -> Self {
        Self::with(client())
    }

    fn with(mut client: Client) -> Self {
        let (ticket, effects) = submit(&mut client);
        let request = request_under(&client, sent_key(&effects));
        Self { client, ticket, request }
    }

    /// The replica that the request names.
    fn replier(&self) -> u16 {
        let Replier::One(id) = self.request.replier() else { panic!("a client names a replica") };
        id.get()
    }

    /// Three replicas that it does not name.
    fn others(&self) -> [u16; 3] {
        [1, 2, 3].map(|step| (self.replier() + step) % 4)
    }

    fn reply(&self, from: u16, body: &ReplyBody) -> Reply {
        let ClientInput::Reply { reply, .. } = reply_to(0, from, &self.request, 7, body) else { unreachable!() };
        reply
    }

    fn hear(&mut self, reply: Reply) -> Vec<ClientEffect> {
        step(&mut self.client, ClientInput::Reply { from: reply.signer(), reply })
    }

    fn in_full(&mut self, from: u16, body: &ReplyBody) -> Vec<ClientEffect> {
        self.hear(self.reply(from, body))
    }

    fn by_digest(&mut self, from: u16, body: &ReplyBody) -> Vec<ClientEffect> {
        self.hear(self.reply(from, body).abridged())
    }

    fn wake(&mut self) -> Vec<ClientEffect> {
        step(&mut self.client, ClientInput::Timeout(ClientTimer::Retransmit(self.ticket)))
    }

    /// Large results held for its request, which is pending.
    fn held(&self) -> usize {
        self.client.pending[&self.ticket].large_results()
    }
}

fn waits_shortly(asked: &Asked) -> [ClientEffect; 1] {
    [ClientEffect::Arm { timer: ClientTimer::Retransmit(asked.ticket), after: SHORT }]
}

fn is_done(effects: &[ClientEffect]) -> bool {
    matches!(&outcomes(effects)[..], [(_, Outcome::Committed { results, .. })] if results[..] == [&LARGE[..]])
}

/// Asks and is answered as replicas do that are correct, except that those in `liars` send no large result.
fn serve(client: Client, liars: Range<u16>) -> (Client, bool) {
    let mut asked = Asked::with(client);
    let (body, replier, mut effects) = (executed(&LARGE), asked.replier(), Vec::new());
    for from in 0..4 {
        let is_in_full = from == replier && !liars.contains(&from);
        effects.extend(if is_in_full { asked.in_full(from, &body) } else { asked.by_digest(from, &body) });
    }
    let is_delayed = !is_done(&effects);
    for from in (0..4).filter(|from| is_delayed && !liars.contains(from)) {
        effects.extend(asked.in_full(from, &body));
    }
    assert!(is_done(&effects));
    (asked.client, is_delayed)
}

#[test]
fn digests_from_others_and_the_result_from_one_commit_in_any_order() {
    for place in 0..2 {
        let mut asked = Asked::new();
        let (body, replier, others) = (executed(&LARGE), asked.replier(), asked.others());
        let mut effects = Vec::new();
        for (step, other) in others.into_iter().take(2).enumerate() {
            effects.extend(match step == place {
                true => asked.in_full(replier, &body),
                false => asked.by_digest(other, &body),
            });
        }
        assert!(is_done(&effects));
        assert_eq!(targets(&effects), [], "nobody is asked again");
    }
}

#[test]
fn a_silent_replica_costs_a_short_wait_and_then_everyone_is_asked() {
    let mut asked = Asked::new();
    let (body, others) = (executed(&LARGE), asked.others());
    assert_eq!(asked.by_digest(others[0], &body), []);
    assert_eq!(asked.by_digest(others[1], &body), waits_shortly(&asked));
    assert_eq!(asked.by_digest(others[2], &body), [], "once");
    let effects = asked.wake();
    assert_eq!(targets(&effects), [0, 1, 2, 3]);
    let widen = ClientEffect::Arm { timer: ClientTimer::Retransmit(asked.ticket), after: Duration::from_millis(300) };
    assert_eq!(effects[4], widen);
    assert!(is_done(&asked.in_full(others[2], &body)), "whoever sends it");
}

#[test]
fn a_result_that_comes_within_the_short_wait_is_waited_for() {
    let mut asked = Asked::new();
    let (body, replier, others) = (executed(&LARGE), asked.replier(), asked.others());
    asked.by_digest(others[0], &body);
    asked.by_digest(others[1], &body);
    assert!(is_done(&asked.in_full(replier, &body)));
}

#[test]
fn a_replica_that_withholds_the_result_has_everyone_asked_at_once() {
    for withheld_first in [true, false] {
        let mut asked = Asked::new();
        let (body, replier, others) = (executed(&LARGE), asked.replier(), asked.others());
        let order = if withheld_first { [replier, others[0]] } else { [others[0], replier] };
        assert_eq!(asked.by_digest(order[0], &body), []);
        let effects = asked.by_digest(order[1], &body);
        assert_eq!(targets(&effects), [0, 1, 2, 3]);
        assert_eq!(asked.by_digest(others[1], &body), [], "once");
        assert!(is_done(&asked.in_full(others[1], &body)));
    }
}

#[test]
fn a_wrong_result_is_not_believed_and_does_not_stay() {
    let mut asked = Asked::new();
    let (body, replier, others) = (executed(&LARGE), asked.replier(), asked.others());
    let lie = executed(&[9; 200]);
    assert_eq!(asked.in_full(replier, &lie), []);
    assert_eq!(asked.held(), 1, "it might be true");
    assert_eq!(asked.by_digest(others[0], &body), []);
    let effects = asked.by_digest(others[1], &body);
    assert_eq!(targets(&effects), [0, 1, 2, 3], "its author has nothing to add, so everyone is asked at once");
    assert_eq!(asked.held(), 0, "what contradicts f+1 replicas is dropped");
    assert_eq!(asked.in_full(replier, &lie), []);
    assert_eq!(asked.held(), 0, "and not taken in again");
    assert!(is_done(&asked.in_full(others[2], &body)));
}

#[test]
fn everyone_by_digest_is_no_outcome_until_somebody_sends_the_result() {
    let mut asked = Asked::new();
    let body = executed(&LARGE);
    let effects: Vec<ClientEffect> = (0..4).flat_map(|from| asked.by_digest(from, &body)).collect();
    assert_eq!((outcomes(&effects).len(), targets(&effects).len()), (0, 4));
    for pause in [600, 1200] {
        let effects = asked.wake();
        assert_eq!(targets(&effects), [0, 1, 2, 3]);
        let after = Duration::from_millis(pause);
        assert_eq!(effects[4], ClientEffect::Arm { timer: ClientTimer::Retransmit(asked.ticket), after });
    }
    assert!(is_done(&asked.in_full(2, &body)));
}

#[test]
fn small_results_come_from_everyone_and_need_nobody_in_particular() {
    let mut asked = Asked::new();
    let (body, others) = (executed(b"revision 1234567"), asked.others());
    assert_eq!(asked.by_digest(others[0], &body), []);
    let effects = asked.by_digest(others[1], &body);
    assert!(matches!(&outcomes(&effects)[..], [(_, Outcome::Committed { .. })]));
}

#[test]
fn a_result_that_is_forgotten_meanwhile_is_said_to_be() {
    let mut asked = Asked::new();
    let forgotten = ReplyBody::Refused(Refusal::ResultForgotten { seq: Seq::new(7) });
    let others = asked.others();
    for from in others {
        asked.by_digest(from, &executed(&LARGE));
    }
    asked.wake();
    assert_eq!(asked.in_full(others[0], &forgotten), []);
    let refusal = Refusal::ResultForgotten { seq: Seq::new(7) };
    let effects = asked.in_full(others[1], &forgotten);
    assert_eq!(outcomes(&effects), [(asked.ticket, Outcome::Rejected(refusal))]);
}

#[test]
fn the_digest_of_what_another_incarnation_asked_is_dropped_with_its_result() {
    let mut asked = Asked::new();
    let foreign = fixture::ask(SESSION.get(), asked.request.key().id.get(), &[b"y"]);
    let foreign_reply = |from| {
        let ClientInput::Reply { reply, .. } = reply_to(0, from, &foreign, 6, &executed(&LARGE)) else { panic!() };
        reply
    };
    for from in asked.others() {
        asked.hear(foreign_reply(from).abridged());
    }
    assert!(asked.client.pending[&asked.ticket].lacks_result());
    assert_eq!(asked.hear(foreign_reply(asked.replier())), []);
    assert!(!asked.client.pending[&asked.ticket].lacks_result());
    let different = ReplyBody::Refused(Refusal::DifferentBody);
    let effects: Vec<ClientEffect> =
        asked.others()[..2].iter().flat_map(|&from| asked.in_full(from, &different)).collect();
    assert_eq!(targets(&effects), [0], "it goes on in another session");
}

#[test]
fn liars_are_held_one_large_result_each_and_the_truth_once() {
    let mut asked = Asked::new();
    let lies: [&'static [u8]; 3] = [&[1; 200], &[2; 200], &[3; 200]];
    for lie in lies {
        for _ in 0..5 {
            asked.in_full(0, &executed(lie));
            assert_eq!(asked.held(), 1, "the latest of one replica");
        }
    }
    asked.in_full(1, &executed(&LARGE));
    assert_eq!(asked.held(), 2);
}

#[test]
fn a_liar_costs_a_few_delays() {
    for liars in [0..1, 3..4, 1..2] {
        let (mut client, mut delays) = (client(), 0);
        for _ in 0..2_000 {
            let (next, is_delayed) = serve(client, liars.clone());
            client = next;
            delays += usize::from(is_delayed);
        }
        assert!((1..=6).contains(&delays), "{delays} of two thousand, with {liars:?}");
    }
}

#[test]
fn without_liars_nobody_waits() {
    let mut client = client();
    for _ in 0..200 {
        let (next, is_delayed) = serve(client, 0..0);
        client = next;
        assert!(!is_delayed);
    }
}

#[test]
fn a_retry_asks_for_the_result() {
    let mut asked = Asked::new();
    deadline(&mut asked.client, asked.ticket);
    for from in asked.others() {
        assert_eq!(asked.by_digest(from, &executed(&LARGE)), [], "nobody waits for it now");
    }
    let mut out = Vec::new();
    asked.client.retry(asked.ticket, &mut out).unwrap();
    assert_eq!(targets(&out), [0, 1, 2, 3]);
    assert!(is_done(&asked.in_full(asked.others()[0], &executed(&LARGE))));
}
