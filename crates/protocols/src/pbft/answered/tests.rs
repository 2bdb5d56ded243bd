//! Replies are found by the very request, and take up no more room than they may.
#![allow(clippy::unwrap_used)]

use super::*;
use alloc::vec;
use bytes::Bytes;
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{Domain, Epoch, Faults, Membership, ReplicaId, RequestId, Seq, SessionId, View};

struct World {
    domain: Domain,
    referee: Referee,
    answered: Answered,
}

impl World {
    fn new() -> Self {
        let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
        let domain = Domain { cluster: Digest::of("test", b"cluster"), epoch: Epoch::new(1) };
        let clients = (0..20).map(client);
        Self { domain, referee: Referee::new(1, membership, clients), answered: Answered::default() }
    }

    fn request(&self, of: u8, number: u64, operation: &'static [u8]) -> Request {
        self.request_in(1, of, number, operation)
    }

    fn request_in(&self, session: u64, of: u8, number: u64, operation: &'static [u8]) -> Request {
        let signer = self.referee.signer(Author::Client(client(of)));
        let operations = vec![Bytes::from_static(operation)];
        Request::sign(SessionId::new(session), RequestId::new(number), operations, &self.domain, &signer).unwrap()
    }

    fn answer(&mut self, of: u8, number: u64, bytes: usize) {
        self.answer_in(1, of, number, bytes);
    }

    fn answer_in(&mut self, session: u64, of: u8, number: u64, bytes: usize) {
        let request = self.request_in(session, of, number, b"operation");
        let signer = self.referee.signer(Author::Replica(ReplicaId::new(0)));
        let result = Bytes::from(vec![0; bytes]);
        let reply = Reply::sign(View::default(), request.key(), Seq::new(1), result, &self.domain, &signer);
        self.answered.keep(request.digest(), reply);
    }

    fn kept(&self, of: u8) -> usize {
        (1..=100).filter(|&number| self.answered.reply_to(&self.request(of, number, b"operation")).is_some()).count()
    }
}

fn client(number: u8) -> ClientId {
    ClientId::new([number; 32])
}

#[test]
fn a_reply_belongs_to_one_request() {
    let mut world = World::new();
    world.answer(1, 1, 10);
    assert_eq!(world.kept(1), 1);
    assert!(world.answered.reply_to(&world.request(1, 1, b"another body")).is_none());
    assert_eq!(world.kept(2), 0);
}

#[test]
fn the_newest_replies_to_a_client_are_kept() {
    let mut world = World::new();
    for number in 1..=OF_CLIENT as u64 + 10 {
        world.answer(1, number, 10);
    }
    let is_kept = |number| world.answered.reply_to(&world.request(1, number, b"operation")).is_some();
    assert!(!is_kept(10) && is_kept(11) && is_kept(OF_CLIENT as u64 + 10));
}

#[test]
fn what_sixty_four_sessions_of_a_client_have_under_way_is_kept() {
    let mut world = World::new();
    let all = (1..=64).flat_map(|id| (1..=64).map(move |session| (session, id)));
    all.clone().for_each(|(session, id)| world.answer_in(session, 1, id, 64));
    let is_kept = |&(session, id): &(u64, u64)| {
        world.answered.reply_to(&world.request_in(session, 1, id, b"operation")).is_some()
    };
    assert!(all.clone().all(|of| is_kept(&of)));
}

#[test]
fn a_reply_under_the_same_key_takes_the_place_of_the_older_one() {
    let mut world = World::new();
    for bytes in [1 << 20, 10, 20] {
        world.answer(1, 1, bytes);
        world.answer(1, 2, 10);
        let replies = &world.answered.clients[&client(1)];
        assert_eq!((replies.kept.len(), replies.order.len()), (2, 2));
        assert_eq!(replies.bytes, bytes + 10 + 2 * REPLY_BYTES);
        assert_eq!(world.answered.bytes, replies.bytes);
    }
    assert_eq!(world.answered.reply_to(&world.request(1, 1, b"operation")).unwrap().result().unwrap().len(), 20);
}

#[test]
fn a_reply_takes_up_no_more_than_it_counts_for() {
    let mut world = World::new();
    world.answer(1, 1, 0);
    let longest = size_of::<Kept>() + 2 * size_of::<(u64, RequestKey)>() + 128 + 10 * size_of::<Digest>();
    assert!(longest <= REPLY_BYTES, "{longest} bytes");
}

#[test]
fn large_replies_take_the_room_of_many() {
    let mut world = World::new();
    (1..=10).for_each(|number| world.answer(1, number, 4 << 20));
    assert_eq!(world.kept(1), 3);
    world.answer(2, 1, OF_CLIENT_BYTES + 1);
    assert_eq!(world.kept(2), 1, "one is always kept");
}

#[test]
fn all_clients_together_have_an_end_and_the_largest_gives_way() {
    let mut world = World::new();
    world.answer(0, 1, 10);
    for of in 1..20 {
        (1..=3).for_each(|number| world.answer(of, number, 4 << 20));
    }
    assert!(world.answered.bytes <= OF_ALL_BYTES);
    let sum: usize = world.answered.clients.values().map(|replies| replies.bytes).sum();
    assert_eq!(world.answered.bytes, sum);
    let sizes: BTreeSet<_> = world.answered.clients.iter().map(|(&of, replies)| (replies.bytes, of)).collect();
    assert_eq!(world.answered.by_bytes, sizes, "found by its size, not by looking at all");
    assert_eq!(world.kept(0), 1);
    assert!((1..20).all(|of| world.kept(of) >= 1));
}
