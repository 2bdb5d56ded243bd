//! A closed loop of puts against etcd, over its own gRPC interface.
//!
//! Each client is one HTTP/2 connection to one member, in turn, with a fixed number of puts outstanding on it. What is
//! printed, as JSON, has the names that `synod bench` uses. It asks for nothing that a real client would not, and does
//! no more than it must, so that what is measured is etcd.

mod api;
mod members;
mod workload;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Parser;
use hdrhistogram::Histogram;
use serde_json::json;
use tokio::task::JoinSet;

use api::Kv;
use members::Members;
use workload::Workload;

/// What to do with any error here: it ends the measurement and is told.
type Problem = Box<dyn std::error::Error + Send + Sync>;

/// Puts a load on an etcd cluster and reports as JSON.
#[derive(Clone, Debug, Parser)]
struct Options {
    /// Client addresses of the members that get the load, as `host:port`.
    #[arg(long, value_delimiter = ',', required = true)]
    endpoints: Vec<String>,
    /// Client addresses of all members, whose metrics are read.
    #[arg(long, value_delimiter = ',')]
    metrics: Vec<String>,
    /// Processes of the members, whose processor time is counted.
    #[arg(long, value_delimiter = ',')]
    pids: Vec<u32>,
    /// Clients, each a connection of its own.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    clients: u16,
    /// Puts that each client keeps outstanding.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    outstanding: u16,
    /// Bytes of each value.
    #[arg(long, default_value_t = 256)]
    value_size: u32,
    /// Different keys.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    keys: u32,
    /// Seconds to measure.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Seconds of load before that.
    #[arg(long, default_value_t = 2)]
    warmup: u64,
}

/// What was acknowledged since the measurement began.
struct Measured {
    latencies: Histogram<u64>,
    errors: u64,
}

type Shared = Arc<Mutex<Measured>>;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.map_err(Problem::from).and_then(|runtime| runtime.block_on(measure(&Options::parse())));
    match result {
        Ok(report) => {
            println!("{report:#}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(options: &Options) -> Result<serde_json::Value, Problem> {
    let latencies = Histogram::new_with_bounds(1, 3_600_000_000, 3)?;
    let shared = Arc::new(Mutex::new(Measured { latencies, errors: 0 }));
    let members = Members::new(&options.metrics, &options.pids);
    let mut tasks = start(options, &shared).await?;

    tokio::time::sleep(Duration::from_secs(options.warmup)).await;
    // What takes time is asked for outside of the interval, at both ends.
    let syncs_before = members.syncs()?;
    let (cpu_before, begun) = (members.cpu()?, Instant::now());
    with(&shared, |measured| {
        measured.latencies.reset();
        measured.errors = 0;
    });
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    let (cpu_after, took) = (members.cpu()?, begun.elapsed());
    let syncs = difference(syncs_before, members.syncs()?);
    let used =
        Used { cpu: difference(cpu_before.members, cpu_after.members), own: cpu_after.own - cpu_before.own, syncs };
    let report = with(&shared, |measured| report(options, measured, took, &used));
    tasks.shutdown().await;
    Ok(report)
}

/// What was used in the interval; processor time is in microseconds.
struct Used {
    cpu: Option<u64>,
    own: u64,
    syncs: Option<u64>,
}

/// Connects every client and begins.
async fn start(options: &Options, shared: &Shared) -> Result<JoinSet<()>, Problem> {
    let mut tasks = JoinSet::new();
    for (position, endpoint) in (0..u64::from(options.clients)).zip(options.endpoints.iter().cycle()) {
        let kv = Kv::connect(endpoint).await?;
        for slot in 0..u64::from(options.outstanding) {
            let place = position * u64::from(options.outstanding) + slot;
            let workload = Workload::new(place, options.keys, options.value_size);
            tasks.spawn(ask(kv.clone(), workload, shared.clone()));
        }
    }
    Ok(tasks)
}

/// One put after the other, until the task is aborted.
async fn ask(mut kv: Kv, mut workload: Workload, shared: Shared) {
    loop {
        let (key, value) = workload.next();
        let begun = Instant::now();
        let put = kv.put(key, value).await;
        let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        with(&shared, |measured| match put {
            Ok(_) => measured.latencies.saturating_record(took),
            Err(_) => measured.errors += 1,
        });
        if put.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn with<T>(shared: &Shared, what: impl FnOnce(&mut Measured) -> T) -> T {
    what(&mut shared.lock().unwrap_or_else(PoisonError::into_inner))
}

fn report(options: &Options, measured: &Measured, took: Duration, used: &Used) -> serde_json::Value {
    let operations = measured.latencies.len();
    let share = |share: f64| (operations > 0).then(|| measured.latencies.value_at_quantile(share));
    let each = |total: Option<u64>| total.filter(|_| operations > 0).map(|total| float(total) / float(operations));
    json!({
        "ops_per_second": float(operations) / took.as_secs_f64(),
        "p50_us": share(0.5), "p99_us": share(0.99), "p999_us": share(0.999), "max_us": share(1.0),
        "cpu_us_per_op": each(used.cpu.map(|cpu| cpu + used.own)),
        "cpu_us_per_op_client": each(Some(used.own)),
        "fsyncs_per_op": each(used.syncs),
        "acknowledged": operations, "errors": measured.errors,
        "seconds": took.as_secs_f64(), "endpoints": options.endpoints.len(), "clients": options.clients,
        "outstanding": options.outstanding, "value_size": options.value_size, "keys": options.keys,
    })
}

fn difference(before: Option<u64>, after: Option<u64>) -> Option<u64> {
    after?.checked_sub(before?)
}

/// A count as what ratios are made of.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}
