//! Putting a trace together from the steps of its request.

use super::{Step, Tracer, What};
use crate::base::map::Map;
use crate::base::slab::Key;
use crate::base::{LinkIx, NodeIx};
use crate::observe::outcome::{Operation, Reason};

/// One request with everything that was done for it. Times are nanoseconds of simulated time.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub serial: u32,
    pub operation: Operation,
    pub user: u32,
    /// The asset or record that it is about.
    pub key: u32,
    /// Id of the users' node.
    pub home: String,
    pub began_ns: u64,
    /// None while it goes on.
    pub ended_ns: Option<u64>,
    /// The time up to which it is known.
    pub now_ns: u64,
    pub failure: Option<Reason>,
    /// Each call after the one that it was made for; calls of the same one in the order in which they were made.
    pub spans: Vec<Span>,
}

/// One call of a trace: there, at the node, and back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Span {
    /// Place in the trace's list of the call that it was made for; none for what the user's side asks itself.
    pub parent: Option<u32>,
    pub depth: u32,
    /// Ids of the nodes.
    pub from: String,
    pub to: String,
    /// Index of the link, as in [`crate::observe::Hop::link`].
    pub link: u16,
    pub verb: String,
    /// Made on a node's own account: nobody waits for it.
    pub is_aside: bool,
    pub made_ns: u64,
    /// When the packet that came through left, and when all of it is there.
    pub depart_ns: u64,
    pub arrive_ns: u64,
    /// When the node was done with it; none before.
    pub answered_ns: Option<u64>,
    /// When the answer left, and when it is back; none before.
    pub left_ns: Option<u64>,
    pub back_ns: Option<u64>,
    /// Packets lost on its way, there and back.
    pub tries: u32,
    pub failure: Option<Reason>,
    /// Id of the node where it failed.
    pub failed_at: String,
    /// What the node did with it, from its arrival to its answer.
    pub parts: Vec<Part>,
}

/// A time in which a node did one thing with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub doing: Doing,
    pub from_ns: u64,
    pub to_ns: u64,
}

/// What a node does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It waits for a worker or a core.
    Queued,
    /// It is on a core.
    Served,
    /// A call made for it is under way.
    Calling,
    /// It waits for something else: a connection, a pause before the next try.
    Held,
}

impl Doing {
    pub const ALL: [Self; 4] = [Self::Queued, Self::Served, Self::Calling, Self::Held];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Served => "served",
            Self::Calling => "calling",
            Self::Held => "held",
        }
    }

    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "in a queue",
            Self::Served => "in service",
            Self::Calling => "waiting for others",
            Self::Held => "held",
        }
    }
}

impl Default for Trace {
    fn default() -> Self {
        Self {
            serial: 0,
            operation: Operation::Static,
            user: 0,
            key: 0,
            home: String::new(),
            began_ns: 0,
            ended_ns: None,
            now_ns: 0,
            failure: None,
            spans: Vec::new(),
        }
    }
}

/// A span while its steps are read.
struct Draft {
    call: Key,
    parent: Key,
    span: Span,
    /// When it began what, in order.
    stages: Vec<(u64, Doing)>,
}

impl Tracer {
    /// The trace of a request up to `now_ns`, if all its steps are still known; `id` names a node.
    pub fn trace(&self, serial: u32, now_ns: u64, id: impl Fn(NodeIx) -> String) -> Option<Trace> {
        let mut trace = Trace { serial, now_ns, ..Trace::default() };
        let mut root = None;
        let mut drafts: Vec<Draft> = Vec::new();
        for Step { at, call, what, .. } in self.steps_of(serial) {
            let at = at.as_nanos();
            let draft = drafts.iter_mut().rev().find(|draft| draft.call == *call);
            match (*what, draft) {
                (What::Begun { node, operation, user, key }, _) => {
                    // A number that has come round again: the later request is the one that is meant.
                    drafts.clear();
                    trace = Trace {
                        operation,
                        user,
                        key,
                        home: id(node),
                        began_ns: at,
                        serial,
                        now_ns,
                        ..Trace::default()
                    };
                    root = Some(*call);
                }
                (What::Sent { parent, from, to, link, verb, made, depart, arrive, tries }, draft) => {
                    let (made_ns, depart_ns, arrive_ns) = (made.as_nanos(), depart.as_nanos(), arrive.as_nanos());
                    let LinkIx(link) = link;
                    // A slot of a call that is over may be used again: another making is another call.
                    if let Some(draft) = draft.filter(|draft| draft.span.made_ns == made_ns) {
                        let span = &mut draft.span;
                        (span.depart_ns, span.arrive_ns, span.tries) =
                            (depart_ns, arrive_ns, span.tries + u32::from(tries));
                        continue;
                    }
                    let (from, to, verb, tries) = (id(from), id(to), verb.to_owned(), u32::from(tries));
                    let span = Span { from, to, link, verb, made_ns, depart_ns, arrive_ns, tries, ..Span::default() };
                    drafts.push(Draft { call: *call, parent, span, stages: Vec::new() });
                }
                (What::Over { failure }, _) => (trace.ended_ns, trace.failure) = (Some(at), failure),
                (_, None) => {}
                (What::Does(doing), Some(draft)) => draft.stages.push((at, doing)),
                (What::Answered { failure, failed_at }, Some(Draft { span, .. })) => {
                    (span.answered_ns, span.failure) = (Some(at), failure);
                    span.failed_at = failure.map_or_else(String::new, |_| id(failed_at));
                }
                (What::Returned { depart, arrive, tries, .. }, Some(Draft { span, .. })) => {
                    (span.left_ns, span.back_ns) = (Some(depart.as_nanos()), Some(arrive.as_nanos()));
                    span.tries += u32::from(tries);
                }
                (What::Lost, Some(Draft { span, .. })) => {
                    (span.back_ns, span.failure) = (Some(at), Some(Reason::NetworkLoss));
                    span.failed_at.clone_from(&span.from);
                }
            }
        }
        trace.spans = arranged(root?, &drafts, now_ns);
        Some(trace)
    }
}

/// The spans in the order of a tree, with their parts.
fn arranged(root: Key, drafts: &[Draft], now_ns: u64) -> Vec<Span> {
    let mut children: Map<Key, Vec<usize>> = Map::default();
    let known = |key: Key| drafts.iter().any(|draft| draft.call == key);
    for (i, draft) in drafts.iter().enumerate() {
        // What is done on a node's own account, or for a call that is not known, stands beside the rest.
        let parent = if known(draft.parent) { draft.parent } else { root };
        if let Some(list) = children.get_mut(&parent) {
            list.push(i);
        } else {
            children.insert(parent, vec![i]);
        }
    }
    let mut spans: Vec<Span> = Vec::with_capacity(drafts.len());
    let mut open: Vec<(usize, Option<u32>, u32)> = Vec::new();
    let children_of = |key: Key| children.get(&key).map_or(&[][..], Vec::as_slice);
    open.extend(children_of(root).iter().rev().map(|child| (*child, None, 0)));
    while let Some((i, parent, depth)) = open.pop() {
        let draft = &drafts[i];
        let calls = children_of(draft.call).iter().map(|child| &drafts[*child].span);
        let times: Vec<(u64, u64)> = calls.map(|span| (span.made_ns, span.back_ns.unwrap_or(now_ns))).collect();
        let parts = parts(&draft.span, &draft.stages, &times, now_ns);
        let place = spans.len() as u32;
        let is_aside = draft.parent == Key::DETACHED;
        spans.push(Span { parent, depth, is_aside, parts, ..draft.span.clone() });
        // A call whose slot was used again must not be taken for its own child.
        let own = children_of(draft.call).iter().rev().filter(|child| **child > i);
        open.extend(own.map(|child| (*child, Some(place), depth + 1)));
    }
    spans
}

/// What the node did with a call: its stages. While a call made for it is under way, it waits for that, whatever the stage says.
fn parts(span: &Span, stages: &[(u64, Doing)], calls: &[(u64, u64)], now_ns: u64) -> Vec<Part> {
    let end = span.answered_ns.or(span.back_ns).unwrap_or(now_ns);
    let mut parts = Vec::new();
    let mut add = |doing, from_ns: u64, to_ns: u64| {
        if to_ns > from_ns {
            parts.push(Part { doing, from_ns, to_ns });
        }
    };
    let first = (span.arrive_ns, Doing::Held);
    let starts = std::iter::once(first).chain(stages.iter().copied()).collect::<Vec<_>>();
    for (i, (from, doing)) in starts.iter().enumerate() {
        let to = starts.get(i + 1).map_or(end, |(next, _)| (*next).min(end));
        if *doing == Doing::Queued {
            add(*doing, *from, to);
            continue;
        }
        let mut at = *from;
        for (made, back) in merged(calls, *from, to) {
            add(*doing, at, made);
            add(Doing::Calling, made, back);
            at = back;
        }
        add(*doing, at, to);
    }
    parts
}

/// The times of `calls` within `from..to`, without overlaps, in order.
fn merged(calls: &[(u64, u64)], from: u64, to: u64) -> Vec<(u64, u64)> {
    let mut merged: Vec<(u64, u64)> = Vec::new();
    // Calls come in the order in which they were made.
    for (made, back) in
        calls.iter().map(|(made, back)| ((*made).max(from), (*back).min(to))).filter(|(made, back)| made < back)
    {
        match merged.last_mut() {
            Some((_, end)) if made <= *end => *end = (*end).max(back),
            _ => merged.push((made, back)),
        }
    }
    merged
}
