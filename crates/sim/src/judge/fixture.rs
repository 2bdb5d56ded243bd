//! Requests and batches for the judges' tests.

use bytes::Bytes;
use std::cell::Cell;
use synod_kernel::process::{Binding, Input, Outbox, Process, Question, Status, Target};
use synod_kernel::signature::Author;
use synod_kernel::symbolic::Referee;
use synod_kernel::{
    Batch, ClientId, Decode, Digest, Domain, Encode, Epoch, Faults, Malformed, Membership, Reader, ReplicaId, Request,
    RequestId, Seq, SessionId, View, Writer,
};

pub(super) fn replica(id: u16) -> ReplicaId {
    ReplicaId::new(id)
}

pub(super) fn request(id: u64, operation: &'static str) -> Request {
    request_in(1, id, operation)
}

pub(super) fn request_in(session: u64, id: u64, operation: &'static str) -> Request {
    let client = ClientId::new([7; 32]);
    let membership = Membership::new(4, Faults::Byzantine(1)).unwrap();
    let signer = Referee::new(0, membership, [client]).signer(Author::Client(client));
    let domain = Domain { cluster: Digest::ZERO, epoch: Epoch::new(0) };
    let operations = vec![Bytes::from_static(operation.as_bytes())];
    Request::sign(SessionId::new(session), RequestId::new(id), operations, &domain, &signer).unwrap()
}

pub(super) fn batch(requests: &[&Request]) -> Batch {
    Batch::new(requests.iter().map(|request| (*request).clone()).collect())
}

/// A process that says how often it was woken, or, if it is fair, tosses a coin that is not part of its state.
#[derive(Clone, Debug, Hash)]
pub(super) struct Coin {
    pub(super) fair: bool,
    pub(super) heads: u64,
}

thread_local! {
    static TOSSES: Cell<u64> = const { Cell::new(0) };
}

/// A number, said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Number(u64);

impl Encode for Number {
    fn encode(&self, writer: &mut Writer) {
        self.0.encode(writer);
    }
}

impl Decode for Number {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        u64::decode(reader).map(Self)
    }
}

impl Binding for Number {
    fn question(&self) -> Question {
        Question { statement: 1, view: None, seq: None }
    }
    fn answer(&self) -> Digest {
        Digest::ZERO
    }
    fn leaves(&self) -> Option<View> {
        None
    }
}

impl Process for Coin {
    type Vow = Number;
    type Fact = Number;
    type Hint = Number;
    type Timer = ();
    type Rule = ();
    type Settled = ();

    fn step(&mut self, _: Input<Self>, out: &mut Outbox<Self>) {
        let toss = TOSSES.replace(TOSSES.get() + 1);
        self.heads += if self.fair { toss } else { 1 };
        out.hint(Target::Others, Number(self.heads));
    }

    fn status(&self) -> Status {
        let (executed, view) = (Seq::default(), View::default());
        let accused = Vec::new();
        Status {
            state: "coin".to_owned(),
            view,
            executed,
            checkpoint: executed,
            digest: Digest::ZERO,
            pending: 0,
            accused,
        }
    }
}
