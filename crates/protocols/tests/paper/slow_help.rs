//! What comes late, in a trickle or out of order helps all the same. [PBFT-TOCS02]

use crate::support::{Cluster, hint, id};
use std::cell::RefCell;
use std::rc::Rc;
use synod_kernel::process::KeyRange;
use synod_kernel::{Effect, Message, Seq, Target};
use synod_protocols::pbft::{Hint, Replica, Rule, Timer};

type Held = Rc<RefCell<Vec<(u16, Message<Replica>)>>>;

/// Holds back what `holds` says of what is sent to replica 3.
fn hold(cluster: &mut Cluster, holds: impl Fn(&Hint) -> bool + 'static) -> Held {
    let held = Held::default();
    let noted = held.clone();
    cluster.lose(move |from, to, message| {
        let is_held = to == 3 && hint(message).is_some_and(&holds);
        if is_held {
            noted.borrow_mut().push((from, message.clone()));
        }
        is_held
    });
    held
}

/// Replica 3 has the first piece of the state at 20, and asked each of the others for one more.
fn fetching() -> (Cluster, Held) {
    let mut cluster = Cluster::new(4, 1);
    cluster.isolate(3);
    cluster.run(1..=22);
    cluster.heal();
    let held = hold(&mut cluster, |hint| matches!(hint, Hint::Chunk { range, .. } if *range != KeyRange::all()));
    cluster.tick(4);
    assert_eq!((cluster.status(3).state.as_str(), held.borrow().len()), ("transfer", 3));
    (cluster, held)
}

fn time_out(cluster: &mut Cluster, peers: impl IntoIterator<Item = u16>) {
    for peer in peers {
        cluster.fire(3, Timer::Piece(Seq::new(20), id(peer)));
    }
    cluster.deliver_all();
}

#[test]
fn pbft_tocs_a_piece_that_comes_late_is_taken() {
    let (mut cluster, held) = fetching();
    time_out(&mut cluster, 0..3);
    assert_eq!(cluster.applied(3, Rule::LeavePeer), 3);
    let pieces = std::mem::take(&mut *held.borrow_mut());
    for (from, piece) in &pieces {
        cluster.hand(*from, 3, piece);
    }
    assert_eq!((cluster.applied(3, Rule::TakeLatePiece), cluster.applied(3, Rule::FinishTransfer)), (3, 1));
    let (from, piece) = &pieces[0];
    cluster.hand(*from, 3, piece);
    assert_eq!(cluster.applied(3, Rule::TakeLatePiece), 3, "once");
}

#[test]
fn pbft_tocs_who_was_late_has_more_time_for_the_next_piece() {
    let (mut cluster, held) = fetching();
    let timer = Timer::Piece(Seq::new(20), id(1));
    let first = cluster.nodes[3].timers[&timer];
    time_out(&mut cluster, 0..3);
    let pieces = std::mem::take(&mut *held.borrow_mut());
    let (from, late) = pieces.iter().find(|(from, _)| *from == 1).unwrap();
    cluster.hand(*from, 3, late);
    // Two ranges are missing, and 1 is the only one that is not left.
    assert_eq!(cluster.nodes[3].timers[&timer], 2 * first);
}

#[test]
fn pbft_tocs_whoever_was_left_is_asked_again_whatever_trickles_in() {
    let (mut cluster, held) = fetching();
    time_out(&mut cluster, [1, 2]);
    held.borrow_mut().clear();
    // The piece of 0 is still awaited.
    assert!(cluster.nodes[3].timers.contains_key(&Timer::Piece(Seq::new(20), id(0))));
    cluster.fire(3, Timer::Transfer(Seq::new(20)));
    cluster.deliver_all();
    let mut answered: Vec<u16> = held.borrow().iter().map(|(from, _)| *from).collect();
    answered.sort_unstable();
    assert_eq!(answered, [1, 2]);
    assert!(cluster.nodes[3].timers.contains_key(&Timer::Transfer(Seq::new(20))), "and again later");
}

#[test]
fn pbft_tocs_more_is_asked_for_in_whatever_order_decisions_come() {
    let mut cluster = Cluster::new(4, 1);
    cluster.isolate(3);
    cluster.run(1..=3);
    cluster.heal();
    let held = hold(&mut cluster, |hint| matches!(hint, Hint::Decided { .. }));
    cluster.tick(2);
    let decisions: Vec<_> = held.borrow().iter().filter(|(from, _)| *from == 0).take(3).cloned().collect();
    assert!(matches!(hint(&decisions[2].1), Some(Hint::Decided { more: true, .. })));
    for (from, decision) in decisions.iter().rev() {
        let asks = |effect: &Effect<Replica>| {
            matches!(effect, Effect::Send { to: Target::One(peer), message: Message::Hint(Hint::Progress(progress)) }
                if *peer == id(0) && progress.stuck && progress.ordered == Seq::new(3))
        };
        assert!(!cluster.nodes[3].last.iter().any(asks));
        cluster.hand(*from, 3, decision);
        assert_eq!(cluster.nodes[3].last.iter().any(asks), decision == &decisions[0].1);
    }
    cluster.assert_executed([3], &[1, 2, 3]);
}
