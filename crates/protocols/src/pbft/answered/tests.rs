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
        let signer = self.referee.signer(Author::Client(client(of)));
        let operations = vec![Bytes::from_static(operation)];
        Request::sign(SessionId::new(1), RequestId::new(number), operations, &self.domain, &signer).unwrap()
    }

    fn answer(&mut self, of: u8, number: u64, bytes: usize) {
        let request = self.request(of, number, b"operation");
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
    (1..=100).for_each(|number| world.answer(1, number, 10));
    assert_eq!(world.kept(1), OF_CLIENT);
    assert!(world.answered.reply_to(&world.request(1, 100, b"operation")).is_some());
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
    assert_eq!(world.kept(0), 1);
    assert!((1..20).all(|of| world.kept(of) >= 1));
}
