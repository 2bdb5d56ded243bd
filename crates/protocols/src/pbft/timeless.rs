//! A replica where there is no time and nothing that was said is lost: for those who look at every state of it.
//!
//! There, some of what a replica keeps makes no difference, and yet would make a new state whenever a message is
//! repeated, so that there would be no end of states:
//! * Shares of peers and clients in a status interval decide when somebody is answered, not what. An answer that has to
//!   wait is a message that is late.
//! * A vote that came before its view is kept to be taken in when the view is entered. It may as well arrive then: that
//!   takes as many steps.
//! * Questions to the service are numbered. Between two steps all are answered, and only their order matters.

use super::replica::Replica;

impl Replica {
    /// Forgets all that, between two steps. Whatever the replica could do next it still can, after the same messages.
    pub fn forget_time(&mut self) {
        self.help.forget_spent();
        self.requests.repeats.forget_spent();
        self.requests.forget_questions();
        self.early.clear();
    }
}
