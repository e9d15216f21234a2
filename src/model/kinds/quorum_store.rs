//! Leaderless replicated stores.

use super::{MS, SECS, Switch, US};
use crate::base::{Shape, SimDuration};
use crate::model::spec::{choices, params};

choices! {
    /// Which of a key's copies a coordinator asks or tells.
    pub enum Contacts {
        /// Every copy; it goes on with the first answers.
        All = "all",
        /// As many as it needs, chosen evenly at random; another one only if one of these fails.
        Quorum = "quorum",
    }
}

params! {
    /// Leaderless replicated store (Dynamo, Cassandra): whichever node is asked coordinates the copies of a key, and goes on with a quorum of them.
    pub struct QuorumStore {
        /// N: on how many members of the store each key has a copy. The largest number that a member states holds for all.
        copies: u32 = 3, "copies", 1.0, 100.0;
        /// R: answers of copies that a read needs. With R + W above N no read is stale.
        read_quorum: u32 = 2, "copies", 1.0, 100.0;
        /// W: acknowledgements of copies that a write needs.
        write_quorum: u32 = 2, "copies", 1.0, 100.0;
        /// Which copies it asks for a read.
        read_contacts: Contacts = Contacts::All, "", 0.0, 0.0;
        /// To which copies it sends a write.
        write_contacts: Contacts = Contacts::All, "", 0.0, 0.0;
        /// Whether it is a member that keeps copies, or one that only coordinates. Off on a running member: it hands its copies on first; the
        /// last one has nobody to hand them to, and keeps them.
        keeps_copies: Switch = Switch::On, "", 0.0, 0.0;
        /// Points at which it stands on the ring of consistent hashing: the more, the larger and the more even its share of the keys.
        virtual_nodes: u32 = 64, "points", 1.0, 1_000.0;
        /// Processor cores.
        cores: u32 = 4, "cores", 1.0, 1_024.0;
        /// Requests that may wait for a core; more are refused.
        queue_limit: u32 = 500, "requests", 0.0, 10_000_000.0;
        /// Time to coordinate a request, beside the work on the copies.
        coordinate_service: SimDuration = US(100), "s", 0.0, 3_600.0;
        /// Mean time to read one copy.
        read_service: SimDuration = MS(2), "s", 0.0, 3_600.0;
        /// Shape of that time.
        read_shape: Shape = Shape::Exponential, "", 0.0, 0.0;
        /// Mean time to write one copy.
        write_service: SimDuration = MS(1), "s", 0.0, 3_600.0;
        /// Shape of that time.
        write_shape: Shape = Shape::Exponential, "", 0.0, 0.0;
        /// How long a coordinator waits for a copy before it goes on without.
        timeout: SimDuration = SECS(2), "s", 0.001, 2_592_000.0;
        /// Whether copies that a read has found old are given the newer value.
        read_repair: Switch = Switch::On, "", 0.0, 0.0;
        /// Whether a coordinator keeps what a copy has missed, and tells it when it is back.
        hinted_handoff: Switch = Switch::On, "", 0.0, 0.0;
        /// Time after which it compares its copies with those of the next other member, and exchanges what differs; 0 never.
        anti_entropy_interval: SimDuration = SECS(600), "s", 0.0, 2_592_000.0;
        /// Time without a sign of life of this node after which the others and their callers take it for dead.
        dead_after: SimDuration = SECS(3), "s", 0.01, 3_600.0;
    }
}
