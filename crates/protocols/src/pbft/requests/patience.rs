//! How long a backup waits for a request to be executed, and how it reminds the primary of it. [PBFT-OSDI99 §4.4]

use super::{Stage, Waiting};
use crate::pbft::replica::{Mode, Out, Replica};
use crate::pbft::rule::{Rule, Timer};
use alloc::vec::Vec;
use synod_kernel::{RequestKey, View};

/// Requests handed on again with one report of progress, at most, and their bytes, about.
const REMIND_MAX: usize = 256;
const REMIND_BYTES_MAX: usize = 4 << 20;
/// How often a primary that works as hard as it can is given more time for one request. What a primary has to do before
/// a request that a correct backup waits for is bounded, so its turn comes (decision 0005).
const GRANTS_MAX: u8 = 8;

impl Replica {
    /// A backup gives the primary time to have the request executed.
    pub(super) fn start_timer(&mut self, key: RequestKey, out: &mut Out) {
        let waiting = self.requests.waiting.get_mut(&key);
        if let Some(waiting) = waiting.filter(|waiting| waiting.is_unused()) {
            let since = self.requests.full_batches;
            waiting.stage = Stage::Timed { since, granted: 0 };
            (waiting.intervals, waiting.remind_after) = (0, 1);
            out.arm(Timer::Request(key, self.view), self.config.view_timeout(self.attempts));
        }
    }

    /// A status interval has passed: hands requests that wait to the primary again, each after one interval in the
    /// view, after two more, four more, and so on. It may be new, and what is handed on may be lost.
    pub(in crate::pbft) fn remind_primary(&mut self, out: &mut Out) {
        let primary = self.config.primary(self.view);
        let mut due = Vec::new();
        for (&key, waiting) in &mut self.requests.waiting {
            if waiting.is_up_to_the_primary() {
                waiting.intervals = waiting.intervals.saturating_add(1);
                if waiting.intervals >= waiting.remind_after {
                    due.push(key);
                }
            }
        }
        let reminded = self.requests.reminded;
        let first = due.partition_point(|key| Some(*key) <= reminded);
        due.rotate_left(first);
        let mut bytes = 0;
        for key in due.into_iter().take(REMIND_MAX) {
            let Some(waiting) = self.requests.waiting.get_mut(&key).filter(|_| bytes < REMIND_BYTES_MAX) else { break };
            waiting.remind_after = waiting.intervals.saturating_mul(2).saturating_add(1);
            bytes += waiting.request.size();
            self.requests.reminded = Some(key);
            out.forward(primary, waiting.request.clone());
        }
        self.recall_overdue(out);
    }

    /// What the primary is suspected for may be over by now: asks about the first such request. If that one is, the
    /// next one is asked about after another interval, and so on; if it is not, the suspicion stands anyway.
    fn recall_overdue(&mut self, out: &mut Out) {
        let overdue = self.requests.waiting.iter().find(|(_, waiting)| waiting.stage == Stage::Overdue);
        if let Some(key) = overdue.map(|(&key, _)| key) {
            self.recall(key, Stage::Overdue, out);
        }
    }

    /// A request has waited too long: this primary does not do its duty. [PBFT-OSDI99 §4.4]
    pub(in crate::pbft) fn on_request_timeout(&mut self, key: RequestKey, view: View, out: &mut Out) {
        self.note_lag();
        let is_behind = self.grace > 0;
        let waiting = self.requests.waiting.get_mut(&key);
        let timed = waiting.filter(|waiting| matches!(waiting.stage, Stage::Timed { .. }));
        let Some(waiting) = timed.filter(|_| view == self.view && self.mode == Mode::Normal) else {
            return out.applied(Rule::IgnoreStaleTimer);
        };
        if is_behind {
            // It may have been executed long ago, and this replica cannot know before it is there.
            waiting.stage = Stage::Idle;
            return self.start_timer(key, out);
        }
        if self.grant_time(key, out) {
            return out.applied(Rule::GrantTime);
        }
        // A client may have ended its session meanwhile, and what is over the primary need not order.
        let question = self.requests.recalls + 1;
        self.recall(key, Stage::Confirming(question), out);
    }

    /// Gives the primary more time for a request, if it worked as hard as it can since the timer was armed: its turn
    /// has not come. Or if others are ahead of this replica: they may have executed it. A primary that is idle, or
    /// slow, or has been given enough, is not given more.
    fn grant_time(&mut self, key: RequestKey, out: &mut Out) -> bool {
        let (done, lags) = (self.requests.full_batches, self.lag() > 0);
        let Some(Waiting { stage: Stage::Timed { since, granted, .. }, .. }) = self.requests.waiting.get_mut(&key)
        else {
            return false;
        };
        if *granted >= GRANTS_MAX || (done - *since < self.config.pipeline() && !lags) {
            return false;
        }
        (*since, *granted) = (done, *granted + 1);
        out.arm(Timer::Request(key, self.view), self.config.view_timeout(self.attempts));
        true
    }
}
