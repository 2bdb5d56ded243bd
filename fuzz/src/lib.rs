//! The checks of all decoders under the names of their fuzz targets.
//!
//! Each is the one that the decoder tests run over the committed corpus; there is nothing here that a test could not
//! do without a fuzzer.

#[path = "../../crates/storage/tests/decoders/edits.rs"]
#[allow(dead_code, reason = "the fuzzer writes scripts without help")]
mod edits;
#[path = "../../crates/node/tests/decoders/frames.rs"]
mod frames;
#[path = "../../crates/kernel/tests/decoders/judge.rs"]
mod judge;
#[path = "../../crates/kernel/tests/decoders/check.rs"]
#[allow(dead_code, reason = "batches and frames are in the corpus already")]
mod kernel;
#[path = "../../crates/kv/tests/decoders/check.rs"]
mod kv;
#[path = "../../crates/node/tests/decoders/check.rs"]
mod node;
#[path = "../../crates/protocols/tests/decoders/check.rs"]
mod protocols;
#[path = "../../crates/storage/tests/decoders/seals.rs"]
mod seals;
#[path = "../../crates/state/tests/decoders/check.rs"]
mod state;
#[path = "../../crates/storage/tests/decoders/check.rs"]
mod storage;
#[path = "../../crates/kernel/tests/decoders/verdict.rs"]
mod verdict;

macro_rules! checks {
    ($($target:ident = $module:ident::$check:ident),+ $(,)?) => {$(
        #[doc = concat!("Checks `", stringify!($module), "::", stringify!($check), "`; panics if a promise is broken.")]
        pub fn $target(input: &[u8]) {
            $module::$check(input);
        }
    )+};
}

checks! {
    kernel_batch = kernel::batch,
    kernel_certificate = kernel::certificate,
    kernel_header = kernel::header,
    kernel_reply = kernel::reply,
    kernel_request = kernel::request,
    kernel_status = kernel::status,
    kv_answer = kv::answer,
    kv_operation = kv::operation,
    node_descriptor = node::descriptor,
    node_frames = frames::frames,
    node_key = node::key,
    node_status = frames::status,
    pbft_message = protocols::message,
    pbft_record = protocols::record,
    state_chunk = state::chunk,
    state_reply_body = state::reply_body,
    storage_checkpoint = storage::checkpoint,
    storage_log = storage::log,
}
