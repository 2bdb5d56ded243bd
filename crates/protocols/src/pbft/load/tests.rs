//! A few clients that take all they can leave room for the others.

use super::*;

fn client(number: u8) -> ClientId {
    ClientId::new([number; 32])
}

/// Takes as many requests of so many bytes as there is room for.
fn fill(loads: &mut Loads, client: ClientId, way: Way, bytes: usize) -> usize {
    (0..).take_while(|_| loads.admit(client, way, bytes)).count()
}

#[test]
fn a_few_hogs_leave_a_share_for_everybody_else() {
    for (way, bytes) in [(Way::Sent, 64 << 10), (Way::Relayed, 64 << 10), (Way::Sent, 1)] {
        let mut loads = Loads::default();
        let taken: usize = (1..=6).map(|hog| fill(&mut loads, client(hog), way, bytes)).sum();
        assert!(taken * bytes < OF_ALL.bytes);
        assert!(loads.admit(client(99), way, bytes), "who has nothing yet gets in");
    }
}

#[test]
fn what_becomes_free_goes_to_those_who_have_least() {
    let (way, bytes) = (Way::Sent, 64 << 10);
    let mut loads = Loads::default();
    for hog in 1..=100 {
        fill(&mut loads, client(hog), way, bytes);
    }
    assert!(!loads.admit(client(200), way, bytes), "everything is taken");
    for _ in 0..10 {
        loads.release(client(1), way, bytes);
        loads.release(client(2), way, bytes);
        assert!((1..=3).all(|hog| !loads.admit(client(hog), way, bytes)), "not to those who have much");
        assert!(loads.admit(client(200), way, bytes));
    }
}

#[test]
fn one_client_alone_has_all_that_a_client_may_have() {
    let mut loads = Loads::default();
    assert_eq!(fill(&mut loads, client(1), Way::Sent, 100), OF_CLIENT.requests);
    let mut loads = Loads::default();
    assert_eq!(fill(&mut loads, client(1), Way::Sent, 1 << 20), OF_CLIENT.bytes >> 20);
}

/// Whatever a correct backup has room for, sent and relayed, the primary has room for, twice.
#[test]
fn what_a_backup_waits_for_fits_at_the_primary() {
    let backup = Way::HandedOn(ReplicaId::new(2));
    for bytes in [1, 3000, 1 << 20] {
        let (mut at_backup, mut at_primary) = (Loads::default(), Loads::default());
        for number in 0..=255 {
            let taken: usize =
                [Way::Sent, Way::Relayed].map(|way| fill(&mut at_backup, client(number), way, bytes)).iter().sum();
            assert!((0..2 * taken).all(|_| at_primary.admit(client(number), backup, bytes)), "{number} {bytes}");
        }
    }
}

#[test]
fn what_is_released_is_free_again() {
    let mut loads = Loads::default();
    let taken = fill(&mut loads, client(1), Way::Sent, 1000);
    (0..taken).for_each(|_| loads.release(client(1), Way::Sent, 1000));
    assert!(loads.of_client.is_empty() && loads.of_all.is_empty(), "nothing is kept of who has nothing");
    assert_eq!(fill(&mut loads, client(1), Way::Sent, 1000), taken);
}
