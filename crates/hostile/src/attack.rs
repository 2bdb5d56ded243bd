//! The attacks: what each is called, how fast it goes, and what came of it.

mod crowd;
mod frames;
mod requests;
mod slow;
mod strangers;
mod tally;

use crate::folder::Folder;
use crate::pace::{self, Pace};
use clap::ValueEnum;
use crowd::Crowd;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tally::{Mark, Tally};
use tokio::time::timeout;

/// What no correct client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Attack {
    /// Random bytes to the ports of replicas and of their admin pages.
    RandomBytes,
    /// HTTP to the ports of replicas, and what is hardly HTTP to the admin pages.
    Http,
    /// Connections that are closed at once.
    ConnectChurn,
    /// Connections that are closed after the first bytes of a handshake.
    HelloChurn,
    /// Handshakes that are begun and not gone on with.
    HalfHandshakes,
    /// Handshakes with a key of nobody, with a replica's public key, with no key, and with a voting key.
    ForeignKeys,
    /// A byte per ten seconds of a handshake, on a thousand connections.
    SlowHandshakes,
    /// The same of a frame, after the handshake.
    SlowFrames,
    /// After a good handshake, random bytes where frames belong.
    Garbage,
    /// Lengths of zero, below a header, above the limit, and of four GiB.
    BadLengths,
    /// Headers that are cut short, and of another version, cluster, epoch, protocol or kind.
    BadHeaders,
    /// Signed bodies that claim four billion of everything, end early or late, or are a replica's to send.
    BadBodies,
    /// Requests whose signature is not good.
    BadSignatures,
    /// A reader that asks much and never reads.
    ZeroWindow,
    /// Each request several times, and in the wrong order.
    Duplicates,
    /// One request that was answered long ago, ten thousand times a second.
    Retransmissions,
    /// Two operations signed under one id, each sent to other replicas.
    TwoBodies,
    /// Requests to everyone but the primary.
    BackupsOnly,
    /// Two programs with one key and one session, each of which thinks it is alone.
    SameKey,
    /// Two thousand good requests a second, all to the primary.
    Flood,
    /// As many questions how replicas are.
    StatusQueries,
    /// Ids and sessions of 0 and of 2^64 - 1. Afterwards this client can open no session any more.
    ExtremeIds,
}

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) time: Duration,
    /// The share of one core that the attacker may take.
    pub(crate) processor: f64,
}

/// How long an attack may take to end once its time is over.
const GRACE: Duration = Duration::from_secs(5);

impl Attack {
    /// What it is called on the command line.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().expect("no attack is hidden").get_name().to_owned()
    }

    /// Actions a second, at most: connections, or else requests.
    fn rate(self) -> u32 {
        match self {
            Self::Retransmissions => 10_000,
            Self::Flood | Self::StatusQueries => 2_000,
            Self::ConnectChurn | Self::SlowHandshakes | Self::BackupsOnly => 200,
            Self::HelloChurn | Self::HalfHandshakes | Self::TwoBodies | Self::SameKey => 100,
            Self::RandomBytes | Self::Http | Self::SlowFrames | Self::ExtremeIds => 50,
            Self::ForeignKeys | Self::Garbage | Self::BadLengths | Self::BadHeaders | Self::BadBodies => 20,
            // Four requests at a time, each three times to each replica.
            Self::BadSignatures | Self::Duplicates => 10,
            Self::ZeroWindow => 4,
        }
    }

    /// What must have come about at least once, or else nothing was attacked.
    fn mark(self) -> Mark {
        match self {
            // Whoever sends these is not heard out.
            Self::RandomBytes | Self::Http | Self::ForeignKeys => Mark::Closed,
            Self::Garbage | Self::BadLengths | Self::BadBodies | Self::BadSignatures => Mark::Closed,
            // A replica waits for five seconds, and attacks last longer.
            Self::HalfHandshakes | Self::SlowHandshakes | Self::SlowFrames => Mark::Closed,
            Self::ConnectChurn | Self::HelloChurn => Mark::Left,
            // Frames that are for others are dropped, and cost nobody the connection.
            Self::BadHeaders => Mark::Left,
            // Which of the two it is depends on how much the system itself takes in for a reader that does not read.
            Self::ZeroWindow => Mark::ClosedOrLeft,
            Self::Duplicates | Self::Retransmissions | Self::TwoBodies | Self::BackupsOnly => Mark::Heard,
            Self::Flood | Self::StatusQueries | Self::ExtremeIds => Mark::Heard,
            Self::SameKey => Mark::Answered,
        }
    }

    /// What part of its rate an honest client must keep meanwhile, and why.
    pub(crate) fn rate_kept(self) -> (f64, &'static str) {
        match self {
            // Requests that are ordered, executed and answered like any others, hundreds a second, where the honest
            // client takes all there is.
            Self::Flood | Self::BackupsOnly | Self::ZeroWindow => (0.5, SHARED),
            // One of the two bodies is such a request.
            Self::TwoBodies => (0.5, SHARED),
            _ => (0.9, "what it sends is refused, or is little"),
        }
    }

    /// Connections at once, of those attacks that are made of connections.
    fn at_once(self) -> usize {
        match self {
            Self::SlowHandshakes | Self::SlowFrames => 1_000,
            Self::HalfHandshakes => 512,
            _ => 64,
        }
    }
}

/// Why an honest client need not keep more than half of its rate.
const SHARED: &str = "its requests are good, and two clients share what there is in halves";

/// Does it, and reports in JSON.
pub(crate) async fn run(attack: Attack, folder: Arc<Folder>, bounds: Bounds) -> io::Result<String> {
    let (start, before) = (Instant::now(), pace::computed());
    let mut tally = Tally::default();
    let pace = Pace::new(attack.rate(), bounds.time, bounds.processor);
    // What is under way when this ends is dropped; what was counted stays.
    let ended = timeout(bounds.time + GRACE, perform(attack, folder, pace, &mut tally)).await;
    if let Ok(result) = ended {
        result?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let computed = pace::computed().zip(before).map(|(now, then)| now.saturating_sub(then).as_secs_f64());
    let wrong = tally.wrong(attack.mark());
    let Tally { actions, closed, left, failed, heard, answered } = tally;
    let report = serde_json::json!({
        "attack": attack.name(), "seconds": seconds, "actions": actions, "closed": closed, "left": left,
        "failed": failed, "heard": heard, "answered": answered, "processor_seconds": computed, "wrong": wrong,
    });
    Ok(report.to_string())
}

async fn perform(attack: Attack, folder: Arc<Folder>, pace: Pace, tally: &mut Tally) -> io::Result<()> {
    let crowd = Crowd { folder: folder.clone(), at_once: attack.at_once() };
    match attack {
        Attack::RandomBytes => crowd.run(pace, tally, strangers::random_bytes).await,
        Attack::Http => crowd.run(pace, tally, strangers::http).await,
        Attack::ConnectChurn => crowd.run(pace, tally, strangers::connect).await,
        Attack::HelloChurn => crowd.run(pace, tally, strangers::hello).await,
        Attack::HalfHandshakes => crowd.run(pace, tally, strangers::half_handshake).await,
        Attack::ForeignKeys => crowd.run(pace, tally, strangers::foreign_key).await,
        Attack::SlowHandshakes => crowd.run(pace, tally, slow::handshake).await,
        Attack::SlowFrames => crowd.run(pace, tally, slow::frame).await,
        Attack::ZeroWindow => crowd.run(pace, tally, slow::reader).await,
        Attack::Garbage => crowd.run(pace, tally, frames::garbage).await,
        Attack::BadLengths => crowd.run(pace, tally, frames::bad_length).await,
        Attack::BadHeaders => crowd.run(pace, tally, frames::bad_header).await,
        Attack::BadBodies => crowd.run(pace, tally, frames::bad_body).await,
        Attack::BadSignatures => crowd.run(pace, tally, frames::bad_signatures).await,
        Attack::Duplicates => requests::duplicates(folder, pace, tally).await,
        Attack::Retransmissions => requests::retransmissions(folder, pace, tally).await,
        Attack::TwoBodies => requests::two_bodies(folder, pace, tally).await,
        Attack::BackupsOnly => requests::backups_only(folder, pace, tally).await,
        Attack::SameKey => requests::same_key(folder, pace, tally).await,
        Attack::Flood => requests::flood(folder, pace, tally).await,
        Attack::StatusQueries => requests::status_queries(folder, pace, tally).await,
        Attack::ExtremeIds => requests::extreme_ids(folder, pace, tally).await,
    }
}
