//! What waits to be sent to one peer, within bounds.
//!
//! Two policies for the moment when there is no room: between replicas the oldest frame that binds nobody is dropped,
//! because the protocol repairs losses; towards a client the queue closes, because a client that does not read its
//! answers costs memory for nothing. One frame is always let into an empty queue, however large.

use super::room::Room;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

/// How much a frame matters when there is no room for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Binds its sender; dropped last.
    Essential,
    /// Will be said again anyway; dropped first.
    Expendable,
}

/// What to do when there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// Drop the oldest expendable frame, or else the oldest.
    DropOldest,
    /// Close the queue.
    Close,
}

/// Why a queue takes no more frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Closing {
    /// Orderly: what is queued is still sent.
    #[error("this process ends")]
    Finished,
    /// The peer reads too slowly.
    #[error("it reads its answers too slowly")]
    TooSlow,
    /// A newer connection of the same peer took its place.
    #[error("a newer connection of the same peer took its place")]
    Replaced,
    /// The peer sent something that no correct peer sends.
    #[error("it sent a frame with {0}")]
    Offence(&'static str),
    /// The peer is shut out for what it sent on another connection.
    #[error("the peer is shut out")]
    ShutOut,
}

/// A bounded queue with one reader.
#[derive(Debug)]
pub(crate) struct SendQueue {
    inner: Mutex<Inner>,
    /// Wakes the reader.
    changed: Notify,
    closing: watch::Sender<Option<Closing>>,
    bytes_max: usize,
    frames_max: usize,
    overflow: Overflow,
    /// The room it shares with others, if it does.
    room: Option<Arc<Room>>,
    /// Bytes it takes up there: those that wait, and those that are being written.
    held: AtomicUsize,
}

#[derive(Debug, Default)]
struct Inner {
    /// Frames with their place in the order.
    essential: VecDeque<(u64, Bytes)>,
    expendable: VecDeque<(u64, Bytes)>,
    next: u64,
    bytes: usize,
    /// Bytes of the batch that was taken last, which its reader still has.
    leaving: usize,
}

impl Inner {
    fn frames(&self) -> usize {
        self.essential.len() + self.expendable.len()
    }

    fn pop(&mut self) -> Option<Bytes> {
        let is_essential = match (self.essential.front(), self.expendable.front()) {
            (Some((one, _)), Some((other, _))) => one < other,
            (one, _) => one.is_some(),
        };
        let lane = if is_essential { &mut self.essential } else { &mut self.expendable };
        let (_, frame) = lane.pop_front()?;
        self.bytes -= frame.len();
        Some(frame)
    }

    /// Drops a frame, and says how many bytes it had.
    fn drop_oldest(&mut self) -> usize {
        let frame = self.expendable.pop_front().or_else(|| self.essential.pop_front());
        let bytes = frame.map_or(0, |(_, frame)| frame.len());
        self.bytes -= bytes;
        bytes
    }
}

impl SendQueue {
    /// An empty queue with these bounds.
    pub(crate) fn new(bytes_max: usize, frames_max: usize, overflow: Overflow) -> Self {
        let closing = watch::Sender::new(None);
        let (inner, changed, held) = (Mutex::default(), Notify::new(), AtomicUsize::new(0));
        Self { inner, changed, closing, bytes_max, frames_max, overflow, room: None, held }
    }

    /// The same queue in a room that it shares with others. It has to be made by the room, which knows its queues.
    pub(super) fn within(mut self, room: Arc<Room>) -> Self {
        self.room = Some(room);
        self
    }

    /// Bytes that it takes up in a room.
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Gives back so many bytes of what it holds. Whoever does has the lock, so that nothing is given back twice.
    fn give_back(&self, bytes: usize) {
        if let Some(room) = &self.room {
            self.held.fetch_sub(bytes, Ordering::Relaxed);
            room.give_back(bytes);
        }
    }

    /// A queue between replicas, which drops what is expendable.
    pub(crate) fn dropping(bytes_max: usize, frames_max: usize) -> Self {
        Self::new(bytes_max, frames_max, Overflow::DropOldest)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a frame and says how many frames were dropped for it, itself included.
    pub(crate) fn push(&self, frame: Bytes, weight: Weight) -> usize {
        let bytes = frame.len();
        if let Some(room) = &self.room {
            // Before the lock: whoever gives way for it may be this queue.
            room.take(bytes);
        }
        let mut inner = self.inner();
        if self.room.is_some() {
            self.held.fetch_add(bytes, Ordering::Relaxed);
        }
        if self.closing().is_some() {
            self.give_back(bytes);
            return 1;
        }
        let (mut dropped, mut refused) = (0, false);
        while !refused
            && inner.frames() > 0
            && (inner.bytes + bytes > self.bytes_max || inner.frames() + 1 > self.frames_max)
        {
            match self.overflow {
                Overflow::DropOldest => {
                    self.give_back(inner.drop_oldest());
                    dropped += 1;
                }
                Overflow::Close => refused = true,
            }
        }
        if refused {
            self.give_back(bytes);
            drop(inner);
            self.close(Closing::TooSlow);
            return dropped + 1;
        }
        inner.bytes += bytes;
        let place = inner.next;
        inner.next += 1;
        match weight {
            Weight::Essential => inner.essential.push_back((place, frame)),
            Weight::Expendable => inner.expendable.push_back((place, frame)),
        }
        drop(inner);
        self.changed.notify_one();
        dropped
    }

    /// Drops the oldest frames until no more than `bytes` are left, and says how many were dropped.
    pub(crate) fn keep_newest(&self, bytes: usize) -> usize {
        let mut inner = self.inner();
        let before = inner.frames();
        while inner.bytes > bytes
            && let Some(frame) = inner.pop()
        {
            self.give_back(frame.len());
        }
        before - inner.frames()
    }

    /// Moves queued frames of about `bytes` together into `batch`, in order, waiting for the first one. What was taken
    /// before is done with: it takes up no room any more. The end of the queue is an error that says why. May be
    /// cancelled: frames leave the queue only when this returns.
    pub(crate) async fn next_batch(&self, bytes: usize, batch: &mut Vec<Bytes>) -> Result<(), Closing> {
        loop {
            let changed = self.changed.notified();
            {
                let mut inner = self.inner();
                self.give_back(std::mem::take(&mut inner.leaving));
                if let Some(closing) = self.closing()
                    && (closing != Closing::Finished || inner.frames() == 0)
                {
                    return Err(closing);
                }
                let mut taken = 0;
                while taken < bytes
                    && let Some(frame) = inner.pop()
                {
                    taken += frame.len();
                    batch.push(frame);
                }
                if !batch.is_empty() {
                    inner.leaving = taken;
                    return Ok(());
                }
            }
            changed.await;
        }
    }

    /// Takes no more frames. The first reason stands; anything but [`Closing::Finished`] discards what is queued.
    pub(crate) fn close(&self, closing: Closing) {
        let mut inner = self.inner();
        self.closing.send_modify(|present| match present {
            None | Some(Closing::Finished) => *present = Some(closing),
            Some(Closing::TooSlow | Closing::Replaced | Closing::Offence(_) | Closing::ShutOut) => {}
        });
        if closing != Closing::Finished {
            inner.essential.clear();
            inner.expendable.clear();
            (inner.bytes, inner.leaving) = (0, 0);
            self.give_back(self.held());
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// Waits until no more frames are taken. May be cancelled.
    pub(crate) async fn closed(&self) {
        // Fails only without a sender, and that is in `self`.
        let _ = self.closing.subscribe().wait_for(Option::is_some).await;
    }

    /// Waits until the queue is closed for a reason that does not wait for what is queued. May be cancelled.
    pub(crate) async fn cut(&self) -> Closing {
        let mut closing = self.closing.subscribe();
        let is_cut = |closing: &Option<Closing>| closing.is_some_and(|closing| closing != Closing::Finished);
        match closing.wait_for(is_cut).await.map(|closing| *closing) {
            Ok(Some(closing)) => closing,
            Ok(None) | Err(_) => unreachable!("the sender is in self, and the value was just seen"),
        }
    }

    /// Why no more frames are taken, if so.
    pub(crate) fn closing(&self) -> Option<Closing> {
        *self.closing.borrow()
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.inner().frames() == 0
    }

    /// Bytes that wait.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.inner().bytes
    }
}

impl Drop for SendQueue {
    fn drop(&mut self) {
        self.give_back(self.held());
    }
}

#[cfg(test)]
mod tests;
