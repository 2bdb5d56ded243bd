//! Marks in the log of events by which somebody outside can check that nothing leaves before it is durable.
//!
//! Each mark is one line, written before the process goes on, so in a trace of its system calls the marks stand between
//! the writes and syncs of the log files. They are off unless `synod_node::durability` is listened to at level TRACE.
//! Nothing depends on them. Positions are those of the gate: the n-th log command since the start is position n.

const TARGET: &str = "synod_node::durability";

/// The record of `position` was handed to the log: what the log writes from here on carries it.
pub(super) fn appended(position: u64) {
    tracing::trace!(target: TARGET, position, "append");
}

/// The log is about to be replaced, at `position`: what it writes from here on carries the records kept.
pub(super) fn replaces(position: u64) {
    tracing::trace!(target: TARGET, position, "replace");
}

/// The log says that everything up to `position` is durable.
pub(super) fn durable(position: u64) {
    tracing::trace!(target: TARGET, position, "durable");
}

/// Something that needs the log to be durable up to `position` is about to be handed to the network.
pub(super) fn leaves(position: u64) {
    tracing::trace!(target: TARGET, position, "leaves");
}
