//! Ids and labels of what is added.

use scalescope::base::Kind;
use scalescope::model::Document;

use crate::format;

/// The beginning of a kind's ids, as the scenarios have them.
fn stem(kind: Kind) -> String {
    match kind {
        Kind::LoadBalancer => "lb".to_owned(),
        Kind::WebServer => "web".to_owned(),
        Kind::Database => "db".to_owned(),
        kind => kind.name().replace('_', "-"),
    }
}

/// A kind as people call it.
pub fn title(kind: Kind) -> String {
    match kind {
        Kind::Dns => "DNS".to_owned(),
        Kind::Cdn => "CDN".to_owned(),
        kind => format::name(kind.name()),
    }
}

/// An id and a label for one more node of `kind`.
pub fn fresh(document: &Document, kind: Kind) -> (String, String) {
    let stem = stem(kind);
    let is_free = |id: &str| document.node(id).is_none();
    let is_first = document.nodes.iter().all(|node| node.kind() != kind);
    let number = (1..=u32::MAX).find(|n| is_free(&format!("{stem}-{n}"))).unwrap_or_default();
    let is_one_of_a_kind = matches!(kind, Kind::Users | Kind::Dns);
    let id = if is_one_of_a_kind && is_free(&stem) { stem } else { format!("{stem}-{number}") };
    let label = if is_first { title(kind) } else { numbered(document, &title(kind)) };
    (id, label)
}

/// An id like `id`, for a copy of that node.
pub fn like(document: &Document, id: &str) -> String {
    if document.node(id).is_none() {
        return id.to_owned();
    }
    let stem = id.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
    let number = (2..=u32::MAX).find(|n| document.node(&format!("{stem}-{n}")).is_none()).unwrap_or_default();
    format!("{stem}-{number}")
}

/// `label` with a number that no other label has; as it is, if it is free.
pub fn numbered(document: &Document, label: &str) -> String {
    let is_free = |label: &str| document.nodes.iter().all(|node| node.label() != label);
    let stem = label.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
    if stem.len() != label.len() && is_free(label) {
        return label.to_owned();
    }
    let stem = if stem.is_empty() { label } else { stem };
    (2..=u32::MAX).map(|n| format!("{stem} {n}")).find(|label| is_free(label)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_free_and_look_like_those_that_are_there() {
        let document = crate::scenarios::ALL[3].document();
        assert_eq!(fresh(&document, Kind::WebServer), ("web-3".to_owned(), "Web server 3".to_owned()));
        assert_eq!(fresh(&document, Kind::Cache), ("cache-1".to_owned(), "Cache".to_owned()));
        assert_eq!(fresh(&Document::empty(), Kind::Users), ("users".to_owned(), "Users".to_owned()));
        assert_eq!(fresh(&document, Kind::Users).0, "users-1");
        assert_eq!(like(&document, "db-1"), "db-3");
        assert_eq!(numbered(&document, "Replica"), "Replica 2");
    }
}
