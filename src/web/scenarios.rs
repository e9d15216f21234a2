//! The designs that come with the page, in the order in which a system grows. Embedded, so that they work offline.

use scalescope::model::Document;

/// A design that comes with the page.
pub struct Scenario {
    /// Its name in addresses.
    pub slug: &'static str,
    text: &'static str,
}

macro_rules! scenario {
    ($slug:literal) => {
        Scenario { slug: $slug, text: include_str!(concat!("../../static/scenarios/", $slug, ".json")) }
    };
}

pub const ALL: [Scenario; 7] = [
    scenario!("single-server"),
    scenario!("separate-database"),
    scenario!("load-balanced"),
    scenario!("replicated"),
    scenario!("cached"),
    scenario!("cdn"),
    scenario!("regions"),
];

/// The one that is shown to who asks for nothing: all of the first chapters, and small enough to be seen at once.
pub const FIRST: usize = 3;

impl Scenario {
    pub fn document(&self) -> Document {
        Document::read(self.text).expect("the page's own designs are valid")
    }
}

pub fn by_slug(slug: &str) -> Option<usize> {
    ALL.iter().position(|scenario| scenario.slug == slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_valid_and_named_once() {
        for (i, scenario) in ALL.iter().enumerate() {
            assert!(!scenario.document().description.is_empty(), "{}", scenario.slug);
            assert_eq!(by_slug(scenario.slug), Some(i));
        }
    }
}
