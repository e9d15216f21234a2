//! Web servers.

use super::CallPolicy;
use super::{MS, SECS, US};
use crate::base::{Shape, SimDuration};
use crate::model::spec::{choices, params};

choices! {
    /// Who can reach a server.
    pub enum Address {
        /// Private once a load balancer stands in front, else public.
        Auto = "auto",
        /// Everybody.
        Public = "public",
        /// Only what stands inside: users and CDNs are refused.
        Private = "private",
    }
}

choices! {
    /// Whose turn it is.
    pub enum Discipline {
        /// First come, first served.
        Fifo = "fifo",
        /// Last come, first served: those who have waited longest have probably given up.
        Lifo = "lifo",
        /// All are served at once, each at an equal share of the cores.
        ProcessorSharing = "processor_sharing",
        /// The highest priority class first; within a class first come, first served.
        Priority = "priority",
        /// The highest priority class has the cores: whoever is on one and less urgent gives it up, and goes on later.
        PreemptivePriority = "preemptive_priority",
    }
}

choices! {
    /// What a server does when requests wait too long for a worker.
    pub enum Shedding {
        /// Nothing.
        None = "none",
        /// Controlled delay (RFC 8289): once all have waited longer than a target for an interval, it fails some, more and more
        /// often, until the wait is short again.
        Codel = "codel",
    }
}

choices! {
    /// Where the sessions of users are.
    pub enum SessionStore {
        /// Nowhere: every request brings all that it needs, or they are outside.
        None = "none",
        /// In the server's memory: other servers do not know them, and they die with it.
        Memory = "memory",
        /// In its caches, or without any in its database: every server finds them there, and none is lost with a server.
        External = "external",
    }
}

choices! {
    /// How a server reads many records from a store that cannot join, scan or traverse them by itself.
    pub enum Gathering {
        /// One after the other, each through the caches (N+1 reads).
        OneByOne = "one_by_one",
        /// By their keys, all at once where they are known, past the caches.
        Batch = "batch",
    }
}

params! {
    /// Web server: runs the application; a worker is held from the start of a request until its answer.
    pub struct WebServer {
        /// Who can reach it: auto is private once a load balancer stands in front; users and CDNs cannot reach a private address.
        address: Address = Address::Auto, "", 0.0, 0.0;
        /// Processor cores.
        cores: u32 = 4, "cores", 1.0, 1_024.0;
        /// Requests it works on at a time, including those that wait for a cache or a database.
        workers: u32 = 64, "workers", 1.0, 100_000.0;
        /// Requests that may wait for a worker; more are refused.
        queue_limit: u32 = 256, "requests", 0.0, 10_000_000.0;
        /// Whose turn it is when requests wait.
        discipline: Discipline = Discipline::Fifo, "", 0.0, 0.0;
        /// How long a request may wait for a worker or a core before it is turned away; 0s means for ever.
        queue_timeout: SimDuration = SimDuration::ZERO, "s", 0.0, 3_600.0;
        /// Shape of the service time.
        service_shape: Shape = Shape::Exponential, "", 0.0, 0.0;
        /// Mean processor time of a static asset.
        static_service: SimDuration = US(400), "s", 0.0, 3_600.0;
        /// Mean processor time of a read, without the stores behind.
        read_service: SimDuration = MS(3), "s", 0.0, 3_600.0;
        /// Mean processor time of a write, without the stores behind.
        write_service: SimDuration = MS(4), "s", 0.0, 3_600.0;
        /// Mean processor time of a query, a range, an aggregate or a traversal, without the stores behind.
        query_service: SimDuration = MS(3), "s", 0.0, 3_600.0;
        /// Mean processor time of a transaction, without the stores behind.
        transaction_service: SimDuration = MS(5), "s", 0.0, 3_600.0;
        /// Mean processor time of a login: comparing a password with its hash is made to be slow (bcrypt, argon2).
        login_service: SimDuration = MS(50), "s", 0.0, 3_600.0;
        /// Its share among the servers of a load balancer whose policy knows weights.
        weight: u32 = 1, "", 1.0, 1_000.0;
        /// Contention: how much each further core slows all down by waiting for what they share (alpha of the Universal
        /// Scalability Law).
        contention: f64 = 0.0, "", 0.0, 1.0;
        /// Coherency: how much each pair of cores slows all down by keeping data in step (beta of the same law). It makes a
        /// hard limit: beyond it, more cores do less.
        coherency: f64 = 0.0, "", 0.0, 1.0;
        /// Share of requests that fail after their service, as with a bad deploy.
        error_ratio: f64 = 0.0, "", 0.0, 1.0;
        /// Calls that a request makes at once to the services behind, in turn; 0 means one to each. If there are several, each is
        /// made once, and what is said of `calls` does not hold for them.
        fan_out: u32 = 0, "calls", 0.0, 10_000.0;
        /// Calls that it may have under way to its databases at a time (connection pool); more wait, each holding its worker.
        /// 0 means no limit.
        database_connections: u32 = 0, "connections", 0.0, 100_000.0;
        /// The same for its caches, in a pool of their own.
        cache_connections: u32 = 0, "connections", 0.0, 100_000.0;
        /// How long a request may wait for a connection before it fails; 0s means for ever.
        pool_timeout: SimDuration = SimDuration::ZERO, "s", 0.0, 3_600.0;
        /// Whether it fails some of the waiting requests under overload, to keep the wait of the others short.
        shedding: Shedding = Shedding::None, "", 0.0, 0.0;
        /// For controlled delay: the wait for a worker that is still acceptable.
        codel_target: SimDuration = MS(5), "s", 0.0, 3_600.0;
        /// For controlled delay: how long the wait must have been above the target before it sheds.
        codel_interval: SimDuration = MS(100), "s", 0.001, 3_600.0;
        /// Requests that it takes per second (token bucket); those over the rate fail at once. 0 means no limit.
        rate_limit_per_s: f64 = 0.0, "requests/s", 0.0, 10_000_000.0;
        /// For the rate limit: requests that may come at once after a pause.
        rate_burst: u32 = 100, "requests", 1.0, 10_000_000.0;
        /// How it reads many records from a store that cannot join, scan or traverse them by itself.
        gathering: Gathering = Gathering::OneByOne, "", 0.0, 0.0;
        /// Mean processor time for each record that it has to put together by itself.
        record_service: SimDuration = US(20), "s", 0.0, 3_600.0;
        /// Where the sessions of its users are.
        sessions: SessionStore = SessionStore::None, "", 0.0, 0.0;
        /// For sessions: how long after a user's last request one is forgotten.
        session_ttl: SimDuration = SECS(1_800), "s", 0.001, 604_800.0;
        /// For sessions: mean processor time to set one up, for a user who has none.
        session_setup: SimDuration = MS(5), "s", 0.0, 3_600.0;
    }
    with {
        /// How it calls services, caches and databases.
        calls: CallPolicy;
    }
}
