//! Which connections of a client take the replies of which sessions.
//!
//! Programs that share a client's key have a session each, and each wants the replies of its own. A client says on a
//! connection which session it is for; what nobody said so of goes to the newest connection of the client. Only the
//! client itself can say anything here, because connections are authenticated, so a lie is at its own cost.
//!
//! Of each connection the last [`SESSIONS_MAX`] sessions are remembered, for as long as it is up.

use super::connection::Origin;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use synod_kernel::{Address, ClientId, SessionId};

/// Sessions remembered of one connection.
const SESSIONS_MAX: usize = 64;

/// A connection, and the sessions whose replies it takes, newest last.
#[derive(Debug)]
struct Route {
    origin: Arc<Origin>,
    sessions: VecDeque<SessionId>,
}

/// Of all clients that said something: at most one route per connection that is up.
#[derive(Debug, Default)]
pub(super) struct Routes {
    clients: BTreeMap<ClientId, Vec<Route>>,
}

impl Routes {
    /// A client says that a connection of its takes the replies of a session. What replicas say is not meant for this.
    pub(super) fn add(&mut self, origin: &Arc<Origin>, session: SessionId) {
        let Address::Client(client) = origin.peer else { return };
        let routes = self.clients.entry(client).or_default();
        let known = routes.iter().position(|route| Arc::ptr_eq(&route.origin, origin));
        let place = known.unwrap_or_else(|| {
            routes.push(Route { origin: origin.clone(), sessions: VecDeque::new() });
            routes.len() - 1
        });
        let sessions = &mut routes[place].sessions;
        sessions.retain(|known| *known != session);
        sessions.push_back(session);
        if sessions.len() > SESSIONS_MAX {
            sessions.pop_front();
        }
    }

    /// A connection is over.
    pub(super) fn remove(&mut self, origin: &Arc<Origin>) {
        let Address::Client(client) = origin.peer else { return };
        if let Some(routes) = self.clients.get_mut(&client) {
            routes.retain(|route| !Arc::ptr_eq(&route.origin, origin));
            if routes.is_empty() {
                self.clients.remove(&client);
            }
        }
    }

    /// The connections that take the replies of a session, as far as was said.
    pub(super) fn of(&self, client: ClientId, session: SessionId) -> impl Iterator<Item = &Arc<Origin>> {
        let routes = self.clients.get(&client).into_iter().flatten();
        routes.filter(move |route| route.sessions.contains(&session)).map(|route| &route.origin)
    }
}

#[cfg(test)]
mod tests;
