//! Traces as JSON: how the engine's worker tells them to the page.

use super::{Doing, Ended, Part, Span, Trace};
use crate::base::json::{json_object, json_words};
use crate::observe::Operation;

json_words!(Doing, Doing::ALL, Doing::name);

json_object!(Ended = Self {
    serial: 0,
    operation: Operation::Static,
    user: 0,
    key: 0,
    began_ns: 0,
    ended_ns: 0,
    failure: None,
    failed_at: None,
    place: String::new(),
}, {
    serial, operation, user, key, began_ns, ended_ns, failure, failed_at, place,
});

json_object!(Trace = Self::default(), {
    serial, operation, user, key, home, began_ns, ended_ns, now_ns, failure, spans,
});

json_object!(Span = Self::default(), {
    parent, depth, from, to, link, verb, is_aside, made_ns, depart_ns, arrive_ns, answered_ns, left_ns, back_ns, tries,
    failure, failed_at, parts,
});

json_object!(Part = Self { doing: Doing::Held, from_ns: 0, to_ns: 0 }, {
    doing, from_ns, to_ns,
});
