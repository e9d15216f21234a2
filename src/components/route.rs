//! The way to the data: which database a reader or a writer asks.
//!
//! Reads go to the replicas in rotation, each in turn; without one they go to the primary. Writes go to the primary.
//! Callers believe the directory: until a monitor has noticed a death, they keep calling the dead. A store that is in no cluster,
//! as a shard router, takes both.

use crate::base::NodeIx;
use crate::kernel::{Context, Target};

/// The databases that a node can call.
#[derive(Clone, Debug, Default, Hash)]
pub struct DataRoute {
    databases: Vec<Target>,
    turn: usize,
}

impl DataRoute {
    pub fn set(&mut self, databases: Vec<Target>) {
        self.databases = databases;
    }

    pub fn is_empty(&self) -> bool {
        self.databases.is_empty()
    }

    /// One of the databases; all are of one cluster.
    pub fn first(&self) -> Option<NodeIx> {
        self.databases.first().map(|target| target.node)
    }

    /// Whom to ask for a read.
    pub fn reader(&mut self, ctx: &Context) -> Option<Target> {
        let directory = &ctx.kernel.directory;
        let count = self.databases.len();
        let mut in_turn = (0..count).map(|step| (self.turn + step) % count);
        let stands_alone = |node| directory.cluster_of(node).is_none();
        let reads = |node| directory.is_replica(node) || stands_alone(node);
        match in_turn.find(|at| reads(self.databases[*at].node)) {
            Some(position) => {
                self.turn = (position + 1) % count;
                Some(self.databases[position])
            }
            None => self.writer(ctx),
        }
    }

    /// Whom to tell a write.
    pub fn writer(&self, ctx: &Context) -> Option<Target> {
        let directory = &ctx.kernel.directory;
        let writes = |node| directory.is_primary(node) || directory.cluster_of(node).is_none();
        self.databases.iter().copied().find(|target| writes(target.node))
    }
}
