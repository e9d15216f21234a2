//! Databases.

use super::{Discipline, MS, SECS, US};
use crate::base::{Shape, SimDuration};
use crate::model::spec::{choices, params};

choices! {
    /// What a database node does in its cluster.
    pub enum DatabaseRole {
        /// Takes the writes.
        Primary = "primary",
        /// Applies the primary's log and serves reads.
        Replica = "replica",
    }
}

choices! {
    /// What happens when the primary is found dead.
    pub enum Failover {
        /// The replica that received most is promoted.
        Automatic = "automatic",
        /// Nothing, until the primary returns.
        Manual = "manual",
    }
}

params! {
    /// Relational database: a log of versioned writes; the primary takes writes, replicas apply its log and serve reads.
    pub struct Database {
        /// What it does in its cluster at the start.
        role: DatabaseRole = DatabaseRole::Primary, "", 0.0, 0.0;
        /// Processor cores.
        cores: u32 = 4, "cores", 1.0, 1_024.0;
        /// Requests that may wait for a core; more are refused.
        queue_limit: u32 = 500, "requests", 0.0, 10_000_000.0;
        /// Whose turn it is when requests wait.
        discipline: Discipline = Discipline::Fifo, "", 0.0, 0.0;
        /// Shape of the service time.
        service_shape: Shape = Shape::Exponential, "", 0.0, 0.0;
        /// Mean time of a read.
        read_service: SimDuration = MS(4), "s", 0.0, 3_600.0;
        /// Mean time of a write, commit included.
        write_service: SimDuration = MS(6), "s", 0.0, 3_600.0;
        /// Mean time for each further record that an operation reads: of a join, a range, an aggregate, a traversal.
        record_service: SimDuration = US(10), "s", 0.0, 3_600.0;
        /// As primary: time that a committed write waits on this host before it is sent to the replicas.
        ship_delay: SimDuration = MS(5), "s", 0.0, 3_600.0;
        /// As replica: time to apply one write of the log.
        apply_time: SimDuration = MS(1), "s", 0.0, 3_600.0;
        /// As primary: time between the monitor's checks of each database of the cluster.
        check_interval: SimDuration = SECS(1), "s", 0.01, 3_600.0;
        /// As primary: failed checks in a row after which a database counts as dead.
        fall: u32 = 3, "checks", 1.0, 100.0;
        /// As primary: what happens when it is found dead.
        failover: Failover = Failover::Automatic, "", 0.0, 0.0;
        /// As primary: log records kept for replicas that are behind; one further behind copies a snapshot.
        log_retention: u32 = 1_000_000, "records", 1.0, 100_000_000.0;
        /// As replica: time to copy a snapshot of the whole primary.
        snapshot_time: SimDuration = SECS(5), "s", 0.0, 86_400.0;
    }
}
