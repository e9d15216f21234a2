//! As much of HTML as it takes to look at a page's opening tags.

/// An opening tag.
pub struct Tag {
    /// In lower case.
    pub name: String,
    /// Names in lower case; a bare attribute has an empty value.
    pub attributes: Vec<(String, String)>,
    /// Where the text after it begins.
    pub end: usize,
}

impl Tag {
    pub fn value(&self, attribute: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == attribute).map(|(_, value)| value.as_str())
    }
}

/// All opening tags of a page, in order. Comments are passed over; what is inside a script or style sheet is not, so
/// that a tag hidden there is seen rather than missed.
pub fn tags(html: &str) -> Vec<Tag> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = html[at..].find('<').map(|offset| at + offset) {
        at = open + 1;
        if html[open..].starts_with("<!--") {
            at = html[open..].find("-->").map_or(html.len(), |offset| open + offset + 3);
        } else if html[at..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            let tag = tag(html, at);
            at = tag.end;
            found.push(tag);
        }
    }
    found
}

fn tag(html: &str, start: usize) -> Tag {
    let ends_name = |c: char| c.is_ascii_whitespace() || c == '>' || c == '/';
    let name_end = html[start..].find(ends_name).map_or(html.len(), |offset| start + offset);
    let mut attributes = Vec::new();
    let mut rest = &html[name_end..];
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() || rest.starts_with('>') {
            rest = rest.strip_prefix('>').unwrap_or(rest);
            break;
        }
        // An attribute's name may oddly begin with `=`: it must at least move on.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let name_end =
            rest[first..].find(|c: char| ends_name(c) || c == '=').map_or(rest.len(), |offset| first + offset);
        let (name, after) = rest.split_at(name_end);
        let (value, after) = match after.trim_start().strip_prefix('=') {
            Some(after) => value(after.trim_start()),
            None => ("", after),
        };
        attributes.push((name.to_ascii_lowercase(), value.to_owned()));
        rest = after;
    }
    Tag { name: html[start..name_end].to_ascii_lowercase(), attributes, end: html.len() - rest.len() }
}

/// An attribute's value, and what comes after it.
fn value(text: &str) -> (&str, &str) {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].split_once(quote).unwrap_or((&text[1..], "")),
        _ => text.split_at(text.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(text.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::tags;

    #[test]
    fn quotes_bare_attributes_and_odd_ends_are_read() {
        let html = r#"<a href="x>y" title='"' b c=d/e><br/>x<p =y><q"#;
        let found = tags(html);
        let shown: Vec<_> = found.iter().map(|tag| (tag.name.as_str(), tag.attributes.len())).collect();
        assert_eq!(shown, [("a", 4), ("br", 0), ("p", 1), ("q", 0)]);
        assert_eq!(found[0].value("href"), Some("x>y"));
        assert_eq!(found[0].value("title"), Some("\""));
        assert_eq!(found[0].value("b"), Some(""));
        assert_eq!(found[0].value("c"), Some("d/e"));
        assert_eq!(&html[found[0].end..found[0].end + 5], "<br/>");
    }

    #[test]
    fn an_unfinished_page_ends() {
        for html in ["<", "<a", "<a b", "<a b=", "<a b='", "<!--", "<a é=ü", "<a \"'>"] {
            let _ = tags(html);
        }
    }
}
