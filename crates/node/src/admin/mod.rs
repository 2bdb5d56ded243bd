//! What the operator of one replica can ask it over HTTP: `/healthz`, `/readyz` and `/metrics`.
//!
//! For the operator's network only: answers are not authenticated and prove nothing. Nothing here changes the replica.
//! Connections are few and short-lived, so whoever reaches the address can do little harm with it.

mod page;
mod server;

pub(crate) use page::Admin;
pub(crate) use server::serve;
