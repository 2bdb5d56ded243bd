//! The task that sends bundles and tells their outcomes.

use super::packer::{Bundle, Packer};
use crate::client::handle::{CallError, Client};
use bytes::Bytes;
use std::future::Future;
use synod_state::client::{Outcome, SubmitError};
use tokio::task::JoinSet;

/// What has operations ordered as one request.
pub(super) trait Caller: Clone + Send + 'static {
    fn call(&self, operations: Vec<Bytes>) -> impl Future<Output = Result<Outcome, CallError>> + Send;
}

impl Caller for Client {
    fn call(&self, operations: Vec<Bytes>) -> impl Future<Output = Result<Outcome, CallError>> + Send {
        Client::call(self, operations)
    }
}

/// Sends, and waits for outcomes.
pub(super) struct Worker<C> {
    caller: C,
    requests_max: usize,
    packer: Packer,
    under_way: JoinSet<(Bundle, Result<Outcome, CallError>)>,
    /// Bundles for which the client had no room, in order.
    held: Vec<Bundle>,
}

impl<C: Caller> Worker<C> {
    pub(super) fn new(caller: C, requests_max: usize, packer: Packer) -> Self {
        Self { caller, requests_max: requests_max.max(1), packer, under_way: JoinSet::new(), held: Vec::new() }
    }

    /// Works until every handle is dropped and every bundle has its outcome.
    pub(super) async fn run(mut self) {
        let mut is_open = true;
        while is_open || !self.under_way.is_empty() {
            let may_send = is_open && self.held.is_empty() && self.under_way.len() < self.requests_max;
            tokio::select! {
                Some(ended) = self.under_way.join_next(), if !self.under_way.is_empty() => {
                    // Without a result the runtime is going down, and callers are told so by their channels.
                    let Ok((bundle, result)) = ended else { return };
                    self.on_result(bundle, result);
                    // Those who were just told may have more to ask: it shall leave in the next bundle.
                    tokio::task::yield_now().await;
                }
                bundle = self.packer.next(), if may_send => match bundle {
                    Some(bundle) => self.send(bundle),
                    None => is_open = false,
                },
            }
        }
    }

    fn send(&mut self, bundle: Bundle) {
        let caller = self.caller.clone();
        self.under_way.spawn(async move {
            let result = caller.call(bundle.operations.clone()).await;
            (bundle, result)
        });
    }

    fn on_result(&mut self, bundle: Bundle, result: Result<Outcome, CallError>) {
        if matches!(result, Err(CallError::Submit(SubmitError::Busy { .. }))) && !self.under_way.is_empty() {
            // The session's window has no room until something of it is resolved, perhaps one of ours.
            self.held.push(bundle);
            return;
        }
        bundle.settle(result);
        for held in std::mem::take(&mut self.held) {
            self.send(held);
        }
    }
}
