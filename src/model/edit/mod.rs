//! Changes of the design, as values: the same edit applies to a document on the page and to a running world.

use schemars::JsonSchema;
use serde_json::Value;

use super::command::Scheduled;
use super::document::{Document, Link, Node, Position, Tier};
use super::kinds::{DatabaseRole, NodeKind};
use crate::base::json::{Field, Json, join, may, must, read_fields, serde_by_json, tag, tagged, write_fields};
use crate::base::order::sort_by_key;
use crate::base::{Problem, Problems};

/// One change of a document.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Edit {
    /// Adds a node with its links. `records` names the DNS nodes that shall answer with it.
    AddNode {
        node: Box<Node>,
        #[serde(default)]
        links: Vec<Link>,
        #[serde(default)]
        records: Vec<String>,
    },
    /// Removes a node with its links; requests on it fail.
    RemoveNode { node: String },
    /// Sets one parameter of a node.
    Set { node: String, param: String, value: Value },
    /// Sets latency and loss of the link between two nodes.
    SetLink { link: Link },
    /// Sets how many users there are in all populations together, by their shares.
    Users { total: u32 },
    /// Puts a node into a region; links without a latency of their own take over what follows from it.
    Region {
        node: String,
        #[serde(default)]
        region: Option<String>,
    },
    /// Replaces all that is scheduled. What lies in the past has happened as it was scheduled then.
    SetSchedule { schedule: Vec<Scheduled> },
    /// Adds a link.
    AddLink { link: Link },
    /// Removes a link. What is on its way over it still arrives.
    RemoveLink { from: String, to: String },
    /// Puts a node somewhere on the drawing; without a position the layout finds a place for it.
    Place {
        node: String,
        #[serde(default)]
        position: Option<Position>,
    },
    /// Calls a node otherwise; without a label it is called by its id.
    Label {
        node: String,
        #[serde(default)]
        label: Option<String>,
    },
    /// Calls the design otherwise.
    Name { name: String },
    /// Replaces the frames on the drawing.
    SetTiers { tiers: Vec<Tier> },
    /// Puts nodes, and links by their ends, in this order; what is not named comes last.
    Order { nodes: Vec<String>, links: Vec<(String, String)> },
    /// Several at once: only what they come to must be a good design.
    Many { edits: Vec<Edit> },
}

impl Edit {
    const NAMES: [&str; 15] = [
        "add_node",
        "remove_node",
        "set",
        "set_link",
        "users",
        "region",
        "set_schedule",
        "add_link",
        "remove_link",
        "place",
        "label",
        "name",
        "set_tiers",
        "order",
        "many",
    ];

    fn blank_of(name: &str) -> Option<Self> {
        Some(match name {
            "add_node" => Self::AddNode { node: Box::blank(), links: Vec::new(), records: Vec::new() },
            "remove_node" => Self::RemoveNode { node: String::new() },
            "set" => Self::Set { node: String::new(), param: String::new(), value: Value::Null },
            "set_link" => Self::SetLink { link: Link::default() },
            "users" => Self::Users { total: 0 },
            "region" => Self::Region { node: String::new(), region: None },
            "set_schedule" => Self::SetSchedule { schedule: Vec::new() },
            "add_link" => Self::AddLink { link: Link::default() },
            "remove_link" => Self::RemoveLink { from: String::new(), to: String::new() },
            "place" => Self::Place { node: String::new(), position: None },
            "label" => Self::Label { node: String::new(), label: None },
            "name" => Self::Name { name: String::new() },
            "set_tiers" => Self::SetTiers { tiers: Vec::new() },
            "order" => Self::Order { nodes: Vec::new(), links: Vec::new() },
            "many" => Self::Many { edits: Vec::new() },
            _ => return None,
        })
    }

    /// Its name, and what stands under it.
    fn parts(&mut self) -> (&'static str, Vec<Field<'_>>) {
        match self {
            Self::AddNode { node, links, records } => {
                ("add_node", vec![must("node", "a node", node), may("links", links), may("records", records)])
            }
            Self::RemoveNode { node } => ("remove_node", vec![must("node", "id of a node", node)]),
            Self::Set { node, param, value } => (
                "set",
                vec![
                    must("node", "id of a node", node),
                    must("param", "name of a parameter", param),
                    must("value", "its value", value),
                ],
            ),
            Self::SetLink { link } => ("set_link", vec![must("link", "a link", link)]),
            Self::Users { total } => ("users", vec![must("total", "a number of users", total)]),
            Self::Region { node, region } => {
                ("region", vec![must("node", "id of a node", node), may("region", region)])
            }
            Self::SetSchedule { schedule } => {
                ("set_schedule", vec![must("schedule", "a list of commands with their times", schedule)])
            }
            Self::AddLink { link } => ("add_link", vec![must("link", "a link", link)]),
            Self::RemoveLink { from, to } => {
                ("remove_link", vec![must("from", "id of a node", from), must("to", "id of a node", to)])
            }
            Self::Place { node, position } => {
                ("place", vec![must("node", "id of a node", node), may("position", position)])
            }
            Self::Label { node, label } => ("label", vec![must("node", "id of a node", node), may("label", label)]),
            Self::Name { name } => ("name", vec![must("name", "a text", name)]),
            Self::SetTiers { tiers } => ("set_tiers", vec![must("tiers", "a list of frames", tiers)]),
            Self::Order { nodes, links } => {
                ("order", vec![must("nodes", "ids of nodes", nodes), must("links", "pairs of ids", links)])
            }
            Self::Many { edits } => ("many", vec![must("edits", "a list of edits", edits)]),
        }
    }

    /// Whether it changes how the design is drawn, and nothing of how it runs.
    pub fn is_only_drawn(&self) -> bool {
        match self {
            Self::Place { .. } | Self::Label { .. } | Self::Name { .. } | Self::SetTiers { .. } => true,
            Self::Many { edits } => edits.iter().all(Self::is_only_drawn),
            _ => false,
        }
    }

    /// Whether the schedule is another afterwards.
    pub fn reschedules(&self) -> bool {
        match self {
            Self::SetSchedule { .. } => true,
            Self::Many { edits } => edits.iter().any(Self::reschedules),
            _ => false,
        }
    }

    /// Whether it is about the node `id`, or a link of it.
    pub fn names(&self, id: &str) -> bool {
        match self {
            Self::AddNode { node, .. } => node.id == id,
            Self::RemoveNode { node }
            | Self::Set { node, .. }
            | Self::Region { node, .. }
            | Self::Place { node, .. }
            | Self::Label { node, .. } => node == id,
            Self::SetLink { link } | Self::AddLink { link } => link.from == id || link.to == id,
            Self::RemoveLink { from, to } => from == id || to == id,
            Self::SetSchedule { schedule } => schedule.iter().any(|scheduled| scheduled.command.names(id)),
            Self::Name { .. } | Self::SetTiers { .. } | Self::Order { .. } | Self::Users { .. } => false,
            Self::Many { edits } => edits.iter().any(|edit| edit.names(id)),
        }
    }

    /// The edit that adds one more node like `model`, with the same links and DNS records. A database is added as a replica, a node of a leaderless store to the same store.
    ///
    /// Returns `None` if there is no such node.
    pub fn one_more_like(document: &Document, model: &str) -> Option<Self> {
        let original = document.node(model)?;
        let stem = original.id.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
        let number = (2..=u32::MAX).find(|n| document.node(&format!("{stem}-{n}")).is_none())?;
        let id = format!("{stem}-{number}");
        let mut node = Node {
            id: id.clone(),
            label: None,
            position: None,
            region: original.region.clone(),
            kind: original.kind.clone(),
        };
        if let Some(label) = &original.label {
            node.label = Some(format!("{} {number}", label.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ')));
        }
        let mut links: Vec<Link> = document.links.iter().filter_map(|link| relinked(link, model, &id)).collect();
        if let NodeKind::Database(params) = &mut node.kind {
            let was_primary = params.role == DatabaseRole::Primary;
            params.role = DatabaseRole::Replica;
            if was_primary {
                links.retain(|link| link.from != id);
                links.push(Link { from: model.to_owned(), to: id.clone(), ..Link::default() });
            }
        }
        if matches!(node.kind, NodeKind::QuorumStore(_)) {
            links.push(Link { from: model.to_owned(), to: id.clone(), ..Link::default() });
        }
        let records =
            document.nodes.iter().filter(|node| answers_with(node, model)).map(|node| node.id.clone()).collect();
        Some(Self::AddNode { node: Box::new(node), links, records })
    }
}

impl Json for Edit {
    fn blank() -> Self {
        Self::RemoveNode { node: String::new() }
    }

    fn to_value(&self) -> Value {
        let mut own = self.clone();
        let (name, fields) = own.parts();
        tag(name, write_fields(fields))
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        let (name, inner) = tagged(value, at, &Self::NAMES)?;
        *self = Self::blank_of(name).expect("every name is an edit");
        read_fields(self.parts().1, inner, &join(at, name))
    }
}

serde_by_json!(Edit);

fn is_replica(node: &Node) -> bool {
    node.role() == Some(DatabaseRole::Replica)
}

fn relinked(link: &Link, from: &str, to: &str) -> Option<Link> {
    let mut link = link.clone();
    if link.from == from {
        to.clone_into(&mut link.from);
    } else if link.to == from {
        to.clone_into(&mut link.to);
    } else {
        return None;
    }
    Some(link)
}

fn answers_with(node: &Node, id: &str) -> bool {
    matches!(&node.kind, NodeKind::Dns(dns) if dns.records.iter().any(|record| record == id))
}

impl Document {
    /// The document after `edit`, or why it cannot be.
    pub fn edited(&self, edit: &Edit) -> Result<Self, Problems> {
        let mut document = self.clone();
        document.apply(edit)?;
        document.check()?;
        Ok(document)
    }

    pub(super) fn apply(&mut self, edit: &Edit) -> Result<(), Problems> {
        match edit {
            Edit::AddNode { node, links, records } => {
                self.nodes.push((**node).clone());
                self.links.extend(links.iter().cloned());
                for id in records {
                    let NodeKind::Dns(dns) = &mut self.node_mut(id)?.kind else {
                        let what = format!("`{id}` is not a DNS node");
                        return Err(Problem::new("records", what, "ids of DNS nodes").into());
                    };
                    dns.records.push(node.id.clone());
                }
            }
            Edit::RemoveNode { node } => {
                self.node_mut(node)?;
                self.hand_over(node);
                let standby = self.links.iter().find(|link| link.from == *node && self.is_pair(link));
                let standby = standby.map(|link| link.to.clone());
                self.nodes.retain(|other| other.id != *node);
                self.links.retain(|link| link.from != *node && link.to != *node);
                for other in &mut self.nodes {
                    match &mut other.kind {
                        NodeKind::Dns(dns) => {
                            // The standby of a removed balancer has an address of its own from now on.
                            if let (Some(standby), true) = (&standby, dns.records.contains(node)) {
                                dns.records.push(standby.clone());
                            }
                            dns.records.retain(|record| record != node);
                        }
                        NodeKind::LoadBalancer(balancer) => balancer.draining.retain(|server| server != node),
                        NodeKind::ShardRouter(router) => {
                            router.shards.retain(|shard| shard != node);
                            router.directory.forget(node);
                        }
                        _ => {}
                    }
                }
                self.schedule.retain(|scheduled| !scheduled.command.names(node));
                for tier in &mut self.tiers {
                    tier.nodes.retain(|other| other != node);
                }
                self.tiers.retain(|tier| !tier.nodes.is_empty());
            }
            Edit::Set { node, param, value } => {
                self.node_mut(node)?.kind.set(param, value.clone()).map_err(|Problems(found)| {
                    let within = |problem: Problem| Problem { at: format!("{node}.{}", problem.at), ..problem };
                    Problems(found.into_iter().map(within).collect())
                })?;
            }
            Edit::SetLink { link } => {
                let at = self.link_between(&link.from, &link.to)?;
                self.links[at] = link.clone();
            }
            Edit::AddLink { link } => self.links.push(link.clone()),
            Edit::RemoveLink { from, to } => {
                let at = self.link_between(from, to)?;
                self.links.remove(at);
            }
            Edit::Place { node, position } => self.node_mut(node)?.position = *position,
            Edit::Label { node, label } => self.node_mut(node)?.label.clone_from(label),
            Edit::Name { name } => self.name.clone_from(name),
            Edit::SetTiers { tiers } => self.tiers.clone_from(tiers),
            Edit::Order { nodes, links } => {
                let place = |id: &String| nodes.iter().position(|other| other == id).unwrap_or(usize::MAX);
                sort_by_key(&mut self.nodes, |node| place(&node.id));
                let is = |link: &Link, (from, to): &(String, String)| link.from == *from && link.to == *to;
                let place = |link: &Link| links.iter().position(|ends| is(link, ends)).unwrap_or(usize::MAX);
                sort_by_key(&mut self.links, place);
            }
            Edit::Many { edits } => {
                for edit in edits {
                    self.apply(edit)?;
                }
            }
            Edit::Users { total } => self.share_users(*total),
            Edit::Region { node, region } => self.node_mut(node)?.region.clone_from(region),
            Edit::SetSchedule { schedule } => self.schedule.clone_from(schedule),
        }
        Ok(())
    }

    fn link_between(&self, from: &str, to: &str) -> Result<usize, Problem> {
        self.links.iter().position(|link| link.from == from && link.to == to).ok_or_else(|| {
            Problem::new("link", format!("there is no link from `{from}` to `{to}`"), "a link of the document")
        })
    }

    /// Where the primary `id` goes, its first replica takes its place, and the other replicas hang on that.
    fn hand_over(&mut self, id: &str) {
        if self.role(id) != Some(DatabaseRole::Primary) {
            return;
        }
        // Another primary of the same cluster needs nothing.
        let heir = self.links.iter().find(|link| link.from == id && self.role(&link.to) == Some(DatabaseRole::Replica));
        let Some(heir) = heir.map(|link| link.to.clone()) else { return };
        // Other primaries of the cluster copied from each other: the heir stands where it was.
        let is_known = |from: &str| self.links.iter().any(|link| link.from == from && link.to == heir);
        let equals =
            self.links.iter().filter(|link| link.to == id && self.role(&link.from) == Some(DatabaseRole::Primary));
        let equals = equals.filter(|link| !is_known(&link.from)).map(|link| Link { to: heir.clone(), ..link.clone() });
        let equals: Vec<Link> = equals.collect();
        // Those that the heir has a link with already need no second one.
        let known: Vec<String> =
            self.links.iter().filter(|link| link.from == heir).map(|link| link.to.clone()).collect();
        for link in self.links.iter_mut().filter(|link| link.from == id && !known.contains(&link.to)) {
            if link.to != heir {
                link.from.clone_from(&heir);
            }
        }
        self.links.extend(equals);
        // A primary copies from no replica.
        let replicas: Vec<String> =
            self.nodes.iter().filter(|node| is_replica(node)).map(|node| node.id.clone()).collect();
        self.links.retain(|link| link.to != heir || !replicas.contains(&link.from));
        if let Ok(Node { kind: NodeKind::Database(database), .. }) = self.node_mut(&heir) {
            database.role = DatabaseRole::Primary;
        }
        self.hand_over_shard(id, &heir);
    }

    fn node_mut(&mut self, id: &str) -> Result<&mut Node, Problem> {
        let valid = self.node_ids();
        self.nodes
            .iter_mut()
            .find(|node| node.id == id)
            .ok_or_else(|| Problem::new("node", format!("there is no node `{id}`"), format!("nodes: {valid}")))
    }

    pub(super) fn node_ids(&self) -> String {
        self.nodes.iter().map(|node| node.id.as_str()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests;
