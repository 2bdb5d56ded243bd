//! A replica opens no more than it may.

use super::*;

fn of(open_files: usize) -> (usize, usize) {
    let limits = Limits { handshakes_max: 256, client_connections_max: 1024, ..Limits::default() };
    let limits = affordable(limits, Some(open_files));
    (limits.handshakes_max, limits.client_connections_max)
}

#[test]
fn connections_fit_the_descriptors_there_are() {
    assert_eq!(of(1 << 20), (256, 1024));
    assert_eq!(of(1024), (224, 448));
    assert_eq!(of(256), (32, 64));
    assert_eq!(of(10), (1, 1), "it is tried, at least");
    for open_files in (256..2048).step_by(64) {
        let (handshakes, clients) = of(open_files);
        assert!(2 * handshakes + clients + RESERVED_FILES <= open_files);
    }
}
