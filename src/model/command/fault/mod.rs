//! Faults: what can happen to a node, to a link, or to a single request, and how it is mended again.
//!
//! To add one: a variant here, its line in [`Fault::blanks`], [`Fault::name`], [`Fault::fields`], [`Fault::aim`], [`Fault::fits`] and
//! [`Fault::sentence`], and what it does in `engine/faults.rs`; but for the first, the compiler names these places. The
//! schema, schedules, journal and replay follow by themselves.

use schemars::JsonSchema;
use serde_json::Value;

use crate::base::json::{Field, Json, join, may, must, read_fields, serde_by_json, tag, tagged, write_fields};
use crate::base::{BitRate, SimDuration};
use crate::model::spec::choices;
use crate::model::{Document, NodeKind, Problem, Problems};

/// Largest factor by which a node can be slowed down.
const LARGEST_FACTOR: f64 = 10_000.0;
/// Longest delay that a fault can add to a link.
const LONGEST_DELAY: SimDuration = SimDuration::from_secs(3_600);

/// What can happen to a node or to a link.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The process dies: what it was doing is lost, connections to it are refused until it is restarted.
    Crash { node: String },
    /// It starts again, with what it had on disk and nothing of what it had in memory. A hung process is killed first.
    Restart { node: String },
    /// The process stops, but does not die: whatever reaches it or is due on it waits. It answers no health check.
    Hang { node: String },
    /// A hung process goes on: all that has waited happens at once, in the order in which it came.
    Resume { node: String },
    /// Its processors become slower: services that begin from now on take `factor` times as long.
    Slow { node: String, factor: f64 },
    /// From now on a share of its good answers are server errors instead, after all the work for them has been done.
    Errors { node: String, ratio: f64 },
    /// A database's disk takes no more writes: it refuses users' writes, and log records of its primary.
    ReadOnly { node: String },
    /// A node is well again: it goes on if it was hung, and is neither slow, faulty nor read-only. A dead one needs a restart.
    Heal { node: String },
    /// Nothing comes through the link any more; what is sent is repeated until the sender gives up, or the link is healed.
    Partition {
        from: String,
        to: String,
        #[serde(default)]
        way: Way,
    },
    /// Everything on the link takes longer by `added_latency`.
    SlowLink {
        from: String,
        to: String,
        added_latency: SimDuration,
        #[serde(default)]
        way: Way,
    },
    /// A share of the link's packets is lost, in addition to its own loss.
    LossyLink {
        from: String,
        to: String,
        loss: f64,
        #[serde(default)]
        way: Way,
    },
    /// Only so much is left of the link's bandwidth.
    NarrowLink {
        from: String,
        to: String,
        bandwidth: BitRate,
        #[serde(default)]
        way: Way,
    },
    /// The link is as it was designed.
    HealLink {
        from: String,
        to: String,
        #[serde(default)]
        way: Way,
    },
    /// The packet that is under way for the user's request of this number, counted from 0, is lost once.
    Drop { request: u32 },
    /// A cache forgets everything, and goes on.
    Flush { node: String },
    /// A CDN forgets one asset, or everything.
    Purge {
        node: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<u32>,
    },
    /// A replica is made primary by hand: the old primary is fenced if that is how the cluster does it, and what others have the new
    /// one fetches first.
    Promote { node: String },
    /// A region is cut off from the world, and everything in it dies. Its users live on, and do not lose their way to elsewhere.
    RegionOutage { region: String },
    /// The region's links are whole again, and what is dead there starts again.
    RegionHeal { region: String },
}

choices! {
    /// Directions of a link.
    pub enum Way {
        Both = "both",
        /// From `from` to `to`: requests.
        Forward = "forward",
        /// From `to` to `from`: answers.
        Backward = "backward",
    }
}

#[allow(clippy::derivable_impls, reason = "a table of choices has no default of its own")]
impl Default for Way {
    fn default() -> Self {
        Self::Both
    }
}

impl Way {
    /// Whether each direction is meant: forward, backward.
    pub const fn lanes(self) -> &'static [bool] {
        match self {
            Self::Both => &[false, true],
            Self::Forward => &[false],
            Self::Backward => &[true],
        }
    }
}

/// Whom a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim<'a> {
    Node(&'a str),
    Link {
        from: &'a str,
        to: &'a str,
    },
    Region(&'a str),
    /// A request: whether there is one by that number only the run can tell.
    Request,
}

impl Fault {
    /// One of each, to be read into.
    pub(super) fn blanks() -> [Self; 19] {
        let (node, from, to, way) = (String::new, String::new, String::new, Way::default());
        [
            Self::Crash { node: node() },
            Self::Restart { node: node() },
            Self::Hang { node: node() },
            Self::Resume { node: node() },
            Self::Slow { node: node(), factor: 1.0 },
            Self::Errors { node: node(), ratio: 0.0 },
            Self::ReadOnly { node: node() },
            Self::Heal { node: node() },
            Self::Partition { from: from(), to: to(), way },
            Self::SlowLink { from: from(), to: to(), added_latency: SimDuration::ZERO, way },
            Self::LossyLink { from: from(), to: to(), loss: 0.0, way },
            Self::NarrowLink { from: from(), to: to(), bandwidth: BitRate::SLOWEST, way },
            Self::HealLink { from: from(), to: to(), way },
            Self::Drop { request: 0 },
            Self::Flush { node: node() },
            Self::Purge { node: node(), key: None },
            Self::Promote { node: node() },
            Self::RegionOutage { region: String::new() },
            Self::RegionHeal { region: String::new() },
        ]
    }

    /// Its name in a document.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Crash { .. } => "crash",
            Self::Restart { .. } => "restart",
            Self::Hang { .. } => "hang",
            Self::Resume { .. } => "resume",
            Self::Slow { .. } => "slow",
            Self::Errors { .. } => "errors",
            Self::ReadOnly { .. } => "read_only",
            Self::Heal { .. } => "heal",
            Self::Partition { .. } => "partition",
            Self::SlowLink { .. } => "slow_link",
            Self::LossyLink { .. } => "lossy_link",
            Self::NarrowLink { .. } => "narrow_link",
            Self::HealLink { .. } => "heal_link",
            Self::Drop { .. } => "drop",
            Self::Flush { .. } => "flush",
            Self::Purge { .. } => "purge",
            Self::Promote { .. } => "promote",
            Self::RegionOutage { .. } => "region_outage",
            Self::RegionHeal { .. } => "region_heal",
        }
    }

    /// What stands under its name: first whom it hits, then how, last the way.
    fn fields(&mut self) -> Vec<Field<'_>> {
        let on = |node| must("node", "id of a node", node);
        let from = |from| must("from", "id of the node that calls", from);
        let to = |to| must("to", "id of the node that is called", to);
        match self {
            Self::Crash { node }
            | Self::Restart { node }
            | Self::Hang { node }
            | Self::Resume { node }
            | Self::ReadOnly { node }
            | Self::Heal { node }
            | Self::Flush { node }
            | Self::Promote { node } => vec![on(node)],
            Self::Slow { node, factor } => vec![on(node), must("factor", "a number, as in 10", factor)],
            Self::Errors { node, ratio } => vec![on(node), must("ratio", "0 to 1", ratio)],
            Self::Purge { node, key } => vec![on(node), may("key", key)],
            Self::Partition { from: source, to: target, way } | Self::HealLink { from: source, to: target, way } => {
                vec![from(source), to(target), may("way", way)]
            }
            Self::SlowLink { from: source, to: target, added_latency, way } => {
                let added = must("added_latency", "a duration, as in \"50ms\"", added_latency);
                vec![from(source), to(target), added, may("way", way)]
            }
            Self::LossyLink { from: source, to: target, loss, way } => {
                vec![from(source), to(target), must("loss", "0 to 1", loss), may("way", way)]
            }
            Self::NarrowLink { from: source, to: target, bandwidth, way } => {
                let bandwidth = must("bandwidth", "a bit rate, as in \"10Mbps\"", bandwidth);
                vec![from(source), to(target), bandwidth, may("way", way)]
            }
            Self::Drop { request } => vec![must("request", "number of a request", request)],
            Self::RegionOutage { region } | Self::RegionHeal { region } => {
                vec![must("region", "a region of the design", region)]
            }
        }
    }

    pub fn aim(&self) -> Aim<'_> {
        match self {
            Self::Crash { node }
            | Self::Restart { node }
            | Self::Hang { node }
            | Self::Resume { node }
            | Self::Slow { node, .. }
            | Self::Errors { node, .. }
            | Self::ReadOnly { node }
            | Self::Heal { node }
            | Self::Flush { node }
            | Self::Promote { node }
            | Self::Purge { node, .. } => Aim::Node(node),
            Self::Partition { from, to, .. }
            | Self::SlowLink { from, to, .. }
            | Self::LossyLink { from, to, .. }
            | Self::NarrowLink { from, to, .. }
            | Self::HealLink { from, to, .. } => Aim::Link { from, to },
            Self::Drop { .. } => Aim::Request,
            Self::RegionOutage { region } | Self::RegionHeal { region } => Aim::Region(region),
        }
    }

    /// What keeps the fault from happening in `document` as it is.
    pub fn check(&self, document: &Document) -> Result<(), Problem> {
        match self.aim() {
            Aim::Node(id) => {
                let Some(node) = document.node(id) else {
                    let valid = format!("nodes: {}", document.node_ids());
                    return Err(Problem::new("node", format!("there is no node `{id}`"), valid));
                };
                self.fits(&node.kind).map_err(|(what, remedy)| Problem::new("node", what, remedy))?;
            }
            Aim::Link { from, to } => {
                if !document.links.iter().any(|link| link.from == from && link.to == to) {
                    let calls = document.links.iter().filter(|link| link.from == from || link.to == from);
                    let links: Vec<String> = calls.map(|link| format!("{} to {}", link.from, link.to)).collect();
                    let remedy = format!("links of `{from}`: {}", links.join(", "));
                    return Err(Problem::new("link", format!("there is no link from `{from}` to `{to}`"), remedy));
                }
            }
            Aim::Region(region) => {
                let regions = document.regions();
                if !regions.contains(&region) {
                    let valid =
                        if regions.is_empty() { "a region for some nodes".to_owned() } else { regions.join(", ") };
                    return Err(Problem::new("region", format!("no node is in `{region}`"), format!("valid: {valid}")));
                }
            }
            Aim::Request => {}
        }
        self.check_numbers()
    }

    /// Whether a node of this kind can suffer it; else why not, and what can.
    fn fits(&self, kind: &NodeKind) -> Result<(), (&'static str, &'static str)> {
        match (self, kind) {
            (_, NodeKind::Users(_)) => Err(("users do not crash", "a node of the system")),
            (Self::ReadOnly { .. }, NodeKind::Database(_) | NodeKind::QuorumStore(_))
            | (Self::Promote { .. }, NodeKind::Database(_))
            | (Self::Flush { .. }, NodeKind::Cache(_))
            | (Self::Purge { .. }, NodeKind::Cdn(_)) => Ok(()),
            (Self::ReadOnly { .. }, _) => Err(("it has no disk that could become read-only", "a database")),
            (Self::Flush { .. }, _) => Err(("only a cache can be flushed", "a cache")),
            (Self::Purge { .. }, _) => Err(("only a CDN can be purged", "a cdn")),
            (Self::Promote { .. }, _) => Err(("only a database can be promoted", "a database")),
            _ => Ok(()),
        }
    }

    /// Checks what can be checked without a design.
    pub fn check_numbers(&self) -> Result<(), Problem> {
        let (name, value, range, valid) = match self {
            Self::Slow { factor, .. } => ("factor", *factor, 0.01..=LARGEST_FACTOR, "valid: 0.01 to 10000".to_owned()),
            Self::Errors { ratio, .. } => ("ratio", *ratio, 0.0..=1.0, "valid: 0 to 1".to_owned()),
            Self::LossyLink { loss, .. } => ("loss", *loss, 0.0..=1.0, "valid: 0 to 1".to_owned()),
            Self::SlowLink { added_latency, .. } => {
                let longest = LONGEST_DELAY.as_secs_f64();
                ("added_latency", added_latency.as_secs_f64(), 0.0..=longest, "valid: 0s to 1h".to_owned())
            }
            Self::NarrowLink { bandwidth, .. } => {
                let slowest = BitRate::SLOWEST;
                ("bandwidth", bandwidth.0 as f64, slowest.0 as f64..=f64::MAX, format!("valid: at least {slowest}"))
            }
            _ => return Ok(()),
        };
        if range.contains(&value) { Ok(()) } else { Err(Problem::new(name, format!("{value} is out of range"), valid)) }
    }

    /// What has happened, in a sentence without a full stop; `label` names a node.
    pub fn sentence(&self, label: impl Fn(&str) -> String) -> String {
        let link = |from: &str, to: &str, way: &Way| {
            let (from, to) = (label(from), label(to));
            match way {
                Way::Both => format!("Link between {from} and {to}"),
                Way::Forward => format!("Link from {from} to {to}"),
                Way::Backward => format!("Link back from {to} to {from}"),
            }
        };
        match self {
            Self::Crash { node } => format!("{} crashed", label(node)),
            Self::Restart { node } => format!("{} restarted", label(node)),
            Self::Hang { node } => format!("{} hangs", label(node)),
            Self::Resume { node } => format!("{} goes on", label(node)),
            Self::Slow { node, factor } => format!("{} takes {factor} times as long", label(node)),
            Self::Errors { node, ratio } => format!("{} fails {} % of its answers", label(node), ratio * 100.0),
            Self::ReadOnly { node } => format!("Disk of {} is read-only", label(node)),
            Self::Heal { node } => format!("{} is well again", label(node)),
            Self::Partition { from, to, way } => format!("{} is cut", link(from, to, way)),
            Self::SlowLink { from, to, added_latency, way } => {
                format!("{} is slower by {added_latency}", link(from, to, way))
            }
            Self::LossyLink { from, to, loss, way } => format!("{} loses {} %", link(from, to, way), loss * 100.0),
            Self::NarrowLink { from, to, bandwidth, way } => {
                format!("{} carries only {bandwidth}", link(from, to, way))
            }
            Self::HealLink { from, to, way } => format!("{} is well again", link(from, to, way)),
            Self::Drop { request } => format!("Packet of request {request} is lost"),
            Self::Flush { node } => format!("{} is flushed", label(node)),
            Self::Promote { node } => format!("{} is to be the primary", label(node)),
            Self::Purge { node, key: None } => format!("{} is purged", label(node)),
            Self::RegionOutage { region } => format!("Region {region} is out"),
            Self::RegionHeal { region } => format!("Region {region} is back"),
            Self::Purge { node, key: Some(key) } => format!("Asset {key} is purged from {}", label(node)),
        }
    }
}

impl Json for Fault {
    fn blank() -> Self {
        Self::Crash { node: String::new() }
    }

    fn to_value(&self) -> Value {
        tag(self.name(), write_fields(self.clone().fields()))
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        let blanks = Self::blanks();
        let (name, inner) = tagged(value, at, &blanks.each_ref().map(Self::name))?;
        *self = blanks.into_iter().find(|blank| blank.name() == name).expect("the name is one of them");
        read_fields(self.fields(), inner, &join(at, name))
    }
}

serde_by_json!(Fault);

#[cfg(test)]
mod tests;
