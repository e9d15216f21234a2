//! Name services.

use super::{SECS, US};
use crate::base::SimDuration;
use crate::model::spec::{choices, params};

choices! {
    /// Which of its addresses a name service answers with.
    pub enum DnsAnswers {
        /// Each in turn.
        RoundRobin = "round_robin",
        /// Drawn anew for each answer; an address that is listed several times has as many shares.
        Weighted = "weighted",
        /// The one with the lowest latency from the clients that ask; among equals, each client has its own.
        Nearest = "nearest",
    }
}

choices! {
    /// What clients know when the run begins.
    pub enum WarmClients {
        /// Nothing: everybody asks first.
        Off = "off",
        /// What they would know if it had always been running: answers of random ages.
        On = "on",
    }
}

params! {
    /// Name service: tells clients the site's public addresses; they cache the answer. It checks the health of those it has a
    /// link to, and leaves out the dead.
    pub struct Dns {
        /// The public addresses it answers with: ids of nodes. One that is listed twice is answered twice as often.
        records: Vec<String> = Vec::new(), "nodes", 0.0, 0.0;
        /// Which of the addresses an answer has.
        answers: DnsAnswers = DnsAnswers::RoundRobin, "", 0.0, 0.0;
        /// How long a client keeps an answer.
        ttl: SimDuration = SECS(60), "s", 0.0, 604_800.0;
        /// How long a client keeps the answer that there is no address.
        negative_ttl: SimDuration = SECS(60), "s", 0.0, 604_800.0;
        /// Resolvers between the clients and this service, each with a cache for all its clients; 0: every client asks by itself.
        resolvers: u32 = 0, "resolvers", 0.0, 1_000_000.0;
        /// What clients know when the run begins.
        warm_clients: WarmClients = WarmClients::Off, "", 0.0, 0.0;
        /// Time to look an answer up.
        lookup_time: SimDuration = US(200), "s", 0.0, 60.0;
        /// Time between two health checks of an address.
        check_interval: SimDuration = SECS(10), "s", 0.001, 3_600.0;
        /// Failed checks in a row until an address is left out.
        fall: u32 = 3, "checks", 1.0, 100.0;
        /// Good checks in a row until it is back.
        rise: u32 = 3, "checks", 1.0, 100.0;
    }
}
