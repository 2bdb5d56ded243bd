//! Practical Byzantine Fault Tolerance, with signatures. [PBFT-OSDI99] [PBFT-TOCS02]
//!
//! # The story
//! Replicas go through views; the primary of view v is replica v mod n. In a view the primary gives batches of
//! client requests a sequence number. Three phases make that binding:
//!
//! | a replica … | when | and before that, durably |
//! |---|---|---|
//! | says PRE-PREPARE (the primary) | a request waits, within window and pipeline | vote and batch |
//! | says PREPARE | it accepts the primary's first proposal for the place | the batch |
//! | says COMMIT | a strong quorum prepared the same: *prepared* | the prepared certificate |
//! | executes, in order | a strong quorum committed: *committed* | nothing more |
//! | says CHECKPOINT, every K batches | its state at that place is durable | the state |
//! | forgets what is below | a strong quorum has the same state: *stable* | the certificate |
//! | says VIEW-CHANGE | a request waits too long, f+1 others left, or a view does not start | the message |
//! | says NEW-VIEW (the next primary) | a strong quorum left | the message |
//!
//! # Why it is safe
//! Two strong quorums share a correct replica, which prepares one batch per place and view, before and after a
//! crash. So one view decides at most one batch per place. If a batch committed, a strong quorum holds its
//! prepared certificate; every new view starts from a strong quorum of reports, one of which is of a correct
//! replica from that quorum, and the certificate of the highest view wins; so later views decide the same.
//!
//! # Deviations from the paper
//! * The primary's pre-prepare is its prepare: one statement, one strong quorum, no double count.
//! * A strong quorum of commits is a proof that is shown to replicas that lag, whatever their view.
//! * Retransmission is by progress reports only ([`Hint::Progress`]), and every peer has a share of it.
//! * Decisions are kept beyond a stable checkpoint, within a bound, and shown to replicas that lag.
//! * State is fetched from several peers at once, and not given up because there is a newer one.
//! * The timer for a new view counts everybody who left the views below it, also those who ask for a later one.
//! * A report that names a batch the new primary cannot get does not count towards V: a liar may have it alone.
//! * A view that is entered brings along what it proposes beyond the window, for when the window gets there.
//! * The log is replaced when a view is entered, too, so that it stays short while no checkpoint gets stable.
//! * A replica that is fetching state does not blame the primary for requests it cannot know to be executed.
//! * A vote that differs from the proposal makes its sender be shown what the primary signed, so that a primary
//!   that signs two proposals is proved to by its own signatures.
//! * Every read is ordered like a write.
//!
//! # What this does not do
//! No I/O, no clock, no execution, no verification: drivers and the service do. No authenticators (MACs), no
//! speculation, no change of members.

mod answered;
mod checkpoint;
mod config;
mod departure;
mod help;
mod history;
mod load;
mod memory;
mod message;
mod new_view;
mod normal;
mod progress;
mod proofs;
mod propose;
mod queue;
mod repeats;
mod replica;
mod requests;
mod rule;
mod settled;
mod slot;
mod statement;
mod story;
mod suspicion;
mod timeless;
mod transfer;
mod view_change;

pub use config::{Config, HISTORY_BYTES};
pub use departure::Departure;
pub use memory::memory_max;
pub use message::{Evidence, Fact, Hint, PrePrepare, Progress, Vow};
pub use proofs::{promises, proofs};
pub use replica::Replica;
pub use rule::{Rule, Timer};
pub use settled::Settled;
pub use statement::{Checkpoint, Commit, NewView, PROTOCOL, Prepare, Suspect, ViewChange};
