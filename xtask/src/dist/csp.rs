//! The page's Content-Security-Policy, as a meta tag: a static host sends no headers of ours.

use super::html::{Tag, tags};
use crate::Result;

/// Nothing but the page's own files. `wasm-unsafe-eval` lets wasm be compiled, and nothing else.
const POLICY: &str = "default-src 'none'; \
    script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; \
    img-src 'self' data:; \
    font-src 'self'; \
    connect-src 'self'; \
    worker-src 'self'; \
    manifest-src 'self'; \
    base-uri 'none'; \
    form-action 'none'";

/// The page with the policy as the first thing in its head. An error if anything in it would need
/// `unsafe-inline`: there is nothing inline in the page, so no hash needs to be allowed either.
pub fn guard(html: &str) -> Result<String> {
    let tags = tags(html);
    if let Some(what) = tags.iter().find_map(inline) {
        return Err(format!("dist/index.html has {what}, which the Content-Security-Policy forbids"));
    }
    if tags.iter().any(is_policy) {
        return Err("dist/index.html has a Content-Security-Policy already".to_owned());
    }
    let at = head(html, &tags).ok_or("dist/index.html is no HTML page")?;
    let meta = format!(r#"<meta http-equiv="Content-Security-Policy" content="{POLICY}">"#);
    Ok(format!("{}{meta}{}", &html[..at], &html[at..]))
}

/// Where the head's content begins. Minified pages leave out `<head>` itself.
fn head(html: &str, tags: &[Tag]) -> Option<usize> {
    let opened = tags.iter().take_while(|tag| ["html", "head"].contains(&tag.name.as_str()));
    let end = opened.last()?.end;
    Some(end + html[end..].len() - html[end..].trim_start().len())
}

fn is_policy(tag: &Tag) -> bool {
    tag.name == "meta" && tag.value("http-equiv").is_some_and(|v| v.eq_ignore_ascii_case("content-security-policy"))
}

/// What in this tag is script or style in the page's own text.
fn inline(tag: &Tag) -> Option<String> {
    if tag.name == "script" && tag.value("src").is_none() {
        return Some("an inline script".to_owned());
    }
    if tag.name == "style" {
        return Some("an inline style sheet".to_owned());
    }
    tag.attributes.iter().find_map(|(name, value)| {
        let forbidden = name == "style"
            || name.starts_with("on")
            || value.trim_start().to_ascii_lowercase().starts_with("javascript:");
        forbidden.then(|| format!("`{name}` on <{}>", tag.name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8">
<script type="module" src="./boot-1.js"></script></head><body><p>A < B</p></body></html>"#;

    #[test]
    fn the_policy_comes_first_in_the_head() {
        let guarded = guard(PAGE).unwrap();
        let start = r#"<!doctype html><html lang="en"><head><meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'"#;
        assert!(guarded.starts_with(start), "{guarded}");
        assert!(guarded.ends_with(r#"src="./boot-1.js"></script></head><body><p>A < B</p></body></html>"#));
        assert!(guard(&guarded).is_err(), "a second policy");
    }

    #[test]
    fn the_policy_allows_nothing_unsafe_but_wasm() {
        assert!(!POLICY.contains("unsafe-inline") && !POLICY.replace("wasm-unsafe-eval", "").contains("unsafe"));
        assert!(!POLICY.contains("  ") && !POLICY.contains('*') && !POLICY.contains('"'));
    }

    #[test]
    fn anything_inline_is_refused() {
        for inline in [
            "<script>go()</script>",
            "<SCRIPT type=module>go()</SCRIPT>",
            "<style>p { color: red }</style>",
            "<p style='color: red'>x</p>",
            "<img src=x onerror=go()>",
            "<a href=' JavaScript:go()'>x</a>",
        ] {
            let page = PAGE.replace("</body>", &format!("{inline}</body>"));
            assert!(guard(&page).is_err(), "{inline}");
        }
    }

    #[test]
    fn comments_and_text_are_no_tags() {
        let page = PAGE.replace("</body>", "<!-- <script>no</script> --> on style=this </body>");
        assert!(guard(&page).is_ok());
    }

    #[test]
    fn a_minified_page_without_the_head_tag_is_guarded_too() {
        let guarded = guard("<!doctype html><html lang=en><meta charset=utf-8>").unwrap();
        assert!(guarded.starts_with("<!doctype html><html lang=en><meta http-equiv="), "{guarded}");
    }

    #[test]
    fn what_is_no_page_is_an_error() {
        assert!(guard("<p>x</p>").is_err());
    }
}
