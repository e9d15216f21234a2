//! Links that a person draws: what may be linked, why not, and what a link brings with it.

use scalescope::base::words::capitalised;
use scalescope::base::{Kind, SimDuration};
use scalescope::model::kinds::DatabaseRole;
use scalescope::model::{Document, Edit, Link, Node, NodeKind, Problem, Problems, may_call};

use super::together;

/// How a node looks while a link is drawn from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A link to it would be of use.
    Fit,
    Unfit,
    /// Where the link comes from.
    Origin,
}

/// Whether a link from `from` to `id` may be drawn, by their kinds. What the whole design has to say, [`link`] tells.
pub fn target(document: &Document, from: &str, id: &str) -> Target {
    let (Some(caller), Some(goal)) = (document.node(from), document.node(id)) else { return Target::Unfit };
    if from == id {
        Target::Origin
    } else if may_call(caller.kind(), goal.kind()) && !is_linked(document, from, id) {
        Target::Fit
    } else {
        Target::Unfit
    }
}

/// The edit that links `from` to `to`, or why they cannot be linked.
pub fn link(document: &Document, from: &str, to: &str) -> Result<Edit, String> {
    let (Some(caller), Some(goal)) = (document.node(from), document.node(to)) else {
        return Err("That node is gone.".to_owned());
    };
    if is_linked(document, from, to) {
        return Err(format!("{} is linked to {} already.", caller.label(), goal.label()));
    }
    let mut edits = vec![Edit::AddLink {
        link: Link {
            from: from.to_owned(),
            to: to.to_owned(),
            latency: usual_latency(caller, goal),
            ..Link::default()
        },
    }];
    edits.extend(company(document, caller, goal));
    let edit = together(edits).expect("a link is one edit at least");
    match document.edited(&edit) {
        Ok(_) => Ok(edit),
        Err(problems) => Err(why(caller, goal, problems)),
    }
}

/// The edit that takes a link away. A copy whose link to its primary is gone is a database of its own.
pub fn cut(document: &Document, from: &str, to: &str) -> Edit {
    let cut = Edit::RemoveLink { from: from.to_owned(), to: to.to_owned() };
    match (document.role(from), document.role(to)) {
        (Some(_), Some(_)) => Edit::Many { edits: vec![cut, set_role(to, DatabaseRole::Primary)] },
        _ => cut,
    }
}

/// The kind that a node of `kind` most often calls, where it calls none of the others yet.
pub const fn usual_callee(kind: Kind) -> Option<Kind> {
    Some(match kind {
        Kind::Users | Kind::Dns => Kind::LoadBalancer,
        Kind::Cdn | Kind::LoadBalancer => Kind::WebServer,
        Kind::WebServer | Kind::Cache | Kind::Database | Kind::ShardRouter => Kind::Database,
        Kind::QuorumStore => Kind::QuorumStore,
        Kind::ObjectStore => return None,
    })
}

fn is_linked(document: &Document, from: &str, to: &str) -> bool {
    document.links.iter().any(|link| link.from == from && link.to == to)
}

fn set_role(node: &str, role: DatabaseRole) -> Edit {
    let role = if role == DatabaseRole::Primary { "primary" } else { "replica" };
    Edit::Set { node: node.to_owned(), param: "role".to_owned(), value: role.into() }
}

/// What must change along with the link, so that it does what it is drawn for.
fn company(document: &Document, caller: &Node, goal: &Node) -> Vec<Edit> {
    let records_of = |dns: &Node, added: &str| {
        let NodeKind::Dns(params) = &dns.kind else { return None };
        let mut records = params.records.clone();
        if records.iter().any(|record| record == added) {
            return None;
        }
        records.push(added.to_owned());
        Some(Edit::Set { node: dns.id.clone(), param: "records".to_owned(), value: records.into() })
    };
    match (&caller.kind, &goal.kind) {
        // What a database is linked to copies it.
        (NodeKind::Database(_), NodeKind::Database(_)) => vec![set_role(&goal.id, DatabaseRole::Replica)],
        // A name service answers with what it is linked to.
        (NodeKind::Dns(_), _) => records_of(caller, &goal.id).into_iter().collect(),
        // One that has no answer yet gets that of its clients.
        (NodeKind::Users(_), NodeKind::LoadBalancer(_) | NodeKind::WebServer(_)) => {
            let asked = |node: &&Node| is_linked(document, &caller.id, &node.id);
            let mute = document
                .nodes
                .iter()
                .filter(asked)
                .filter(|node| matches!(&node.kind, NodeKind::Dns(dns) if dns.records.is_empty()));
            mute.filter_map(|dns| records_of(dns, &goal.id)).collect()
        }
        (NodeKind::Users(_), NodeKind::Dns(dns)) if dns.records.is_empty() => {
            let is_site = |id: &str| document.node(id).is_some_and(|node| Kind::SITES.contains(&node.kind()));
            let site = document.links.iter().find(|link| link.from == caller.id && is_site(&link.to));
            site.and_then(|link| records_of(goal, &link.to)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Delays as the scenarios have them: users are far away, servers stand in one hall.
fn usual_latency(from: &Node, to: &Node) -> Option<SimDuration> {
    // Regions know their own distances.
    if from.region.is_some() && to.region.is_some() {
        return None;
    }
    let ms = match (from.kind(), to.kind()) {
        (Kind::Users, Kind::Dns) => 20,
        (Kind::Users, Kind::Cdn) => 8,
        (Kind::Users, _) => 40,
        (Kind::Cdn | Kind::Dns, _) => 35,
        _ => return None,
    };
    Some(SimDuration::from_millis(ms))
}

fn why(caller: &Node, goal: &Node, Problems(problems): Problems) -> String {
    let Some(Problem { what, remedy, .. }) = problems.into_iter().next() else { return String::new() };
    let [from, to] = [caller, goal].map(Node::kind);
    let is_other_way_round = !may_call(from, to) && may_call(to, from);
    let remedy = if is_other_way_round {
        format!("Draw it the other way: from {} to {}", goal.label(), caller.label())
    } else {
        remedy
    };
    let text = format!("{}. {}.", capitalised(&what), capitalised(&remedy));
    text.replace("load_balancer", "load balancer").replace("web_server", "web server")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicated() -> Document {
        crate::scenarios::ALL[3].document()
    }

    #[test]
    fn what_cannot_be_linked_is_explained() {
        let document = replicated();
        let told = link(&document, "db-1", "web-1").unwrap_err();
        assert!(told.contains("Draw it the other way: from Web server 1 to Primary"), "{told}");
        let told = link(&document, "users", "db-1").unwrap_err();
        assert!(told.contains("Users cannot call a database") && told.contains("load balancer"), "{told}");
        let told = link(&document, "users", "lb-1").unwrap_err();
        assert!(told.contains("already"), "{told}");
        assert_eq!(target(&document, "users", "web-1"), Target::Fit);
        assert_eq!(target(&document, "users", "users"), Target::Origin);
        assert_eq!(target(&document, "users", "db-1"), Target::Unfit);
    }

    #[test]
    fn a_database_that_is_linked_to_another_is_its_replica_until_it_is_parted() {
        let kind = |role: &str| {
            let mut kind = NodeKind::by_name("database").unwrap();
            kind.set("role", role).unwrap();
            kind
        };
        let mut document = replicated();
        document.nodes.push(Node {
            id: "db-3".into(),
            label: None,
            position: None,
            region: None,
            kind: kind("primary"),
        });
        let linked = document.edited(&link(&document, "db-1", "db-3").unwrap()).unwrap();
        assert_eq!(linked.node("db-3").unwrap().kind, kind("replica"));
        assert_eq!(linked.edited(&cut(&linked, "db-1", "db-3")).unwrap(), document);
    }

    #[test]
    fn a_name_service_answers_with_what_it_or_its_clients_are_linked_to() {
        let mut document = replicated();
        document = document.edited(&Edit::RemoveNode { node: "dns".into() }).unwrap();
        let kind = NodeKind::by_name("dns").unwrap();
        document.nodes.push(Node { id: "dns".into(), label: None, position: None, region: None, kind });
        let document = document.edited(&link(&document, "users", "dns").unwrap()).unwrap();
        assert_eq!(document.check_use(), Ok(()));
    }
}
