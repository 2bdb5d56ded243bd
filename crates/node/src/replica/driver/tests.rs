//! What waits of clients' work keeps no votes out.

use super::*;

#[test]
fn requests_stop_first() {
    let room = |held, log_queue, tasks| {
        let Room { for_messages, for_requests } = Room::beside(held, log_queue, tasks);
        (for_messages, for_requests)
    };
    assert_eq!(room(0, 0, 0), (true, true));
    assert_eq!(room(HELD_MAX / 2 - 1, LOG_QUEUE_MAX / 2 - 1, TASK_QUEUE_MAX - 1), (true, true));
    for beside in [(0, 0, TASK_QUEUE_MAX), (0, 0, 1 << 20), (HELD_MAX / 2, 0, 0), (0, LOG_QUEUE_MAX / 2, 0)] {
        assert_eq!(room(beside.0, beside.1, beside.2), (true, false), "{beside:?}");
    }
    assert_eq!(room(HELD_MAX, 0, 0), (false, false));
    assert_eq!(room(0, LOG_QUEUE_MAX, 0), (false, false));
}
