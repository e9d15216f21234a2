//! Databases.

use super::{Discipline, MS, SECS, Switch, US};
use crate::base::{Bytes, Shape, SimDuration};
use crate::model::spec::{choices, params};

choices! {
    /// What a database node does in its cluster.
    pub enum DatabaseRole {
        /// Takes the writes. Several that are linked to each other form one cluster, and each takes writes.
        Primary = "primary",
        /// Applies the primary's log and serves reads.
        Replica = "replica",
    }
}

choices! {
    /// What happens when the primary is found dead.
    pub enum Failover {
        /// The replica that has all that the others have is promoted.
        Automatic = "automatic",
        /// Nothing, until the primary returns or another is promoted by hand.
        Manual = "manual",
    }
}

choices! {
    /// When a primary acknowledges a write.
    pub enum CommitMode {
        /// As soon as it has committed it itself.
        Asynchronous = "asynchronous",
        /// When enough replicas have received it; until then nobody sees it.
        SemiSyncAfterSync = "semi_sync_after_sync",
        /// When enough replicas have received it; others see it before.
        SemiSyncAfterCommit = "semi_sync_after_commit",
        /// When every living replica has applied it.
        Synchronous = "synchronous",
    }
}

choices! {
    /// How a database keeps its data, and so what it can do with them.
    pub enum DataModel {
        /// Tables: joins, ranges, aggregates, transactions; traversals as joins of joins.
        Relational = "relational",
        /// Values by key, nothing else, and that fast.
        KeyValue = "key_value",
        /// Nested documents: ranges and aggregates by index, but no joins.
        Document = "document",
        /// Rows of a sorted, log-structured map: cheap writes and ranges, nothing that combines records.
        WideColumn = "wide_column",
        /// Nodes and relations: joins and traversals follow pointers.
        Graph = "graph",
    }
}

choices! {
    /// Whether related records lie together.
    pub enum Layout {
        /// Each record is kept once; a query has to join.
        Normalised = "normalised",
        /// Each is kept with copies of those it is related to: a query is one larger read, a write has to change all copies.
        Denormalised = "denormalised",
    }
}

choices! {
    /// Where callers send reads.
    pub enum Reads {
        /// To the replicas in turn.
        Replicas = "replicas",
        /// To the primary.
        Primary = "primary",
        /// To any node of the cluster, at random.
        AnyNode = "any_node",
        /// To the replica that was least behind when the monitor last looked.
        LeastLag = "least_lag",
        /// To the primary for a while after the user's own last write, else to the replicas.
        Sticky = "sticky",
        /// To the replicas, which answer once they have the user's own last write.
        WaitForPosition = "wait_for_position",
        /// To the same replica for each user, who so never sees time go back while that one lives.
        Monotonic = "monotonic",
    }
}

choices! {
    /// What users' writes do, and how the log tells it.
    pub enum Writes {
        /// They replace the record.
        Overwrite = "overwrite",
        /// They add one to a counter; the log repeats the statement.
        Increment = "increment",
        /// They add one to a counter; the log has the row's new value.
        IncrementRow = "increment_row",
        /// They insert a row under an automatic id.
        Insert = "insert",
    }
}

choices! {
    /// What becomes of a write from another primary to a record that was written here as well.
    pub enum Conflicts {
        /// It is applied like any other: whoever comes last stays.
        Ignore = "ignore",
        /// The later one stays, by time and then by node, wherever it comes first.
        LastWriterWins = "last_writer_wins",
    }
}

choices! {
    /// How a database knows what it need not apply.
    pub enum LogMatching {
        /// By global transaction ids: what it has applied once it skips.
        Gtid = "gtid",
        /// By positions in its source's log: it skips only what it first committed itself.
        Position = "position",
    }
}

params! {
    /// Database: a log of versioned writes; the primary takes writes, replicas apply its log and serve reads.
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
        /// Mean time of a write on a core.
        write_service: SimDuration = MS(6), "s", 0.0, 3_600.0;
        /// Mean time for each further record that an operation reads: of a join, a range, an aggregate, a traversal.
        record_service: SimDuration = US(10), "s", 0.0, 3_600.0;
        /// As primary: when it acknowledges a write. Each server has its own setting, as in MySQL: one that may be promoted needs the
        /// same.
        mode: CommitMode = CommitMode::Asynchronous, "", 0.0, 0.0;
        /// Semi-synchronous: how many replicas must have received a write.
        wait_for_replicas: u32 = 1, "replicas", 1.0, 500.0;
        /// Semi-synchronous: how long a write waits for them before the primary goes on asynchronously, until enough replicas have
        /// caught up.
        semi_sync_timeout: SimDuration = SECS(10), "s", 0.0, 86_400.0;
        /// As primary: time to sync a write to its own log, after its service; writes that come together are synced together.
        commit_fsync: SimDuration = SimDuration::ZERO, "s", 0.0, 3_600.0;
        /// As replica: time to sync what it has received to its relay log; only then has it received it.
        relay_fsync: SimDuration = SimDuration::ZERO, "s", 0.0, 3_600.0;
        /// As primary: time that a committed write waits on this host before it is sent to the replicas; it dies with the host. What
        /// the way takes is the link's latency: what is under way arrives.
        ship_delay: SimDuration = MS(5), "s", 0.0, 3_600.0;
        /// As replica: time to apply one write of the log.
        apply_time: SimDuration = MS(1), "s", 0.0, 3_600.0;
        /// As primary: where callers send reads.
        reads: Reads = Reads::Replicas, "", 0.0, 0.0;
        /// For sticky reads: how long after their last write users read from the primary.
        sticky_window: SimDuration = SECS(5), "s", 0.0, 86_400.0;
        /// As primary: time between checks of the cluster's databases; replicas check the primary over their links.
        check_interval: SimDuration = SECS(1), "s", 0.01, 3_600.0;
        /// As primary: how long a check waits for its answer, at most as long as the interval.
        check_timeout: SimDuration = MS(500), "s", 0.001, 3_600.0;
        /// As primary: failed checks in a row after which a database counts as dead.
        fall: u32 = 3, "checks", 1.0, 100.0;
        /// As primary: what happens when it is found dead.
        failover: Failover = Failover::Automatic, "", 0.0, 0.0;
        /// As primary: whether it is made sure before a promotion that it takes no more writes, be it dead or only out of reach.
        fencing: Switch = Switch::On, "", 0.0, 0.0;
        /// As primary: how long fencing it takes.
        fence_time: SimDuration = SimDuration::ZERO, "s", 0.0, 86_400.0;
        /// As primary: time after a promotion until callers know the new primary (proxy or DNS).
        repoint_delay: SimDuration = SimDuration::ZERO, "s", 0.0, 86_400.0;
        /// Log records kept for others that are behind; one further behind copies a snapshot.
        log_retention: u32 = 1_000_000, "records", 1.0, 100_000_000.0;
        /// Kind of database: what it cannot do, the web server does by many small calls.
        data_model: DataModel = DataModel::Relational, "", 0.0, 0.0;
        /// Whether a record lies together with copies of those it is related to.
        layout: Layout = Layout::Normalised, "", 0.0, 0.0;
        /// Calls that it takes at a time, waiting or not; more are refused. 0 means no limit.
        connections: u32 = 0, "connections", 0.0, 1_000_000.0;
        /// Memory for pages of records (buffer pool); others are read from the disk. 0B means that all fit.
        buffer_pool: Bytes = Bytes(0), "B", 0.0, 1_099_511_627_776.0;
        /// With a buffer pool: operations that the disk does per second (3,000: a general purpose volume of a cloud).
        disk_iops: u32 = 3_000, "1/s", 1.0, 10_000_000.0;
        /// With a buffer pool: how long each of them takes, without waiting.
        disk_latency: SimDuration = US(500), "s", 0.0, 60.0;
        /// Size of the disk: when the data are larger, writes are refused. 0B means no limit.
        storage: Bytes = Bytes(0), "B", 0.0, 1_125_899_906_842_624.0;
        /// How long log records are kept; 0s means as long as there is room.
        log_retention_time: SimDuration = SimDuration::ZERO, "s", 0.0, 31_536_000.0;
        /// As replica: time to put a snapshot of the whole primary in place, once it is there.
        snapshot_time: SimDuration = SECS(5), "s", 0.0, 86_400.0;
        /// What users' writes do. The same for a whole cluster.
        writes: Writes = Writes::Overwrite, "", 0.0, 0.0;
        /// With several primaries: what becomes of writes to the same record. The same for a whole cluster.
        conflicts: Conflicts = Conflicts::Ignore, "", 0.0, 0.0;
        /// For automatic ids: their distance.
        auto_increment_increment: u32 = 1, "", 1.0, 65_535.0;
        /// For automatic ids: the first; ignored if it is larger than their distance.
        auto_increment_offset: u32 = 1, "", 1.0, 65_535.0;
        /// How it knows what it need not apply.
        log_matching: LogMatching = LogMatching::Gtid, "", 0.0, 0.0;
        /// With several primaries: ids of databases whose writes it drops when they come; for one that has been taken out of a ring.
        ignored_origins: Vec<String> = Vec::new(), "", 0.0, 0.0;
        /// With several primaries: ids of those it copies from; empty means all that have a link to it.
        copies_from: Vec<String> = Vec::new(), "", 0.0, 0.0;
    }
}
