//! Attacks that know PBFT's words.

mod equivocate;
mod gallery;

pub use equivocate::Equivocate;
pub use gallery::{NAME, gallery};
