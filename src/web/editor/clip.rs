//! Copying and pasting: a part of a design as text, and back.

use std::rc::Rc;

use scalescope::base::Kind;
use scalescope::model::kinds::DatabaseRole;
use scalescope::model::spec::ParamType;
use scalescope::model::{Document, Edit, Link, Node, NodeKind, Position};
use scalescope::scene::{Layout, Point};
use serde_json::Value;

use super::names;

/// The part of `document` that `nodes` are, with the links between them, as the text of a document.
pub fn copy(document: &Document, layout: &Layout, nodes: &[Rc<str>]) -> Option<String> {
    let is_copied = |id: &str| nodes.iter().any(|node| **node == *id);
    let mut part = Document { name: document.name.clone(), ..Document::empty() };
    for node in document.nodes.iter().filter(|node| is_copied(&node.id)) {
        let corner = layout.node(&node.id).map(|card| Position { x: card.x, y: card.y });
        part.nodes.push(Node { position: corner.or(node.position), ..node.clone() });
    }
    let links = document.links.iter().filter(|link| is_copied(&link.from) && is_copied(&link.to));
    part.links = links.cloned().collect();
    (!part.nodes.is_empty()).then(|| part.to_json())
}

/// The edit that adds what `text` has to `document`, moved by `aside`, and the ids that its nodes get.
pub fn paste(document: &Document, text: &str, aside: Point) -> Result<(Edit, Vec<Rc<str>>), String> {
    let part = Document::parse(text).map_err(|problems| {
        let first = problems.0.first().map(ToString::to_string).unwrap_or_default();
        format!("What was copied is no part of a design: {first}")
    })?;
    let mut now = document.clone();
    let mut renamed: Vec<(String, String)> = Vec::new();
    for node in &part.nodes {
        let id = names::like(&now, &node.id);
        renamed.push((node.id.clone(), id.clone()));
        let label = node.label.as_ref().map(|label| {
            if now.nodes.iter().any(|other| other.label() == label) {
                names::numbered(&now, label)
            } else {
                label.clone()
            }
        });
        let position = node.position.map(|at| Position { x: at.x + aside.x, y: at.y + aside.y });
        now.nodes.push(Node { id, label, position, ..node.clone() });
    }
    let new_name = |id: &str| renamed.iter().find(|(old, _)| old == id).map(|(_, new)| new.clone());
    let links: Vec<Link> = part
        .links
        .iter()
        .filter_map(|link| Some(Link { from: new_name(&link.from)?, to: new_name(&link.to)?, ..link.clone() }))
        .collect();
    let first = document.nodes.len();
    let mut edits = Vec::new();
    for at in first..now.nodes.len() {
        let mut node = now.nodes[at].clone();
        refer(&mut node, document, &new_name);
        part_from_primary(&mut node, &now, &links);
        edits.push(Edit::AddNode { node: Box::new(node), links: Vec::new(), records: Vec::new() });
    }
    edits.extend(links.into_iter().map(|link| Edit::AddLink { link }));
    let ids = renamed.into_iter().map(|(_, id)| id.into()).collect();
    Ok((Edit::Many { edits }, ids))
}

/// Parameters that name nodes name the copies, or what is there; others are left out.
fn refer(node: &mut Node, document: &Document, new_name: &impl Fn(&str) -> Option<String>) {
    for spec in node.kind.specs().into_iter().filter(|spec| spec.ty == ParamType::Nodes) {
        let params = node.kind.params();
        let Some(Value::Array(ids)) = spec.value_in(&params) else { continue };
        let ids: Vec<String> = ids
            .iter()
            .filter_map(Value::as_str)
            .filter_map(|id| new_name(id).or_else(|| document.node(id).map(|_| id.to_owned())))
            .collect();
        // A list of ids is valid for a parameter that is one.
        let _ = node.kind.set(&spec.path(), ids);
    }
}

/// A replica whose primary is not copied with it is a database of its own.
fn part_from_primary(node: &mut Node, now: &Document, links: &[Link]) {
    let is_database = |id: &str| now.is_a(id, Kind::Database);
    let has_primary = links.iter().any(|link| link.to == node.id && is_database(&link.from));
    if let NodeKind::Database(database) = &mut node.kind
        && !has_primary
    {
        database.role = DatabaseRole::Primary;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> Vec<Rc<str>> {
        ids.iter().map(|id| Rc::from(*id)).collect()
    }

    #[test]
    fn a_part_is_pasted_beside_itself_with_its_links() {
        let document = crate::scenarios::ALL[3].document();
        let all: Vec<Rc<str>> = document.nodes.iter().map(|node| node.id.as_str().into()).collect();
        let text = copy(&document, &Layout::default(), &all).unwrap();
        let (edit, pasted) = paste(&document, &text, Point::new(24.0, 24.0)).unwrap();
        let twice = document.edited(&edit).unwrap();
        assert_eq!((twice.nodes.len(), twice.links.len()), (2 * document.nodes.len(), 2 * document.links.len()));
        assert_eq!(pasted.len(), document.nodes.len());
        assert_eq!(twice.check_use(), Ok(()), "the copy answers for itself");
        let (edit, _) = paste(&Document::empty(), &text, Point::default()).unwrap();
        assert_eq!(Document::empty().edited(&edit).unwrap().nodes, document.nodes);
    }

    #[test]
    fn a_replica_alone_is_a_database_of_its_own_and_other_text_is_refused() {
        let document = crate::scenarios::ALL[3].document();
        let text = copy(&document, &Layout::default(), &ids(&["db-2"])).unwrap();
        let (edit, pasted) = paste(&document, &text, Point::default()).unwrap();
        let edited = document.edited(&edit).unwrap();
        assert!(
            matches!(&edited.node(&pasted[0]).unwrap().kind, NodeKind::Database(db) if db.role == DatabaseRole::Primary)
        );
        assert!(copy(&document, &Layout::default(), &[]).is_none());
        assert!(paste(&document, "a poem", Point::default()).unwrap_err().contains("no part of a design"));
    }
}
