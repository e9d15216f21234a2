//! What of all this is told as JSON, to the page or in a report. What is `None` is left out.

use super::figures::{KeyFigures, KeyVersion, LostWrite, ReplicationFigures};
use super::hop::LinkEnds;
use super::outcome::{Operation, Reason};
use crate::base::json::{json_object, json_words};

json_words!(Operation, Operation::ALL, Operation::name);
json_words!(Reason, Reason::ALL, Reason::name);

json_object!(LinkEnds = Self { index: 0, from: String::new(), to: String::new() }, { index, from, to });

json_object!(KeyFigures = Self::default(), {
    key, current, stores,
});

json_object!(KeyVersion = Self::default(), {
    node, version, received, value, is_owner, is_stale,
});

json_object!(ReplicationFigures = Self::default(), {
    applied, received, executed, records_received, records_applied, discarded, ignored, repeated, conflicts, waiting,
    is_degraded, stopped_by, rebuilds, life,
});

json_object!(LostWrite = Self { key: 0, position: None, version: None, user: None, at_ns: None }, {
    key, position, version, user, at_ns,
});
