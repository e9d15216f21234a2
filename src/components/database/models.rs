//! The kinds of database: what each can do, and how long that takes beside a relational one.
//!
//! The numbers are shares of the node's own `read_service`, `write_service` and `record_service`, which tell what a relational
//! store of this size takes. They are orders of magnitude, from published comparisons:
//! the SQL layer costs about seven times what the storage below does (`HandlerSocket`: 750,000 against 105,000 reads per second
//! on the same `InnoDB` tables, Matsunobu 2010), which a key-value store saves; document stores are within a factor of two of
//! relational ones (YCSB); log-structured wide-column stores write without reading first and pay when they read (O'Neil et al.,
//! *The Log-Structured Merge-Tree*, 1996; Chang et al., *Bigtable*, 2006); a graph store follows a relation by a pointer, a
//! relational one by an index lookup and a sort, which differ by a factor of about ten to a hundred once traversals are deep
//! (Partner, Vukotic, Watt, *Neo4j in Action*, table 1.1), and pays for it when it writes both ends of a relation.
//! Left out: what single products add (joins of document stores, materialised views, lightweight transactions), query planning.

use crate::kernel::Verb;
use crate::model::kinds::DataModel;

/// What a kind of database can do; times are shares of a relational one's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    pub read: f64,
    pub write: f64,
    /// Each further record of a join, a range, an aggregate, a traversal, a transaction; none where it cannot do that.
    pub join: Option<f64>,
    pub range: Option<f64>,
    pub aggregate: Option<f64>,
    pub traverse: Option<f64>,
    pub transact: Option<f64>,
    /// Each further record of several that are asked for by their keys.
    pub fetch: f64,
    /// Turning a record into what goes over the wire, and back, in nanoseconds for each byte.
    pub encode_ns: f64,
    /// Whether a write must have the page that it changes.
    pub reads_before_writing: bool,
}

const RELATIONAL: Profile = Profile {
    read: 1.0,
    write: 1.0,
    join: Some(1.0),
    range: Some(0.3),
    aggregate: Some(0.2),
    traverse: Some(3.0),
    transact: Some(10.0),
    fetch: 1.0,
    encode_ns: 0.0,
    reads_before_writing: true,
};

const KEY_VALUE: Profile = Profile {
    read: 0.14,
    write: 0.3,
    join: None,
    range: None,
    aggregate: None,
    traverse: None,
    transact: None,
    fetch: 0.5,
    encode_ns: 0.0,
    reads_before_writing: true,
};

const DOCUMENT: Profile = Profile {
    read: 0.7,
    write: 0.8,
    join: None,
    range: Some(0.4),
    aggregate: Some(0.4),
    traverse: None,
    transact: Some(15.0),
    fetch: 1.0,
    encode_ns: 5.0,
    reads_before_writing: true,
};

const WIDE_COLUMN: Profile = Profile {
    read: 0.9,
    write: 0.25,
    join: None,
    range: Some(0.2),
    aggregate: None,
    traverse: None,
    transact: None,
    fetch: 2.0,
    encode_ns: 2.0,
    reads_before_writing: false,
};

const GRAPH: Profile = Profile {
    read: 1.2,
    write: 1.5,
    join: Some(0.3),
    range: Some(1.0),
    aggregate: Some(0.6),
    traverse: Some(0.1),
    transact: Some(15.0),
    fetch: 1.0,
    encode_ns: 5.0,
    reads_before_writing: true,
};

/// What databases of this kind are like.
pub const fn profile(model: DataModel) -> &'static Profile {
    match model {
        DataModel::Relational => &RELATIONAL,
        DataModel::KeyValue => &KEY_VALUE,
        DataModel::Document => &DOCUMENT,
        DataModel::WideColumn => &WIDE_COLUMN,
        DataModel::Graph => &GRAPH,
    }
}

impl Profile {
    /// What each further record of such an operation takes; none if it cannot be done.
    pub const fn further(&self, verb: Verb) -> Option<f64> {
        match verb {
            Verb::Read | Verb::Write | Verb::Get | Verb::Put | Verb::Delete => Some(0.0),
            Verb::Fetch => Some(self.fetch),
            Verb::Query => self.join,
            Verb::Range => self.range,
            Verb::Aggregate => self.aggregate,
            Verb::Traverse => self.traverse,
            Verb::Transact | Verb::Prepare => self.transact,
            _ => None,
        }
    }
}
