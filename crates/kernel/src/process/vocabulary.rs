//! Encoding, comparing and translating what is generic over a process: it depends on the process's vocabulary
//! alone, never on the process.

use super::{Effect, Input, Message, Process, Record};
use crate::codec::{Decode, Encode, Malformed, Reader, Writer};

macro_rules! either {
    ($name:ident, $left:ident: $left_type:ident, $right:ident: $right_type:ident, $what:literal) => {
        impl<P: Process> Encode for $name<P> {
            fn encode(&self, writer: &mut Writer) {
                match self {
                    Self::$left(left) => {
                        0_u8.encode(writer);
                        left.encode(writer);
                    }
                    Self::$right(right) => {
                        1_u8.encode(writer);
                        right.encode(writer);
                    }
                }
            }
        }
        // Derives would ask `P` itself to be comparable; only its vocabulary is.
        impl<P: Process> PartialEq for $name<P> {
            fn eq(&self, other: &Self) -> bool {
                match (self, other) {
                    (Self::$left(a), Self::$left(b)) => a == b,
                    (Self::$right(a), Self::$right(b)) => a == b,
                    (Self::$left(_), Self::$right(_)) | (Self::$right(_), Self::$left(_)) => false,
                }
            }
        }
        impl<P: Process> Eq for $name<P> {}
        impl<P: Process> Decode for $name<P> {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
                match u8::decode(reader)? {
                    0 => Ok(Self::$left(P::$left_type::decode(reader)?)),
                    1 => Ok(Self::$right(P::$right_type::decode(reader)?)),
                    tag => Err(Malformed::UnknownTag { what: $what, tag }),
                }
            }
        }
    };
}
either!(Message, Vow: Vow, Hint: Hint, "message");
either!(Record, Vow: Vow, Fact: Fact, "record");

/// Processes with the same vocabulary speak the same language; these translate the type, not the content.
macro_rules! cast_two {
    ($name:ident, $left:ident, $right:ident) => {
        impl<P: Process> $name<P> {
            /// The same, said by a process with the same vocabulary.
            pub fn cast<Q>(self) -> $name<Q>
            where
                Q: Process<Vow = P::Vow, Fact = P::Fact, Hint = P::Hint, Timer = P::Timer, Rule = P::Rule>,
            {
                match self {
                    Self::$left(left) => $name::$left(left),
                    Self::$right(right) => $name::$right(right),
                }
            }
        }
    };
}
cast_two!(Message, Vow, Hint);
cast_two!(Record, Vow, Fact);

impl<P: Process> Input<P> {
    /// The same, for a process with the same vocabulary.
    pub fn cast<Q>(self) -> Input<Q>
    where
        Q: Process<Vow = P::Vow, Fact = P::Fact, Hint = P::Hint, Timer = P::Timer, Rule = P::Rule>,
    {
        match self {
            Self::Start { records, executed, state } => {
                Input::Start { records: records.into_iter().map(Record::cast).collect(), executed, state }
            }
            Self::Deliver { from, message } => Input::Deliver { from, message: message.cast() },
            Self::Request { from, request } => Input::Request { from, request },
            Self::Timeout(timer) => Input::Timeout(timer),
            Self::Done(report) => Input::Done(report),
        }
    }
}

impl<P: Process> Effect<P> {
    /// The same, of a process with the same vocabulary.
    pub fn cast<Q>(self) -> Effect<Q>
    where
        Q: Process<Vow = P::Vow, Fact = P::Fact, Hint = P::Hint, Timer = P::Timer, Rule = P::Rule>,
    {
        match self {
            Self::Persist(record) => Effect::Persist(record.cast()),
            Self::Compact(records) => Effect::Compact(records.into_iter().map(Record::cast).collect()),
            Self::Send { to, message } => Effect::Send { to, message: message.cast() },
            Self::Forward { to, request } => Effect::Forward { to, request },
            Self::Reply { to, reply } => Effect::Reply { to, reply },
            Self::Arm { timer, after } => Effect::Arm { timer, after },
            Self::Disarm(timer) => Effect::Disarm(timer),
            Self::Ask(task) => Effect::Ask(task),
            Self::Applied(rule) => Effect::Applied(rule),
            Self::Note(note) => Effect::Note(note),
        }
    }
}

// Derives would ask `P` itself to be comparable; only its vocabulary is.
impl<P: Process> PartialEq for Effect<P> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Persist(a), Self::Persist(b)) => a == b,
            (Self::Compact(a), Self::Compact(b)) => a == b,
            (Self::Send { to: a, message: m }, Self::Send { to: b, message: n }) => a == b && m == n,
            (Self::Forward { to: a, request: r }, Self::Forward { to: b, request: s }) => a == b && r == s,
            (Self::Reply { to: a, reply: r }, Self::Reply { to: b, reply: s }) => a == b && r == s,
            (Self::Arm { timer: a, after: d }, Self::Arm { timer: b, after: e }) => a == b && d == e,
            (Self::Disarm(a), Self::Disarm(b)) => a == b,
            (Self::Ask(a), Self::Ask(b)) => a == b,
            (Self::Applied(a), Self::Applied(b)) => a == b,
            (Self::Note(a), Self::Note(b)) => a == b,
            (
                Self::Persist(_)
                | Self::Compact(_)
                | Self::Send { .. }
                | Self::Forward { .. }
                | Self::Reply { .. }
                | Self::Arm { .. }
                | Self::Disarm(_)
                | Self::Ask(_)
                | Self::Applied(_)
                | Self::Note(_),
                _,
            ) => false,
        }
    }
}

impl<P: Process> Eq for Effect<P> {}
