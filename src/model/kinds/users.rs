//! Populations of users.

use super::{CallPolicy, SECS};
use crate::base::hash::mix;
use crate::base::{Bytes, Shape, SimDuration};
use crate::model::spec::{choices, params};

choices! {
    /// When a user asks for the next thing.
    pub enum Loop {
        /// Whenever it occurs to them, whether the last answer has come or not: the rate does not depend on the system.
        Open = "open",
        /// After the last answer, and some thinking: a slow system is asked less.
        Closed = "closed",
    }
}

choices! {
    /// Gaps between the requests of an open loop.
    pub enum Arrivals {
        /// Exponential gaps, as of many people who know nothing of each other.
        Poisson = "poisson",
        /// Equal gaps, as of a machine.
        Regular = "regular",
    }
}

choices! {
    /// How the rate of an open loop changes with time.
    pub enum Load {
        /// Not at all.
        Constant = "constant",
        /// It grows evenly to the peak, and stays there.
        Ramp = "ramp",
        /// It jumps to the peak, and stays there.
        Step = "step",
        /// It jumps to the peak, and calms down again.
        FlashCrowd = "flash_crowd",
        /// It swings between the base and the peak, as between night and day.
        DailyWave = "daily_wave",
    }
}

params! {
    /// A population of users: when they ask, for what, and how long they wait. Keys by Zipf's law.
    pub struct Users {
        /// How many users there are.
        users: u32 = 1_000, "users", 1.0, 10_000_000.0;
        /// Their share, where a number of users is given for all populations together; 0: in proportion to their users.
        share: u32 = 0, "parts", 0.0, 1_000_000.0;
        /// Whether a user waits for an answer before asking again.
        loop_kind: Loop = Loop::Open, "", 0.0, 0.0;
        /// Open loop: requests that one user makes per second, on average.
        rate_per_user_per_s: f64 = 0.1, "requests/s", 0.000_001, 1_000.0;
        /// Open loop: gaps between requests.
        arrivals: Arrivals = Arrivals::Poisson, "", 0.0, 0.0;
        /// Closed loop: mean time between an answer and the next request.
        think_time: SimDuration = SECS(10), "s", 0.0, 86_400.0;
        /// Closed loop: shape of that time.
        think_shape: Shape = Shape::Exponential, "", 0.0, 0.0;
        /// Open loop: how the rate changes with time.
        load: Load = Load::Constant, "", 0.0, 0.0;
        /// Rate at the peak, as a multiple of the base.
        load_peak: f64 = 10.0, "×", 0.0, 1_000.0;
        /// When the change begins.
        load_start: SimDuration = SECS(30), "s", 0.0, 86_400_000.0;
        /// How long it takes: of a ramp, its length; of a flash crowd, the time in which it falls to a third; of a daily wave, one day.
        load_length: SimDuration = SECS(60), "s", 0.001, 86_400_000.0;
        /// Priority class, 0 to 7: where a queue knows priorities, the highest is served first.
        priority: u32 = 0, "", 0.0, 7.0;
        /// Weight of static assets (JS, CSS, images) in the mix of operations.
        static_weight: f64 = 5.0, "", 0.0, 1_000_000.0;
        /// Weight of reads in the mix of operations.
        read_weight: f64 = 4.0, "", 0.0, 1_000_000.0;
        /// Weight of writes in the mix of operations.
        write_weight: f64 = 1.0, "", 0.0, 1_000_000.0;
        /// Weight of queries in the mix: a record together with those that it is related to (a join).
        query_weight: f64 = 0.0, "", 0.0, 1_000_000.0;
        /// Weight of logins in the mix: the user's record is read, a secret verified, a session begun.
        login_weight: f64 = 0.0, "", 0.0, 1_000_000.0;
        /// Weight of ranges in the mix: neighbouring records.
        range_weight: f64 = 0.0, "", 0.0, 1_000_000.0;
        /// Weight of aggregates in the mix: a number made of neighbouring records, such as a sum.
        aggregate_weight: f64 = 0.0, "", 0.0, 1_000_000.0;
        /// Weight of traversals in the mix: relations are followed from record to record.
        traversal_weight: f64 = 0.0, "", 0.0, 1_000_000.0;
        /// Weight of transactions in the mix: several records are written at once, all or none.
        transaction_weight: f64 = 0.0, "", 0.0, 1_000_000.0;
        /// How many related records a query joins with the one it asks for.
        query_records: u32 = 20, "records", 0.0, 1_000.0;
        /// How many records a range covers.
        range_records: u32 = 50, "records", 1.0, 10_000.0;
        /// How many records an aggregate is made of.
        aggregate_records: u32 = 1_000, "records", 1.0, 10_000.0;
        /// How many hops a traversal goes; it ends sooner when it has reached 10,000 records.
        traversal_hops: u32 = 2, "hops", 1.0, 8.0;
        /// How many others each record is related to; every hop of a traversal follows all of these relations.
        relations: u32 = 10, "records", 1.0, 1_000.0;
        /// How many records a transaction writes.
        transaction_writes: u32 = 3, "records", 1.0, 1_000.0;
        /// Share of the acknowledged writes that their users read again, to see what they have written; 0 to 1.
        read_back_share: f64 = 0.0, "", 0.0, 1.0;
        /// How long after the acknowledgement they do; 0s: at that very instant.
        read_back_after: SimDuration = SECS(0), "s", 0.0, 3_600.0;
        /// How many different records the users read and write.
        keys: u32 = 100_000, "keys", 1.0, 100_000_000.0;
        /// Zipf exponent of the records' popularity; 0 makes all equally popular.
        zipf_exponent: f64 = 0.9, "", 0.0, 10.0;
        /// Number of the first of these records: populations with ranges of their own share none.
        first_key: u32 = 0, "", 0.0, 100_000_000.0;
        /// How many different static assets there are.
        assets: u32 = 2_000, "assets", 1.0, 100_000_000.0;
        /// Zipf exponent of the assets' popularity.
        assets_zipf_exponent: f64 = 0.9, "", 0.0, 10.0;
        /// Mean size of a record; each key has its own, between half and one and a half of it.
        value_size: Bytes = Bytes::kb(2), "B", 1.0, 1_073_741_824.0;
        /// Mean size of an asset; each has its own, between half and one and a half of it.
        asset_size: Bytes = Bytes::kb(64), "B", 1.0, 1_073_741_824.0;
        /// How many deploys there have been. Each gives the assets that it changes new names, so that no copy of an old one is in the way.
        asset_version: u32 = 0, "deploys", 0.0, 10_000.0;
        /// Share of the assets that a deploy changes.
        asset_change_share: f64 = 0.2, "", 0.0, 1.0;
        /// What the browser of each user can keep of the assets; 0B: nothing, every one is asked for each time.
        browser_cache: Bytes = Bytes(0), "B", 0.0, 10_737_418_240.0;
        /// How long a browser uses an asset of the site without asking again (max-age). What comes from a CDN has the CDN's ttl.
        asset_max_age: SimDuration = SECS(3_600), "s", 0.0, 31_536_000.0;
        /// How long a user waits for an answer before giving up.
        timeout: SimDuration = SECS(10), "s", 0.001, 2_592_000.0;
    }
    with {
        /// How the users' browsers call the site.
        calls: CallPolicy;
    }
}

impl Users {
    /// Most names that assets can have had.
    pub const MOST_ASSET_NAMES: u64 = 1_000_000_000;

    /// The name, as a key, that `asset` has after all deploys: it has a new one for each deploy that changed it. Which ones did
    /// follows from the asset and the deploy.
    pub fn asset_name(&self, asset: u32) -> u32 {
        if self.asset_change_share <= 0.0 {
            return asset;
        }
        let changes = |deploy: &u32| {
            let place = mix(u64::from(asset) << 32 | u64::from(*deploy)) >> 11;
            (place as f64) < self.asset_change_share * 9_007_199_254_740_992.0
        };
        let last = (1..=self.asset_version).rev().find(changes).unwrap_or(0);
        asset.saturating_add(last.saturating_mul(self.assets))
    }

    /// The mix of operations: static, read, write, query, login, range, aggregate, traversal, transaction.
    pub fn weights(&self) -> [f64; 9] {
        [
            self.static_weight,
            self.read_weight,
            self.write_weight,
            self.query_weight,
            self.login_weight,
            self.range_weight,
            self.aggregate_weight,
            self.traversal_weight,
            self.transaction_weight,
        ]
    }
}
