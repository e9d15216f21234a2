//! The designs that come with the page, in the order in which a system grows. Embedded, so that they work offline.

use scalescope::model::{Document, million};

/// A design that comes with the page.
pub struct Scenario {
    /// Its name in addresses.
    pub slug: &'static str,
    source: Source,
}

/// Where it comes from.
enum Source {
    Text(&'static str),
    /// It has grown with so many users.
    Users(u64),
}

macro_rules! scenario {
    ($slug:literal) => {
        Scenario { slug: $slug, source: Source::Text(include_str!(concat!("../../static/scenarios/", $slug, ".json"))) }
    };
}

pub const ALL: [Scenario; 9] = [
    scenario!("single-server"),
    scenario!("separate-database"),
    scenario!("load-balanced"),
    scenario!("replicated"),
    scenario!("cached"),
    scenario!("cdn"),
    scenario!("regions"),
    scenario!("sharded"),
    Scenario { slug: "million", source: Source::Users(1_000_000) },
];

/// The one that is shown to who asks for nothing: all of the first chapters, and small enough to be seen at once.
pub const FIRST: usize = 3;

impl Scenario {
    pub fn document(&self) -> Document {
        match self.source {
            Source::Text(text) => Document::read(text).expect("the page's own designs are valid"),
            Source::Users(users) => million(users),
        }
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
