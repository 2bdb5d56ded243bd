//! Attacks on PBFT, in its own words.

mod equivocate;

pub use equivocate::Equivocate;
