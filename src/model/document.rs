//! The document's own types.

use super::command::Scheduled;
use super::kinds::{self, Address, DatabaseRole, NodeKind};
use super::regions;
use crate::base::json::Json;
use crate::base::order::sort_by_key;
use crate::base::{BitRate, Kind, Shape, SimDuration};
use schemars::JsonSchema;

/// The version of the format that this program writes.
pub const VERSION: u32 = 1;

/// A design that can be simulated: nodes, the links between them, and what will be done to them.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
pub struct Document {
    /// Version of this format.
    pub version: u32,
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where all randomness comes from: the same seed gives the same run.
    #[serde(default)]
    pub seed: u64,
    pub nodes: Vec<Node>,
    #[serde(default)]
    pub links: Vec<Link>,
    /// Commands carried out at given times of the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<Scheduled>,
    /// Frames on the drawing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<Tier>,
}

/// A labelled frame behind some nodes. It says how a person sees the design, and means nothing to the run.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    pub label: String,
    /// Ids of the nodes in it.
    pub nodes: Vec<String>,
}

/// One component of the system.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
pub struct Node {
    /// Unique in the document.
    pub id: String,
    /// What the drawing calls it; its id, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Where it stands on the drawing; found by the layout, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Where in the world it is, as in `us-east-1`. Links without a latency have it from the regions of their ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(flatten)]
    pub kind: NodeKind,
}

impl Node {
    pub const fn kind(&self) -> Kind {
        self.kind.kind()
    }

    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.id)
    }

    /// What the design makes of it in its cluster, if it is a database.
    pub const fn role(&self) -> Option<DatabaseRole> {
        match &self.kind {
            NodeKind::Database(database) => Some(database.role),
            _ => None,
        }
    }
}

/// A point on the drawing; x grows to the right, y downwards.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    pub x: f32,
    pub y: f32,
}

/// A way between two nodes: requests go from `from` to `to`, answers come back.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Id of the node that calls.
    pub from: String,
    /// Id of the node that is called.
    pub to: String,
    /// Mean one-way delay. If absent: between different regions half their round-trip time, else 500us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<SimDuration>,
    /// Shape of the delay's distribution; each message draws its own, so that one may overtake another.
    #[serde(default, skip_serializing_if = "is_default")]
    pub latency_shape: Shape,
    /// Mean delay of the way back; as forward, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_latency: Option<SimDuration>,
    /// Shape of the way back's delay; as forward, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_shape: Option<Shape>,
    /// Share of packets lost, 0 to 1; a lost packet is sent again after a timeout.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub loss: f64,
    /// Bits that it carries per second in each direction; unlimited if absent. A message waits for those before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<BitRate>,
    /// Longest time that a message may wait for those before it; one that would wait longer is dropped, as if lost.
    #[serde(default = "default_queue_limit", skip_serializing_if = "is_default_queue_limit")]
    pub queue_limit: SimDuration,
}

/// Mean one-way delay of a link that says nothing, inside a region.
pub const DEFAULT_LATENCY: SimDuration = SimDuration::from_micros(500);

fn default_queue_limit() -> SimDuration {
    SimDuration::from_secs(1)
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants to give a reference; not trivial on every target")]
fn is_default_queue_limit(limit: &SimDuration) -> bool {
    *limit == default_queue_limit()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Document {
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The role of the database `id`.
    pub fn role(&self, id: &str) -> Option<DatabaseRole> {
        self.node(id).and_then(Node::role)
    }

    /// Whether there is a node `id`, and it is of `kind`.
    pub fn is_a(&self, id: &str, kind: Kind) -> bool {
        self.node(id).is_some_and(|node| node.kind() == kind)
    }

    /// Whether the node's address is a private one: stores are, and servers behind a load balancer.
    pub fn is_private(&self, id: &str) -> bool {
        match self.node(id).map(|node| &node.kind) {
            Some(NodeKind::WebServer(server)) => match server.address {
                Address::Public => false,
                Address::Private => true,
                Address::Auto => {
                    self.links.iter().any(|link| link.to == id && self.is_a(&link.from, Kind::LoadBalancer))
                }
            },
            Some(NodeKind::Cache(_) | NodeKind::Database(_) | NodeKind::QuorumStore(_) | NodeKind::ShardRouter(_)) => {
                true
            }
            _ => false,
        }
    }

    /// Shares out `total` users among the populations: by their shares, or where nobody has one, in the proportions that there
    /// are. Each keeps one user at least; where others have a share, one without stays as it is.
    pub fn share_users(&mut self, total: u32) {
        let populations = self.nodes.iter_mut().filter_map(|node| match &mut node.kind {
            NodeKind::Users(population) => Some(population),
            _ => None,
        });
        let mut populations: Vec<&mut kinds::Users> = populations.collect();
        let has_shares = populations.iter().any(|population| population.share > 0);
        let weight = |of: &kinds::Users| u64::from(if has_shares { of.share } else { of.users });
        populations.retain(|population| weight(population) > 0);
        let mut before: u64 = populations.iter().map(|population| weight(population)).sum();
        let mut left = u64::from(total);
        for population in populations {
            // Shares of what is left, so that rounding adds up.
            let own = weight(population);
            let share = (u128::from(left) * u128::from(own) / u128::from(before)) as u64;
            before -= own;
            left -= share;
            population.users = (share as u32).max(1);
        }
    }

    /// The node's region, if it has one.
    pub fn region(&self, id: &str) -> Option<&str> {
        self.node(id)?.region.as_deref()
    }

    /// The regions of the link's ends, if they have different ones.
    pub fn regions_of(&self, link: &Link) -> Option<(&str, &str)> {
        let ends = self.region(&link.from).zip(self.region(&link.to));
        ends.filter(|(from, to)| from != to)
    }

    /// Mean one-way delay of the link: its own, or what follows from the regions of its ends.
    pub fn latency_of(&self, link: &Link) -> SimDuration {
        let far = || self.regions_of(link).and_then(|(from, to)| regions::round_trip(from, to));
        let one_way = |round_trip: SimDuration| SimDuration::from_nanos(round_trip.as_nanos() / 2);
        link.latency.or_else(|| far().map(one_way)).unwrap_or(DEFAULT_LATENCY)
    }

    /// The regions of all nodes, each once, in alphabetical order.
    pub fn regions(&self) -> Vec<&str> {
        let mut regions: Vec<&str> = self.nodes.iter().filter_map(|node| node.region.as_deref()).collect();
        sort_by_key(&mut regions, |region| *region);
        regions.dedup();
        regions
    }

    /// The document as it is written to a file.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.to_value()).expect("a document can be written");
        text.push('\n');
        text
    }
}

impl Default for Link {
    fn default() -> Self {
        Self {
            from: String::new(),
            to: String::new(),
            latency: None,
            latency_shape: Shape::Constant,
            reply_latency: None,
            reply_shape: None,
            loss: 0.0,
            bandwidth: None,
            queue_limit: default_queue_limit(),
        }
    }
}
