//! Links: who may call whom, and over what.

use crate::base::{BitRate, Kind, Problems, SimDuration};
use crate::model::document::{Document, Link, Node};
use crate::model::regions;

/// Longest delay on a link.
const LONGEST_DELAY: SimDuration = SimDuration::from_secs(3_600);

/// The kinds that one of `kind` may call.
const fn callees(kind: Kind) -> &'static [Kind] {
    use Kind::{Cache, Cdn, Database, Dns, LoadBalancer, ObjectStore, QuorumStore, ShardRouter, WebServer};
    match kind {
        Kind::Users => &[Dns, Cdn, LoadBalancer, WebServer],
        Dns => &Kind::SITES,
        Cdn => &[Cdn, LoadBalancer, WebServer, ObjectStore],
        // A link from one to another makes that other its standby.
        LoadBalancer => &[WebServer, LoadBalancer],
        WebServer => &[WebServer, Cache, Database, ObjectStore, QuorumStore, ShardRouter],
        Cache => &Kind::STORES,
        Database | ShardRouter => &[Database],
        ObjectStore => &[],
        // A link from one to another joins both to one store.
        QuorumStore => &[QuorumStore],
    }
}

/// Whether a node of kind `from` may have a link to one of kind `to`.
pub fn may_call(from: Kind, to: Kind) -> bool {
    callees(from).contains(&to)
}

impl Document {
    pub(super) fn check_links(&self, problems: &mut Problems) {
        for (i, link) in self.links.iter().enumerate() {
            let at = format!("links[{i}]");
            let [from, to] = [("from", &link.from), ("to", &link.to)].map(|(end, id)| {
                let kind = self.node(id).map(Node::kind);
                if kind.is_none() {
                    let valid = format!("nodes: {}", self.node_ids());
                    problems.push(format!("{at}.{end}"), format!("there is no node `{id}`"), valid);
                }
                kind
            });
            if let (Some(from), Some(to)) = (from, to)
                && (!may_call(from, to) || link.from == link.to)
            {
                let names: Vec<_> = callees(from).iter().map(|kind| kind.name()).collect();
                let callees = if names.is_empty() { "nobody: it answers".to_owned() } else { names.join(", ") };
                let remedy = match from {
                    Kind::Users => format!("users call: {callees}"),
                    _ if names.is_empty() => format!("a {from} calls {callees}"),
                    _ => format!("a {from} calls: {callees}"),
                };
                let to = if link.from == link.to { "itself".to_owned() } else { one(to) };
                problems.push(&at, format!("{} cannot call {to}", one(from)), remedy);
            }
            if !(0.0..=1.0).contains(&link.loss) {
                problems.push(format!("{at}.loss"), format!("{} is not a share", link.loss), "valid: 0 to 1");
            }
            if link.latency.is_none()
                && let Some((here, there)) = self.regions_of(link)
                && regions::round_trip(here, there).is_none()
            {
                let what = format!("how long it takes between `{here}` and `{there}` is not known");
                let remedy = format!("a latency, or regions out of: {}", regions::REGIONS.join(", "));
                problems.push(format!("{at}.latency"), what, remedy);
            }
            let (forward, back) = (self.latency_of(link), link.reply_latency.unwrap_or_default());
            for (name, time) in [("latency", forward), ("reply_latency", back), ("queue_limit", link.queue_limit)] {
                if time > LONGEST_DELAY {
                    problems.push(format!("{at}.{name}"), format!("{time} is out of range"), "valid: 0s to 1h");
                }
            }
            if let Some(rate) = link.bandwidth.filter(|rate| *rate < BitRate::SLOWEST) {
                let valid = format!("at least {}, or no bandwidth at all: unlimited", BitRate::SLOWEST);
                problems.push(format!("{at}.bandwidth"), format!("{rate} is out of range"), valid);
            }
            if self.links[..i].iter().any(|other| other.from == link.from && other.to == link.to) {
                problems.push(
                    &at,
                    format!("a second link from `{}` to `{}`", link.from, link.to),
                    "one link for each pair",
                );
            }
        }
    }

    /// Nodes of one kind that are each other's shields or services would ask one another for ever.
    pub(super) fn check_circles(&self, kind: Kind, role: &str, problems: &mut Problems) {
        let is_one = |id: &str| self.is_a(id, kind);
        let links = self.links.iter().enumerate();
        let mut ways: Vec<(usize, &Link)> = links.filter(|(_, link)| is_one(&link.from) && is_one(&link.to)).collect();
        // Takes away the ways that nobody comes from or that lead no further, until only circles are left.
        loop {
            let all = ways.clone();
            ways.retain(|(_, way)| {
                all.iter().any(|(_, next)| next.from == way.to) && all.iter().any(|(_, last)| last.to == way.from)
            });
            if ways.len() == all.len() {
                break;
            }
        }
        if let Some((i, link)) = ways.first().filter(|(_, link)| link.from != link.to) {
            let what = format!("the {role} of `{}` lead back to it", link.to);
            problems.push(format!("links[{i}]"), what, format!("{role} in one direction only"));
        }
    }
}

/// One of a kind, with its article.
fn one(kind: Kind) -> String {
    if kind == Kind::Users { kind.to_string() } else { format!("a {kind}") }
}
