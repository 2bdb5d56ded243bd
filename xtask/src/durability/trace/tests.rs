//! Lines of a real trace, shortened, are read as what happened.
#![allow(clippy::unwrap_used)]

use super::*;

fn read(lines: &[&str]) -> Vec<(Thread, Event)> {
    let mut reader = Reader::default();
    lines.iter().flat_map(|line| reader.read(line).unwrap()).collect()
}

fn whole(line: &str) -> Call {
    let events = read(&[line]);
    let [(_, Event::Begin(call)), (_, Event::End(same, result))] = &events[..] else { panic!("{events:?}") };
    assert_eq!(call, same);
    assert!(*result >= 0);
    call.clone()
}

#[test]
fn a_whole_call_begins_and_ends() {
    let line = r#"71 1732.5 pwrite64(9</c/data/log-00000000000000000001>, "\22\1, 4) = 7", 4096, 8192) = 4096"#;
    let file = "/c/data/log-00000000000000000001".to_owned();
    assert_eq!(whole(line), Call::Write { file: file.clone(), length: 4096, offset: 8192 });
    let line = "71 1732.5 fdatasync(9</c/data/log-00000000000000000001>) = 0";
    assert_eq!(whole(line), Call::Sync { file });
    let rename = Call::Rename { from: "/c/data/log-spare-00".to_owned(), to: "/c/data/log-01".to_owned() };
    assert_eq!(whole(r#"71 1732.5 rename("/c/data/log-spare-00", "/c/data/log-01") = 0"#), rename);
    let line = r#"71 1.5 renameat2(AT_FDCWD</c>, "/c/data/log-spare-00", AT_FDCWD</c>, "/c/data/log-01", 0) = 0"#;
    assert_eq!(whole(line), rename);
    assert_eq!(whole(r#"71 1.5 sendto(12<socket:[33]>, "\27\3"..., 100, MSG_NOSIGNAL, NULL, 0) = 100"#), Call::Send);
}

#[test]
fn a_call_that_others_interrupt_is_put_together() {
    let lines = [
        r#"71 1.1 pwrite64(9</log-01>, "\1\2"..., 8192, 4096 <unfinished ...>"#,
        "72 1.2 fdatasync(8</log-02> <unfinished ...>",
        "71 1.3 <... pwrite64 resumed>) = 8192",
        "72 1.4 <... fdatasync resumed>)         = -1 EIO (Input/output error)",
    ];
    let write = Call::Write { file: "/log-01".to_owned(), length: 8192, offset: 4096 };
    let sync = Call::Sync { file: "/log-02".to_owned() };
    let expected = [
        (71, Event::Begin(write.clone())),
        (72, Event::Begin(sync.clone())),
        (71, Event::End(write, 8192)),
        (72, Event::End(sync, -1)),
    ];
    assert_eq!(read(&lines), expected);
}

#[test]
fn marks_are_found_on_standard_error_only() {
    let said = |kind| format!(r#"7 1.1 write(2</c/replica-0.log>, "2026-11-21T15:00:00Z TRACE {kind}=12\n", 60) = 60"#);
    assert_eq!(whole(&said("append position")), Call::Mark(Mark::Append(12)));
    assert_eq!(whole(&said("replace position")), Call::Mark(Mark::Replace(12)));
    assert_eq!(whole(&said("durable position")), Call::Mark(Mark::Durable(12)));
    assert_eq!(whole(&said("leaves position")), Call::Mark(Mark::Leaves(12)));
    assert!(read(&[&said("leaves position").replace("write(2<", "write(3<")]).is_empty());
    assert!(read(&[r#"7 1.1 write(2</c/replica-0.log>, "2026 INFO normal in view 0\n", 40) = 40"#]).is_empty());
}

#[test]
fn what_does_not_matter_is_no_event() {
    let lines = [
        "7 1.1 --- SIGCHLD {si_signo=SIGCHLD} ---",
        "7 1.1 +++ exited with 0 +++",
        r#"7 1.1 write(5<anon_inode:[eventfd]>, "\1\0\0\0\0\0\0\0", 8) = 8"#,
        "7 1.1 <... futex resumed>) = 0",
        "7 1.1 exit_group(0) = ?",
    ];
    assert!(read(&lines).is_empty());
}

#[test]
fn what_may_matter_and_cannot_be_read_is_an_error() {
    let lines = [
        "no number 1.1 fsync(1</x>) = 0",
        "7 1.1 fdatasync(9) = 0",
        "7 1.1 fdatasync(9</x>)",
        r#"7 1.1 pwrite64(9</x>, "", many, 0) = 4"#,
        r#"7 1.1 rename("/a", "/b"..., 1) = what"#,
        r#"7 1.1 write(2</x>, "2026 TRACE leaves position=x\n", 20) = 20"#,
        r#"7 1.1 write(2</x>, "2026 TRACE leaves position=1\n2026 TRACE leaves position=2\n", 20) = 20"#,
    ];
    for line in lines {
        assert_eq!(Reader::default().read(line), Err(Unreadable(line.to_owned())));
    }
}
