//! Attacks that know PBFT's words.

mod equivocate;
mod free;
mod gallery;

pub use equivocate::Equivocate;
pub use free::Free;
pub use gallery::{NAME, gallery};
