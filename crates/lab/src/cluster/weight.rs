//! What a PBFT replica may weigh in a simulated cluster: the bytes that tell its state from every other, at most.
//!
//! The parts are those of docs/LIMITS.md, counted in things and not in bytes of requests: a batch weighs as much as its
//! digest wherever it is named. It is restated here, so that a replica that forgets to forget is not its own judge.

use crate::setup::Sizes;
use synod_sim::Setting;

/// A vote with its signature, and the key it is kept under.
const VOTE: u64 = 170;
/// A signer of a certificate.
const SIGNER: u64 = 90;
/// A batch, a request, or a key of one, with what is kept beside it.
const NAME: u64 = 260;
/// Votes for later views that are kept of each replica.
const EARLY: u64 = 64;
/// What a decision in the history counts at least towards its bytes.
const DECISION: u64 = 1024;
/// Ranges of keys that a transfer knows to be missing, and what each takes.
const RANGES: u64 = 256 * 100;

/// For a replica of this cluster, whose clients have asked so many requests.
pub(super) fn max(setting: &Setting, sizes: &Sizes, asked: u64) -> u64 {
    let n = u64::from(setting.options.membership.size());
    let (window, interval) = (sizes.parameters.window, sizes.parameters.checkpoint_interval);
    let (places, checkpoints) = (2 * window, 2 * window / interval + 1);
    let certificate = VOTE + n * SIGNER;
    // Three tallies, three certificates, and what was proposed.
    let of_place = 3 * n * VOTE + 3 * certificate + 2 * VOTE;
    let report = 2 * VOTE + (window + 2) * certificate;
    let new_view = n * report + 3 * window * VOTE;
    let decisions = sizes.history_bytes as u64 / DECISION + 1;
    [
        places * of_place,
        // Departures, the proof of the view, evidence with two reports each.
        3 * n * report + new_view,
        n * EARLY * (VOTE + report / EARLY),
        checkpoints * (n * VOTE + certificate),
        (3 * places + n * window) * NAME,
        decisions * (2 * certificate + NAME),
        // Each waits, has a timer, is suspected for, is answered.
        4 * asked * NAME,
        RANGES + n * NAME,
    ]
    .into_iter()
    .sum()
}
