//! What the tests of this crate share: a small cluster, its keys, a process that promises numbers, and a cluster
//! descriptor that is good.

use crate::chooser::{Chooser, Seeded};
use crate::codec::{Decode, Encode, Malformed, Reader, Scope, Unverified, Writer};
use crate::descriptor::{ClientEntry, Descriptor, OperatorEntry, Parameters, ReplicaEntry};
use crate::ed25519::SecretKey;
use crate::process::{Binding, Question};
use crate::reply::Reply;
use crate::request::{Batch, Request, RequestKey};
use crate::signature::{Author, Signature};
use crate::statement::{Domain, Kind, Signed, Statement};
use crate::symbolic::{Referee, SymbolicSigner};
use crate::{Certificate, ClientId, Digest, Epoch, Faults, Input, Membership, Message, Outbox, Process, Record};
use crate::{ReplicaId, RequestId, Seq, SessionId, Status, Strong, Tally, Target, Threshold, View};
use bytes::Bytes;
use core::time::Duration;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

#[path = "../tests/decoders/mutation.rs"]
mod mutation;

/// Damages a valid encoding.
pub(crate) fn mutate(valid: &[u8], chooser: &mut Seeded) -> Vec<u8> {
    mutation::mutate(valid, &mut |options| chooser.choose("damage", options))
}

/// Four replicas, one of which may lie.
pub(crate) fn members() -> Membership {
    Membership::new(4, Faults::Byzantine(1)).expect("n = 3f+1")
}

pub(crate) fn domain() -> Domain {
    Domain { cluster: Digest::of("test", b"cluster"), epoch: Epoch::new(3) }
}

pub(crate) fn scope() -> Scope {
    Scope { domain: domain(), membership: members(), window: 8 }
}

pub(crate) const CLIENT: ClientId = ClientId::new([7; 32]);

/// Knows the four replicas and one client.
pub(crate) fn referee() -> Referee {
    Referee::new(1, members(), [CLIENT])
}

pub(crate) fn replica_signer(position: u16) -> SymbolicSigner {
    referee().signer(Author::Replica(ReplicaId::new(position)))
}

pub(crate) fn client_signer() -> SymbolicSigner {
    referee().signer(Author::Client(CLIENT))
}

/// Reads a whole value, as from the wire.
pub(crate) fn read<T: Decode>(bytes: &[u8]) -> Result<Unverified<T>, Malformed> {
    Unverified::decode(Bytes::copy_from_slice(bytes), &scope())
}

/// Reads a whole value and verifies it.
pub(crate) fn read_verified<T: Decode>(bytes: &[u8]) -> T {
    read(bytes).expect("canonical").verify(&referee()).expect("signed")
}

pub(crate) fn request(id: u64, operations: &[&'static [u8]]) -> Request {
    let operations = operations.iter().map(|operation| Bytes::from_static(operation)).collect();
    Request::sign(SessionId::new(9), RequestId::new(id), operations, &domain(), &client_signer()).expect("in bounds")
}

pub(crate) fn batch() -> Batch {
    Batch::new(vec![request(1, &[b"put a", b""]), request(2, &[b"get a"])])
}

pub(crate) fn reply() -> Reply {
    let key = RequestKey { client: CLIENT, session: SessionId::new(9), id: RequestId::new(1) };
    Reply::sign(View::new(2), key, Seq::new(5), Bytes::from_static(b"done"), &domain(), &replica_signer(1))
}

/// "The number at `seq` is `choice`": a statement, and the vow of [`Tiny`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Vote {
    pub(crate) seq: Seq,
    pub(crate) choice: u8,
}

pub(crate) fn vote(seq: u64, choice: u8) -> Vote {
    Vote { seq: Seq::new(seq), choice }
}

impl Encode for Vote {
    fn encode(&self, writer: &mut Writer) {
        self.seq.encode(writer);
        self.choice.encode(writer);
    }
}

impl Decode for Vote {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Self { seq: Decode::decode(reader)?, choice: Decode::decode(reader)? })
    }
}

impl Statement for Vote {
    const KIND: Kind = Kind { protocol: 200, statement: 1 };

    fn contradicts(&self, other: &Self) -> bool {
        self.seq == other.seq && self.choice != other.choice
    }
}

impl Binding for Vote {
    fn question(&self) -> Question {
        Question { statement: 1, view: None, seq: Some(self.seq) }
    }
    fn answer(&self) -> Digest {
        Digest::of("test", &[self.choice])
    }
    fn leaves(&self) -> Option<View> {
        None
    }
}

pub(crate) fn signed(position: u16, statement: Vote) -> Signed<Vote> {
    Signed::sign(statement, &domain(), &replica_signer(position))
}

/// A certificate by these signers; none if they are too few.
pub(crate) fn certificate<T: Threshold>(statement: &Vote, signers: &[u16]) -> Option<Certificate<Vote, T>> {
    let mut tally = Tally::<Vote, T>::default();
    for &position in signers {
        tally.cast(signed(position, statement.clone())).expect("one vote each");
    }
    tally.certificate(statement, &members())
}

/// Repeats the first number it hears for each position, and never another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tiny {
    promised: BTreeMap<Seq, u8>,
}

impl Tiny {
    pub(crate) const fn new() -> Self {
        Self { promised: BTreeMap::new() }
    }
}

impl Process for Tiny {
    type Vow = Vote;
    type Fact = Certificate<Vote, Strong>;
    type Hint = u64;
    type Timer = u8;
    type Rule = &'static str;
    type Settled = ();

    fn step(&mut self, input: Input<Self>, out: &mut Outbox<Self>) {
        match input {
            Input::Start { records, .. } => {
                for record in records {
                    if let Record::Vow(vote) = record {
                        self.promised.insert(vote.seq, vote.choice);
                    }
                }
            }
            Input::Deliver { message: Message::Vow(heard), .. } => {
                let choice = *self.promised.entry(heard.seq).or_insert(heard.choice);
                out.applied("Repeat");
                out.vow(Target::Others, Vote { choice, ..heard });
            }
            Input::Deliver { from, message: Message::Hint(hint) } => out.hint(Target::One(from), hint),
            Input::Request { request, .. } => out.forward(ReplicaId::new(0), request),
            Input::Timeout(timer) => out.arm(timer, Duration::from_millis(20)),
            Input::Done(_) => out.disarm(1),
        }
    }

    fn status(&self) -> Status {
        status()
    }
}

pub(crate) fn status() -> Status {
    Status {
        state: "normal".into(),
        view: View::new(1),
        executed: Seq::new(12),
        checkpoint: Seq::new(8),
        digest: Digest::of("test", b"state"),
        pending: 3,
        accused: vec![ReplicaId::new(2)],
    }
}

/// The secret key with this number.
pub(crate) fn secret(number: u8) -> SecretKey {
    SecretKey::from_seed(&Zeroizing::new([number; 32]))
}

fn public(number: u8) -> [u8; 32] {
    secret(number).public().to_bytes()
}

/// Two operators with keys 1 and 2, four replicas, two clients.
pub(crate) fn descriptor() -> Descriptor {
    let operators = [1, 2].map(|number| OperatorEntry { name: format!("operator-{number}"), key: public(number) });
    let replicas = [0_u8, 1, 2, 3].map(|position| ReplicaEntry {
        operator: u16::from(position % 2),
        voting_key: public(10 + position),
        transport_key: public(20 + position),
        address: format!("replica-{position}.example:7000"),
        admin: format!("127.0.0.1:{}", 7100 + u16::from(position)),
    });
    let clients = [0_u8, 1].map(|position| ClientEntry {
        name: format!("client-{position}"),
        key: public(30 + position),
        transport_key: public(40 + position),
    });
    Descriptor {
        dev: false,
        epoch: 0,
        faults: 1,
        parameters: Parameters::default(),
        operators: operators.into(),
        replicas: replicas.into(),
        clients: clients.into(),
    }
}

/// The signatures of both operators.
pub(crate) fn operator_signatures(descriptor: &Descriptor) -> Vec<Option<Signature>> {
    [1, 2].map(|number| Some(descriptor.sign(&secret(number)))).into()
}
