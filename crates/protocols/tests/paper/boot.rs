//! C3: a replica may die between any two effects, and what it promised before binds it afterwards.

use crate::support::{Cluster, vow};
use synod_kernel::{Seq, View};
use synod_protocols::pbft::{Rule, Timer, Vow};

/// Runs a story, and at every step of it crashes the replica whose step it is after every prefix of its effects,
/// reboots it from what is on disk, and lets the story go on. The judges of the cluster see every promise.
fn crash_everywhere(start: &Cluster, end: impl Fn(&mut Cluster, u16)) -> usize {
    let (mut cluster, mut crashes) = (start.clone(), 0);
    loop {
        let mut before = cluster.clone();
        let Some((at, input)) = before.next_input() else { return crashes };
        if let Some(input) = input {
            let effects = before.clone().effects_of(at, input);
            for prefix in 0..=effects.len() {
                let mut branch = before.clone();
                let mut reports = branch.perform(at, effects[..prefix].to_vec());
                reports.clear();
                branch.reboot(at);
                branch.deliver_all();
                end(&mut branch, at);
                crashes += 1;
            }
        }
        cluster.deliver_one();
    }
}

#[test]
fn pbft_c3_vows_bind_after_a_crash_anywhere_in_the_normal_case() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=3);
    cluster.submit(0, 4);
    let crashes = crash_everywhere(&cluster, |branch, _| {
        branch.submit_all(4);
        branch.submit_all(5);
        branch.tick(4);
        branch.assert_executed(0..4, &[1, 2, 3, 4, 5]);
    });
    assert!(crashes > 90, "{crashes} crashes");
}

#[test]
fn pbft_c3_vows_bind_after_a_crash_anywhere_in_a_view_change() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose(|_, to, message| to != 1 && matches!(vow(message), Some(Vow::Commit(_))));
    cluster.run(1..=2);
    cluster.heal();
    cluster.crash(0);
    for at in 1..4 {
        cluster.submit(at, 3);
    }
    for at in 1..4 {
        cluster.fire_first(at, |timer| matches!(timer, Timer::Request(..)));
    }
    let crashes = crash_everywhere(&cluster, |branch, _| {
        branch.tick(4);
        for round in 0..4 {
            if (1..4).all(|at| branch.executed(at).contains(&3)) {
                break;
            }
            branch.submit_all(3);
            for at in 1..4 {
                branch.fire_first(at, |timer| matches!(timer, Timer::NewView(_)) && round > 0);
            }
            branch.time_out(1..4);
            branch.tick(4);
        }
        branch.assert_executed(1..4, &[1, 2, 3]);
    });
    assert!(crashes > 90, "{crashes} crashes");
}

#[test]
fn pbft_c3_no_crash_makes_a_backup_prepare_twice() {
    let mut cluster = Cluster::new(4, 1);
    cluster.corrupt.insert(0);
    cluster.crash(0);
    let story = cluster.pre_prepare(0, 0, 1, cluster.batch(&[1]));
    let other = cluster.pre_prepare(0, 0, 1, cluster.batch(&[2]));
    (1..4).for_each(|at| cluster.inject(0, at, &story));
    crash_everywhere(&cluster, |branch, at| {
        branch.hand(0, at, &other);
        branch.deliver_all();
        branch.hand(0, at, &story);
        branch.deliver_all();
    });
}

#[test]
fn pbft_c3_a_certificate_without_its_commit_is_made_good() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose(|_, _, message| matches!(vow(message), Some(Vow::Commit(_))));
    cluster.run([1]);
    for at in 0..4 {
        let records = &mut cluster.node(at).records;
        records.retain(|record| !matches!(record, synod_kernel::Record::Vow(Vow::Commit(_))));
    }
    cluster.heal();
    (0..4).for_each(|at| cluster.reboot(at));
    cluster.deliver_all();
    cluster.tick(3);
    cluster.assert_executed(0..4, &[1]);
}

#[test]
fn pbft_c3_all_may_lose_power_at_once() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=7);
    for at in 0..4 {
        cluster.crash(at);
    }
    (0..4).for_each(|at| cluster.reboot(at));
    cluster.deliver_all();
    cluster.tick(3);
    cluster.assert_executed(0..4, &[1, 2, 3, 4, 5, 6, 7]);
    cluster.run(8..=20);
    cluster.assert_executed(0..4, &(1..=20).collect::<Vec<_>>());
}

#[test]
fn pbft_c3_all_may_lose_power_in_a_view_change() {
    let mut cluster = Cluster::new(4, 1);
    cluster.run(1..=6);
    cluster.lose(|_, _, message| matches!(vow(message), Some(Vow::NewView(_) | Vow::ViewChange(_))));
    cluster.crash(0);
    cluster.submit_all(7);
    cluster.time_out(1..4);
    cluster.heal();
    (1..4).for_each(|at| cluster.reboot(at));
    cluster.deliver_all();
    cluster.tick(3);
    cluster.submit_all(7);
    cluster.tick(2);
    cluster.assert_executed(1..4, &[1, 2, 3, 4, 5, 6, 7]);
    for at in 1..4 {
        assert_eq!(cluster.status(at).view, View::new(1));
    }
}

#[test]
fn pbft_c3_a_rebooted_primary_proposes_on_fresh_ground() {
    let mut cluster = Cluster::deep(4, 1);
    cluster.lose(|_, _, message| matches!(vow(message), Some(Vow::PrePrepare(_))));
    (1..=2).for_each(|number| cluster.submit(0, number));
    cluster.reboot(0);
    cluster.heal();
    cluster.submit_all(3);
    cluster.tick(3);
    cluster.assert_executed(0..4, &[1, 2, 3]);
    assert_eq!(cluster.applied(0, Rule::Propose), 3);
    assert_eq!(cluster.status(0).executed, Seq::new(3));
}

#[test]
fn pbft_c3_the_state_may_be_durable_and_its_announcement_not() {
    let mut cluster = Cluster::new(4, 1);
    cluster.lose(|_, _, message| matches!(vow(message), Some(Vow::Checkpoint(_))));
    cluster.run(1..=4);
    for at in 0..4 {
        let records = &mut cluster.node(at).records;
        records.retain(|record| !matches!(record, synod_kernel::Record::Vow(Vow::Checkpoint(_))));
    }
    cluster.heal();
    (0..4).for_each(|at| cluster.reboot(at));
    cluster.deliver_all();
    for at in 0..4 {
        assert_eq!(cluster.status(at).checkpoint, Seq::new(4));
    }
}
