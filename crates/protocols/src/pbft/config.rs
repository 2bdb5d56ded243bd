//! What a replica is told when it is made: who it is, whose cluster this is, and the agreed parameters.

use alloc::sync::Arc;
use core::{fmt, hash, time::Duration};
use synod_kernel::descriptor::Parameters;
use synod_kernel::signature::Author;
use synod_kernel::{Domain, Membership, ReplicaId, Scope, Seq, Signer, View};

/// The view timeout doubles at most this often, so that it stays finite: 2^10 times the base.
const DOUBLINGS_MAX: u32 = 10;

/// Bytes of decided batches below the last stable checkpoint that are kept in memory for replicas that lag, at most:
/// some seconds of a busy cluster, so that a replica that fetched a state finds what was decided meanwhile.
pub const HISTORY_BYTES: usize = 64 << 20;

/// Everything about a replica that does not change while it runs.
#[derive(Clone)]
pub struct Config {
    id: ReplicaId,
    scope: Scope,
    parameters: Parameters,
    signer: Arc<dyn Signer>,
    history_bytes: usize,
}

impl Config {
    /// The replica whose voting key this is.
    ///
    /// # Panics
    /// If the key is not a member's voting key: handing over another is our own mistake.
    pub fn new(scope: Scope, parameters: Parameters, signer: Arc<dyn Signer>) -> Self {
        let Author::Replica(id) = signer.author() else { panic!("a replica signs with its voting key") };
        assert!(scope.membership.contains(id), "a replica is a member");
        Self { id, scope, parameters, signer, history_bytes: HISTORY_BYTES }
    }

    /// Keeps so many bytes of what was decided lately, in place of [`HISTORY_BYTES`].
    #[must_use]
    pub fn with_history(self, history_bytes: usize) -> Self {
        Self { history_bytes, ..self }
    }

    pub(super) fn history_bytes(&self) -> usize {
        self.history_bytes
    }

    pub(super) fn id(&self) -> ReplicaId {
        self.id
    }
    pub(super) fn membership(&self) -> &Membership {
        &self.scope.membership
    }
    pub(super) fn domain(&self) -> &Domain {
        &self.scope.domain
    }
    pub(super) fn signer(&self) -> &dyn Signer {
        &*self.signer
    }
    pub(super) fn primary(&self, view: View) -> ReplicaId {
        self.scope.membership.primary(view)
    }
    pub(super) fn is_primary(&self, view: View) -> bool {
        self.primary(view) == self.id
    }
    /// L. [PBFT-OSDI99 §4.2]
    pub(super) fn window(&self) -> u64 {
        self.parameters.window
    }
    pub(super) fn pipeline(&self) -> u64 {
        self.parameters.pipeline
    }
    pub(super) fn batch_bytes(&self) -> usize {
        self.parameters.batch_bytes as usize
    }
    /// K. [PBFT-OSDI99 §4.3]
    pub(super) fn checkpoint_interval(&self) -> u64 {
        self.parameters.checkpoint_interval
    }
    /// Whether a checkpoint is due after this batch. [PBFT-OSDI99 §4.3]
    pub(super) fn is_checkpoint(&self, seq: Seq) -> bool {
        seq.get() > 0 && seq.get().is_multiple_of(self.parameters.checkpoint_interval)
    }
    /// The view timeout after so many view changes without progress. [PBFT-OSDI99 §4.4]
    pub(super) fn view_timeout(&self, attempts: u32) -> Duration {
        let base = Duration::from_millis(u64::from(self.parameters.view_timeout_ms));
        base * 2_u32.pow(attempts.min(DOUBLINGS_MAX))
    }
    pub(super) fn status_interval(&self) -> Duration {
        Duration::from_millis(u64::from(self.parameters.status_interval_ms))
    }
    /// Status intervals in which a correct primary has a request executed: the view timeout and one more.
    pub(super) fn grace(&self) -> u32 {
        self.parameters.view_timeout_ms.div_ceil(self.parameters.status_interval_ms.max(1)).saturating_add(1)
    }
    /// How long one peer may take for one piece of state before another is asked.
    pub(super) fn transfer_timeout(&self) -> Duration {
        self.view_timeout(0)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "replica {} of {}", self.id, self.scope.membership.size())
    }
}

impl hash::Hash for Config {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        (self.id, self.scope, self.parameters).hash(state);
    }
}
