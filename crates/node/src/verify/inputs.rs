//! What is verified and waits for the protocol, in two queues.
//!
//! Messages of replicas and requests are kept apart, whoever brought them: when the service is slow, requests have to
//! wait for it, and votes must not wait with them. What waits here holds a part of its sender's budget and a place
//! among what was taken from the lanes, and both are bounded.
//!
//! In the other direction goes what needs no more votes, so that the threads need not check those that still come. They
//! may know it late; then they check what is not needed.

use super::pool::Held;
use synod_kernel::{Input, Message, Process, Unverified};
use tokio::sync::{mpsc, watch};

/// An input whose every signature is good.
#[derive(Debug)]
pub(crate) struct Verified<P: Process> {
    /// What the protocol gets to see.
    pub(crate) input: Input<P>,
    /// Given back when the protocol has seen it.
    pub(crate) permits: Held,
}

/// Where the protocol gets its inputs.
#[derive(Debug)]
pub(crate) struct Inputs<P: Process> {
    /// What replicas say to each other.
    pub(crate) messages: mpsc::UnboundedReceiver<Verified<P>>,
    /// What clients ask, sent by them or handed on.
    pub(crate) requests: mpsc::UnboundedReceiver<Verified<P>>,
    settled: watch::Sender<P::Settled>,
}

impl<P: Process> Inputs<P> {
    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.messages.len() + self.requests.len()
    }

    /// Tells the threads what needs no more votes.
    pub(crate) fn settle(&self, settled: P::Settled) {
        if *self.settled.borrow() != settled {
            self.settled.send_replace(settled);
        }
    }
}

/// Where the threads put them.
#[derive(Debug)]
pub(crate) struct Outputs<P: Process> {
    messages: mpsc::UnboundedSender<Verified<P>>,
    requests: mpsc::UnboundedSender<Verified<P>>,
    settled: watch::Receiver<P::Settled>,
}

impl<P: Process> Clone for Outputs<P> {
    fn clone(&self) -> Self {
        let Self { messages, requests, settled } = self;
        Self { messages: messages.clone(), requests: requests.clone(), settled: settled.clone() }
    }
}

impl<P: Process> Outputs<P> {
    pub(super) fn send(&self, verified: Verified<P>) {
        let queue = if matches!(verified.input, Input::Request { .. }) { &self.requests } else { &self.messages };
        // Nobody listens once the replica ends.
        drop(queue.send(verified));
    }

    /// Whether the protocol can do without this message, as far as is known here.
    pub(super) fn is_needless(&self, message: &Unverified<Message<P>>) -> bool {
        message.is_needless(&*self.settled.borrow(), P::is_needless)
    }
}

/// Two empty queues, and nothing settled.
pub(crate) fn inputs<P: Process>() -> (Outputs<P>, Inputs<P>) {
    let (to_messages, messages) = mpsc::unbounded_channel();
    let (to_requests, requests) = mpsc::unbounded_channel();
    let (settled, is_settled) = watch::channel(P::Settled::default());
    (
        Outputs { messages: to_messages, requests: to_requests, settled: is_settled },
        Inputs { messages, requests, settled },
    )
}
