//! A place where something can be done: a region, a node or a link, which can break, or the drawing itself.

use std::rc::Rc;

use web_sys::Element;

use scalescope::insight::Broken;
use scalescope::model::{Document, Fault, NodeKind, Offer};

use crate::app::Shown;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Node(Rc<str>),
    Link {
        from: Rc<str>,
        to: Rc<str>,
    },
    Region(Rc<str>),
    /// The drawing itself, where nothing breaks.
    Canvas,
}

impl Target {
    /// Every place of the design where something can break.
    pub fn all(document: &Document) -> Vec<Self> {
        let nodes = document.nodes.iter().filter(|node| !matches!(node.kind, NodeKind::Users(_)));
        let nodes = nodes.map(|node| Self::Node(node.id.as_str().into()));
        let links = document.links.iter().map(|link| Self::link(&link.from, &link.to));
        let regions = document.regions().into_iter().map(|region| Self::Region(region.into()));
        nodes.chain(links).chain(regions).collect()
    }

    /// What an element of the page stands for: none where there is neither the drawing nor anything on it. A field keeps its own menu.
    pub fn under(element: &Element) -> Option<Self> {
        let within = |selector: &str| element.closest(selector).ok().flatten();
        let named = |name: &str| within(&format!("[{name}]"))?.get_attribute(name);
        if within("input").is_some() {
            return None;
        }
        let node = named("data-node").map(|id| Self::Node(id.into()));
        let link = || Some(Self::link(&named("data-from")?, &named("data-to")?));
        let region = || Some(Self::Region(named("data-region")?.into()));
        node.or_else(link).or_else(region).or_else(|| within(".field-of-view").map(|_| Self::Canvas))
    }

    pub fn link(from: &str, to: &str) -> Self {
        Self::Link { from: from.into(), to: to.into() }
    }

    /// A word that tells it from all others.
    pub fn key(&self) -> String {
        match self {
            Self::Node(id) | Self::Region(id) => id.to_string(),
            Self::Link { from, to } => format!("{from}→{to}"),
            Self::Canvas => String::new(),
        }
    }

    /// For people.
    pub fn label(&self, shown: &Shown) -> String {
        match self {
            Self::Node(id) => shown.label(id),
            Self::Link { from, to } => format!("{} → {}", shown.label(from), shown.label(to)),
            Self::Region(region) => format!("Region {region}"),
            Self::Canvas => "The drawing".to_owned(),
        }
    }

    /// What mends it, if it is among what is broken.
    pub fn remedy(&self, all: &[Broken]) -> Option<Fault> {
        let is_own = |broken: &&Broken| broken.place.join("→") == self.key();
        all.iter().find(is_own).map(|broken| broken.remedy.clone())
    }

    /// All that can happen there.
    pub fn offers(&self, document: &Document) -> Vec<Offer> {
        match self {
            Self::Node(id) => Offer::at_node(document, id),
            Self::Link { from, to } => Offer::on_link(document, from, to),
            Self::Region(region) => Offer::in_region(document, region),
            Self::Canvas => Vec::new(),
        }
    }
}
