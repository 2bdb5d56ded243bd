//! The system's own words are understood, and others are not taken for them.

use super::*;

#[test]
fn memory_is_read() {
    assert_eq!(parse_memory("MemTotal:       16384 kB\nMemFree:  1 kB\n"), Some(16 << 20));
    assert_eq!(parse_memory("MemFree: 1 kB\n"), None);
    assert_eq!(parse_memory("MemTotal: much\n"), None);
}

#[test]
fn the_soft_limit_of_files_is_read() {
    let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                  Max open files            1024                 4096                 files\n";
    assert_eq!(parse_open_files(limits), Some(1024));
    assert_eq!(parse_open_files("Max open files   unlimited   unlimited   files\n"), None);
}
