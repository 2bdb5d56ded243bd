//! Pages are read as replicas write them, and a new process does not undo what was counted.

use super::*;

fn page(view: u64, transfers: u64) -> String {
    format!(
        "# HELP synod_view The view.\n# TYPE synod_view gauge\nsynod_view {view}\nsynod_checkpoint 128\n\
         synod_rules_applied_total{{rule=\"Propose\"}} 9\n\
         synod_rules_applied_total{{rule=\"StartTransfer\"}} {transfers}\n# EOF\n"
    )
}

#[test]
fn counters_go_on_in_the_next_process() {
    let mut pulse = Pulse::default();
    for (seen, total) in [(2, 2), (5, 5), (5, 5), (1, 6), (0, 6), (3, 9)] {
        pulse.read(&page(4, seen));
        assert_eq!(pulse.count("StartTransfer"), total);
    }
    assert_eq!((pulse.view, pulse.checkpoint, pulse.count("LeaveView")), (4, 128, 0));
}

#[test]
fn memory_is_compared_from_a_time_on() {
    let memory = [(10, 100), (120, 200), (130, 500), (600, 220)];
    let memory = memory.map(|(seconds, bytes)| (Duration::from_secs(seconds), bytes)).to_vec();
    let pulse = Pulse { memory, ..Pulse::default() };
    assert_eq!(pulse.memory_since(Duration::from_secs(111)), Some((200, 220)));
    assert_eq!(pulse.growth_since(Duration::from_secs(111)), Some(1.1));
    assert_eq!(pulse.memory_since(Duration::from_secs(601)), None);
}

#[test]
fn memory_is_read_as_the_system_writes_it() {
    assert_eq!(kilobytes("Name:\tsynod\nVmRSS:\t   35820 kB\nRssAnon:\t 1 kB\n"), Some(35_820));
    assert_eq!(kilobytes("Name:\tsynod\n"), None);
}
