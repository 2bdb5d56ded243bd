//! `synod demo`: a whole cluster on this machine, real processes with real keys, channels and disks, put under load and
//! attack, and judged by whether everything that was acknowledged is there afterwards.
//!
//! The replicas are children of this process and never outlive it.

mod arguments;
mod input;
mod load;
mod narrator;
mod pace;
mod place;
mod readiness;
mod replicas;
mod report;
mod scene;
mod watcher;

pub(crate) use arguments::Demo;

use crate::failure::{Cause, Failure};
use crate::genesis;
use crate::interrupts::Interrupts;
use crate::session::{self, Session};
use load::Load;
use narrator::Narrator;
use place::Place;
use replicas::Replicas;
use report::Report;
use scene::Scene;
use std::time::Duration;
use synod_kernel::ReplicaId;
use synod_node::genesis::DevCluster;
use watcher::Watcher;

/// How long one request is waited for before it is asked for again.
const PATIENCE: Duration = Duration::from_secs(40);

/// Shows what was asked for.
pub(crate) fn run(arguments: &Demo) -> Result<(), Failure> {
    let scene = Scene::new(arguments)?;
    let place = Place::new(arguments.dir.as_deref())?;
    let made = genesis::make(place.path(), scene.options())?;
    let narrator = Narrator::new(arguments.json);
    session::block_on(async {
        let mut interrupts = Interrupts::new()?;
        narrator.opening(&scene, &place);
        let (replicas, report) = tokio::select! {
            shown = show(&scene, &made, &narrator) => shown.inspect_err(|_| {
                narrator.clear();
                eprintln!("folders and logs are kept in {}", place.keep().display());
            })?,
            signal = interrupts.next() => {
                narrator.clear();
                let sentence = format!("{signal}: the demonstration was ended before it was over");
                return Err(Failure::new(Cause::Failed, sentence));
            }
        };
        report.tell(&narrator)?;
        if report.is_good() && !arguments.exit {
            narrator.invite(&made, &place);
            interrupts.next().await;
        }
        replicas.end();
        if report.is_good() {
            return Ok(());
        }
        let kept = place.keep();
        let sentence = format!("the cluster did not do what it should; its folders and logs are in {}", kept.display());
        Err(Failure::new(Cause::Failed, sentence))
    })
}

/// The demonstration itself, up to its result.
async fn show(scene: &Scene, made: &DevCluster, narrator: &Narrator) -> Result<(Replicas, Report), Failure> {
    let mut replicas = Replicas::start(&made.replicas, scene)?;
    readiness::wait(&mut replicas, made).await?;
    narrator.say("every replica is connected to every other, over TLS with pinned keys");
    let session = Session::open(&made.client, PATIENCE).await?;
    let watcher = Watcher::start(&session.client, scene, narrator);

    narrator.writing(scene);
    let load = Load::new(&session.client, scene, narrator);
    let (written, killed) = tokio::join!(load.write_all(), strike(scene, &load, &watcher, &mut replicas, narrator));
    let written = written?;
    let recovered = match killed? {
        Some(id) => Some((id, watcher.wait_until_recovered(id, narrator).await)),
        None => None,
    };
    let read = load.read_all(&written).await?;
    let report = Report::new(scene, &written, &read, recovered, watcher.settle().await);
    Ok((replicas, report))
}

/// Kills a replica in the middle of the load, and starts it again, if the cluster tolerates that. Returns which.
async fn strike(
    scene: &Scene,
    load: &Load<'_>,
    watcher: &Watcher,
    replicas: &mut Replicas,
    narrator: &Narrator,
) -> Result<Option<ReplicaId>, Failure> {
    let Some(victim) = scene.victim() else { return Ok(None) };
    if scene.liar().is_some() {
        tokio::select! {
            () = watcher.wait_for_view_change() => {}
            () = load.reached(scene.operations()) => {}
        }
    }
    load.reached(scene.operations() / 2).await;
    replicas.kill(victim)?;
    narrator.say(&format!("kill -9 of replica {victim}, which is honest: the others carry on"));
    load.reached(scene.operations() * 3 / 4).await;
    replicas.restart(victim)?;
    narrator.say(&format!("replica {victim} is started again, from what it has on disk"));
    Ok(Some(victim))
}
