//! Each node by itself: its id, place, region and parameters, and the nodes that these name.

use super::LONGEST_ID;
use crate::base::{Kind, Problems};
use crate::model::document::{Document, Node};
use crate::model::kinds::{Load, Loop, NodeKind, Users};

/// Most requests that a population may make, per second.
const MOST_PER_S: f64 = 1e8;

impl Document {
    pub(super) fn check_nodes(&self, problems: &mut Problems) {
        for (i, node) in self.nodes.iter().enumerate() {
            let at = format!("nodes[{i}]");
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if node.id.is_empty() || node.id.len() > LONGEST_ID || !node.id.chars().all(is_plain) {
                let valid = format!("1 to {LONGEST_ID} letters, digits, - _ .");
                problems.push(format!("{at}.id"), format!("`{}` is not an id", node.id), valid);
            }
            if self.nodes[..i].iter().any(|other| other.id == node.id) {
                problems.push(
                    format!("{at}.id"),
                    format!("`{}` stands twice", node.id),
                    "an id of its own for each node",
                );
            }
            if let Some(position) = node.position
                && !(position.x.abs() < 1e6 && position.y.abs() < 1e6)
            {
                problems.push(format!("{at}.position"), "is off the drawing", "valid: -1000000 to 1000000");
            }
            if let Some(region) = &node.region
                && (region.is_empty() || region.len() > LONGEST_ID || !region.chars().all(is_plain))
            {
                let valid = format!("1 to {LONGEST_ID} letters, digits, - _ . as in us-east-1");
                problems.push(format!("{at}.region"), format!("`{region}` is not a region"), valid);
            }
            node.kind.check(&format!("{at}.params"), problems);
            match &node.kind {
                NodeKind::Dns(dns) => self.check_records(&at, &dns.records, problems),
                NodeKind::LoadBalancer(balancer) => self.check_draining(&at, &node.id, &balancer.draining, problems),
                _ => {}
            }
        }
    }

    fn check_records(&self, at: &str, records: &[String], problems: &mut Problems) {
        for (j, record) in records.iter().enumerate() {
            let here = format!("{at}.params.records[{j}]");
            match self.node(record).map(Node::kind) {
                None => {
                    problems.push(here, format!("there is no node `{record}`"), format!("nodes: {}", self.node_ids()));
                }
                Some(kind) if Kind::SITES.contains(&kind) => {
                    if let Some(master) = self.master_of(record) {
                        let what = format!("`{record}` is the standby of `{master}`: it has no address of its own");
                        problems.push(here, what, format!("`{master}`"));
                    }
                }
                Some(kind) => problems.push(here, format!("`{record}` is a {kind}"), "a load_balancer or a web_server"),
            }
        }
    }

    pub(super) fn check_users(&self, problems: &mut Problems) {
        for (i, node) in self.nodes.iter().enumerate() {
            let NodeKind::Users(users) = &node.kind else { continue };
            let at = format!("nodes[{i}].params");
            if users.weights().iter().sum::<f64>() <= 0.0 {
                problems.push(&at, "the mix of operations is empty", "a positive weight, such as read_weight");
            }
            let peak = if users.load == Load::Constant { 1.0 } else { users.load_peak.max(1.0) };
            let rate = f64::from(users.users) * users.rate_per_user_per_s * peak;
            if users.loop_kind == Loop::Open && rate > MOST_PER_S {
                let what = format!("{rate} requests/s are more than can be simulated");
                let remedy = format!("users × rate_per_user_per_s, and × load_peak: at most {MOST_PER_S} requests/s");
                problems.push(&at, what, remedy);
            }
            let names = u64::from(users.assets) * (1 + u64::from(users.asset_version));
            if names > Users::MOST_ASSET_NAMES {
                let what = format!("{names} names of assets are more than can be told apart");
                let remedy = format!("assets × (1 + asset_version): at most {}", Users::MOST_ASSET_NAMES);
                problems.push(&at, what, remedy);
            }
        }
    }
}
