//! `synod status`: how a cluster is, in the words of its replicas.
//!
//! Each line of the table is one replica's own word and proves nothing. What is said of the cluster counts the replicas
//! that take part, with views and places that at least one honest replica is known to have reached.

mod assessment;
mod table;

use crate::cli::parse_duration;
use crate::failure::{Cause, Failure};
use crate::output;
use crate::session::{self, Session};
use assessment::{Assessment, Word};
use clap::Args;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;
use synod_kernel::{ReplicaId, Status};
use synod_node::client::StatusError;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// How often a connection that is not up yet is looked for.
const LOOK: Duration = Duration::from_millis(20);
/// How long to try to find out why a replica cannot be reached.
const PROBE: Duration = Duration::from_millis(500);

/// Show how many more faults the cluster tolerates, and how every replica is
///
/// The first line is the one to watch. Ends with code 3 when too few replicas answer to read or write anything.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  synod status --dir cluster/client --json")]
pub(crate) struct StatusArguments {
    /// The client's folder
    #[arg(long, default_value = "cluster/client")]
    dir: PathBuf,
    /// Report as JSON
    #[arg(long)]
    json: bool,
    /// How long to wait for a replica, e.g. 500ms or 2s
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = parse_duration)]
    timeout: Duration,
}

/// Asks every replica and reports.
pub(crate) fn run(arguments: &StatusArguments) -> Result<(), Failure> {
    let (assessment, addresses) = session::block_on(async {
        let session = Session::open(&arguments.dir, arguments.timeout).await?;
        let membership = session.cluster().scope().membership;
        let replicas = &session.cluster().descriptor().replicas;
        let addresses: Vec<String> = replicas.iter().map(|entry| entry.address.clone()).collect();
        let words = ask_all(&session, &addresses, arguments.timeout).await;
        Ok((Assessment::new(&membership, words), addresses))
    })?;
    if arguments.json {
        output::print_json(&table::to_json(&assessment, &addresses))?;
    } else {
        output::print(&table::to_text(&assessment, &addresses))?;
    }
    if assessment.has_quorum() { Ok(()) } else { Err(Failure::told(Cause::Unreachable)) }
}

async fn ask_all(session: &Session, addresses: &[String], timeout: Duration) -> Vec<Word> {
    let until = Instant::now() + timeout;
    let mut asked = JoinSet::new();
    for (id, address) in session.cluster().scope().membership.replicas().zip(addresses) {
        let (client, address) = (session.client.clone(), address.clone());
        asked.spawn(async move {
            loop {
                match client.status(id).await.map(|answer| answer.protocol) {
                    Err(StatusError::NotConnected(_)) if Instant::now() < until => sleep(LOOK).await,
                    answer => return (id, explain(answer, &address)),
                }
            }
        });
    }
    let mut words: Vec<(ReplicaId, Word)> = asked.join_all().await;
    words.sort_unstable_by_key(|(id, _)| *id);
    words.into_iter().map(|(_, word)| word).collect()
}

fn explain(answer: Result<Status, StatusError>, address: &str) -> Word {
    answer.map_err(|error| match error {
        StatusError::NotConnected(_) => match probe(address) {
            Ok(()) => "something listens there, but it is not this replica, or has no time".to_owned(),
            Err(error) => error.to_string(),
        },
        StatusError::Silent { after, .. } => format!("connected, but gave no answer for {after:?}"),
        StatusError::NotAMember(_) | StatusError::Ended => error.to_string(),
    })
}

fn probe(address: &str) -> io::Result<()> {
    let mut result = Err(io::Error::other("its name has no address"));
    for address in address.to_socket_addrs()? {
        result = TcpStream::connect_timeout(&address, PROBE).map(drop);
        if result.is_ok() {
            break;
        }
    }
    result
}
