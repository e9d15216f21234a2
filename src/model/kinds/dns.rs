//! Name services.

use super::{SECS, US};
use crate::base::SimDuration;
use crate::model::spec::params;

params! {
    /// Name service: tells clients the site's public addresses; they cache the answer.
    pub struct Dns {
        /// The public addresses it answers with: ids of nodes, rotated from answer to answer.
        records: Vec<String> = Vec::new(), "nodes", 0.0, 0.0;
        /// How long a client keeps an answer.
        ttl: SimDuration = SECS(60), "s", 0.0, 604_800.0;
        /// Time to look an answer up.
        lookup_time: SimDuration = US(200), "s", 0.0, 60.0;
    }
}
