//! Edges of a content delivery network.

use super::EvictionPolicy;
use super::{SECS, US};
use crate::base::{Bytes, SimDuration};
use crate::model::spec::{choices, params};

choices! {
    /// From when an edge counts the age of what it fetched.
    pub enum AgeRule {
        /// From when it asked, plus the Age that came with the answer (RFC 9111).
        Request = "request",
        /// From when the answer came, plus the Age that came with it (as Varnish does).
        Response = "response",
        /// From when the answer came, whatever its Age (as nginx does).
        Ignored = "ignored",
    }
}

choices! {
    /// What becomes of a request for an object that the edge is fetching already.
    pub enum Collapsing {
        /// It is sent to the origin as well.
        Off = "off",
        /// It waits for the fetch that is under way, and shares its outcome.
        On = "on",
    }
}

choices! {
    /// Where users turn to when their edge does not take their request.
    pub enum EdgeFallback {
        /// Nowhere: the request fails.
        Nowhere = "nowhere",
        /// To the next edge, as far as there are any.
        NextEdge = "next_edge",
        /// To the other edges, then to the site itself.
        Site = "site",
    }
}

params! {
    /// Content delivery network edge: keeps static assets near the users. An edge linked to another takes it as its shield.
    pub struct Cdn {
        /// Storage for assets.
        capacity: Bytes = Bytes::mb(64), "B", 1.0, 1_099_511_627_776.0;
        /// Which asset it gives up when full.
        policy: EvictionPolicy = EvictionPolicy::Lru, "", 0.0, 0.0;
        /// How long an asset stays fresh (Cache-Control: max-age).
        ttl: SimDuration = SECS(3_600), "s", 0.0, 31_536_000.0;
        /// How long after that it is still served at once, while the edge asks the origin in the background (RFC 5861).
        stale_while_revalidate: SimDuration = SECS(0), "s", 0.0, 31_536_000.0;
        /// How long a stale asset is still served when the origin fails (RFC 5861).
        stale_if_error: SimDuration = SECS(0), "s", 0.0, 31_536_000.0;
        /// From when an asset's age counts.
        age: AgeRule = AgeRule::Request, "", 0.0, 0.0;
        /// Whether requests for an asset that is being fetched wait for it.
        collapse: Collapsing = Collapsing::Off, "", 0.0, 0.0;
        /// How long the edge waits for the origin; 0s means until the answer comes.
        origin_timeout: SimDuration = SECS(0), "s", 0.0, 3_600.0;
        /// Where users turn to when this edge is down.
        fallback: EdgeFallback = EdgeFallback::Nowhere, "", 0.0, 0.0;
        /// Price of what it sends to users and other edges, per 10^9 bytes.
        price_per_gb: f64 = 0.085, "$", 0.0, 1_000.0;
        /// Time to serve an asset, hit or miss.
        lookup_time: SimDuration = US(100), "s", 0.0, 60.0;
        /// Requests it can serve at a time; more wait.
        cores: u32 = 64, "cores", 1.0, 1_024.0;
    }
}
