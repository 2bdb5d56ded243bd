//! What a process tells its operator as it happens.

use alloc::string::String;

/// A sentence for the operator, in the protocol's words: who did what, and why. It changes nothing.
///
/// A note is made of ids, numbers and words of the protocol's own, never of text that a peer or a client chose, and of
/// at most one id per member. Peers may be able to cause notes, so whoever shows them bounds how many it shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Note {
    /// What it is about, in a word or two. Notes of one topic make one story.
    pub topic: &'static str,
    /// Where in the story it stands.
    pub chapter: Chapter,
    /// What happened.
    pub sentence: String,
}

/// Where in its story a note stands. Processes have no clock; this is by what a driver can time the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chapter {
    /// It begins here, also if one of the same topic was going on.
    Begins,
    /// It goes on, if it has begun.
    GoesOn,
    /// It ends here.
    Ends,
}
