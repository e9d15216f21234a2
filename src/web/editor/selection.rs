//! What is selected: nodes, or one link.

use std::rc::Rc;

use scalescope::model::Document;

/// A link by the nodes at its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    pub from: Rc<str>,
    pub to: Rc<str>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub nodes: Vec<Rc<str>>,
    pub link: Option<Ends>,
}

impl Selection {
    pub fn of(nodes: Vec<Rc<str>>) -> Self {
        Self { nodes, link: None }
    }

    pub fn of_link(link: Ends) -> Self {
        Self { nodes: Vec::new(), link: Some(link) }
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.link.is_none()
    }

    pub fn has(&self, id: &str) -> bool {
        self.nodes.iter().any(|node| &**node == id)
    }

    pub fn has_link(&self, from: &str, to: &str) -> bool {
        self.link.as_ref().is_some_and(|link| (&*link.from, &*link.to) == (from, to))
    }

    /// The only node.
    pub fn single(&self) -> Option<&Rc<str>> {
        if let [node] = &self.nodes[..] { Some(node) } else { None }
    }

    /// With `id` if it was not in it, without it if it was.
    #[must_use]
    pub fn toggled(&self, id: &Rc<str>) -> Self {
        let mut nodes = self.nodes.clone();
        nodes.retain(|node| node != id);
        if nodes.len() == self.nodes.len() {
            nodes.push(id.clone());
        }
        Self::of(nodes)
    }

    /// What of it is in `document`.
    #[must_use]
    pub fn within(&self, document: &Document) -> Self {
        let nodes = self.nodes.iter().filter(|id| document.node(id).is_some()).cloned().collect();
        let is_there =
            |ends: &&Ends| document.links.iter().any(|link| *link.from == *ends.from && *link.to == *ends.to);
        Self { nodes, link: self.link.as_ref().filter(is_there).cloned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_selected_and_unselected_and_forgotten_with_the_design() {
        let document = crate::scenarios::ALL[1].document();
        let [web, ghost]: [Rc<str>; 2] = ["web-1".into(), "ghost".into()];
        let both = Selection::default().toggled(&web).toggled(&ghost);
        assert_eq!(both.nodes.len(), 2);
        assert_eq!(both.within(&document).single(), Some(&web));
        assert!(both.toggled(&web).toggled(&ghost).is_empty());
    }
}
