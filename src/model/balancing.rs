//! What a design must satisfy around its load balancers: pairs, and servers that are being drained.

use super::document::{Document, Link};
use crate::base::{Kind, Problems};

impl Document {
    /// A load balancer has at most one standby, which has none itself.
    pub(super) fn check_standbys(&self, problems: &mut Problems) {
        for (i, link) in self.links.iter().enumerate().filter(|(_, link)| self.is_pair(link)) {
            let at = format!("links[{i}]");
            if self.links[..i].iter().any(|other| other.from == link.from && self.is_pair(other)) {
                problems.push(&at, format!("a second standby of `{}`", link.from), "at most one");
            }
            if let Some(master) = self.master_of(&link.from) {
                let what = format!("`{}` is itself the standby of `{master}`", link.from);
                problems.push(at, what, "a standby has no standby");
            }
        }
    }

    /// Whether `link` joins a load balancer and its standby.
    pub(super) fn is_pair(&self, link: &Link) -> bool {
        let is_balancer = |id: &str| self.is_a(id, Kind::LoadBalancer);
        is_balancer(&link.from) && is_balancer(&link.to)
    }

    /// The load balancer that `id` stands by for.
    pub(super) fn master_of(&self, id: &str) -> Option<&str> {
        self.links.iter().find(|link| link.to == id && self.is_pair(link)).map(|link| link.from.as_str())
    }

    /// Those who call a load balancer must be able to call its standby.
    pub(super) fn check_takeovers(&self, problems: &mut Problems) {
        for pair in self.links.iter().filter(|link| self.is_pair(link)) {
            let callers = self.links.iter().filter(|link| link.to == pair.from).map(|link| &link.from);
            for caller in callers {
                if !self.links.iter().any(|link| link.from == *caller && link.to == pair.to) {
                    let what = format!("`{caller}` cannot reach `{}`, the standby of `{}`", pair.to, pair.from);
                    problems.push("links", what, format!("add a link from `{caller}` to `{}`", pair.to));
                }
            }
        }
    }

    /// Only servers behind a load balancer can be drained by it.
    pub(super) fn check_draining(&self, at: &str, balancer: &str, draining: &[String], problems: &mut Problems) {
        if draining.len() > self.nodes.len() {
            problems.push(format!("{at}.params.draining"), "there are not so many servers", "each server once");
            return;
        }
        for (j, server) in draining.iter().enumerate() {
            let is_behind = |link: &Link| link.from == balancer && link.to == *server && !self.is_pair(link);
            if !self.links.iter().any(is_behind) {
                let remedy = format!("a web_server that `{balancer}` has a link to");
                problems.push(
                    format!("{at}.params.draining[{j}]"),
                    format!("`{server}` is not behind `{balancer}`"),
                    remedy,
                );
            }
        }
    }
}
