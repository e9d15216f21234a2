//! Changes of the design, as values: the same edit applies to a document on the page and to a running world.

use schemars::JsonSchema;
use serde_json::Value;

use super::command::Scheduled;
use super::document::{Document, Link, Node};
use super::kinds::{DatabaseRole, NodeKind};
use crate::base::json::{Field, Json, join, may, must, read_fields, serde_by_json, tag, tagged, write_fields};
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
    /// Puts a node into a region; links without a latency of their own take over what follows from it.
    Region {
        node: String,
        #[serde(default)]
        region: Option<String>,
    },
    /// Replaces all that is scheduled. What lies in the past has happened as it was scheduled then.
    SetSchedule { schedule: Vec<Scheduled> },
}

impl Edit {
    const NAMES: [&str; 6] = ["add_node", "remove_node", "set", "set_link", "region", "set_schedule"];

    fn blank_of(name: &str) -> Option<Self> {
        Some(match name {
            "add_node" => Self::AddNode { node: Box::blank(), links: Vec::new(), records: Vec::new() },
            "remove_node" => Self::RemoveNode { node: String::new() },
            "set" => Self::Set { node: String::new(), param: String::new(), value: Value::Null },
            "set_link" => Self::SetLink { link: Link::default() },
            "region" => Self::Region { node: String::new(), region: None },
            "set_schedule" => Self::SetSchedule { schedule: Vec::new() },
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
            Self::Region { node, region } => {
                ("region", vec![must("node", "id of a node", node), may("region", region)])
            }
            Self::SetSchedule { schedule } => {
                ("set_schedule", vec![must("schedule", "a list of commands with their times", schedule)])
            }
        }
    }

    /// The edit that adds one more node like `model`, with the same links and DNS records. A database is added as a replica.
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

    fn apply(&mut self, edit: &Edit) -> Result<(), Problems> {
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
            }
            Edit::Set { node, param, value } => {
                self.node_mut(node)?.kind.set(param, value.clone()).map_err(|Problems(found)| {
                    let within = |problem: Problem| Problem { at: format!("{node}.{}", problem.at), ..problem };
                    Problems(found.into_iter().map(within).collect())
                })?;
            }
            Edit::SetLink { link } => {
                let found = self.links.iter_mut().find(|other| other.from == link.from && other.to == link.to);
                *found.ok_or_else(|| {
                    let what = format!("there is no link from `{}` to `{}`", link.from, link.to);
                    Problem::new("link", what, "a link of the document")
                })? = link.clone();
            }
            Edit::Region { node, region } => self.node_mut(node)?.region.clone_from(region),
            Edit::SetSchedule { schedule } => self.schedule.clone_from(schedule),
        }
        Ok(())
    }

    /// Where the primary `id` goes, its first replica takes its place, and the other replicas hang on that.
    fn hand_over(&mut self, id: &str) {
        let role = |document: &Self, id: &str| match document.node(id).map(|node| &node.kind) {
            Some(NodeKind::Database(database)) => Some(database.role),
            _ => None,
        };
        if role(self, id) != Some(DatabaseRole::Primary) {
            return;
        }
        let heir = self.links.iter().find(|link| link.from == id && role(self, &link.to).is_some());
        let Some(heir) = heir.map(|link| link.to.clone()) else { return };
        for link in self.links.iter_mut().filter(|link| link.from == id && link.to != heir) {
            link.from.clone_from(&heir);
        }
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
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_the_schema_says() {
        let schema = schemars::schema_for!(Edit).to_value();
        let variants = schema["oneOf"].as_array().expect("one for each edit");
        assert_eq!(variants.len(), Edit::NAMES.len());
        for (variant, name) in variants.iter().zip(Edit::NAMES) {
            let mut blank = Edit::blank_of(name).expect(name);
            let (own, fields) = blank.parts();
            assert_eq!(own, name);
            let valid = variant["properties"][name]["properties"].as_object().expect(name);
            assert!(fields.iter().map(|field| field.name).eq(valid.keys().map(String::as_str)), "{name}");
        }
    }
}
