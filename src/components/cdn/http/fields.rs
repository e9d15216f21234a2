//! Header fields, and the two grammars that caching needs: lists and Cache-Control directives (RFC 9110, RFC 9111).

use crate::base::SimDuration;

/// The fields of a message, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

/// What Cache-Control of a response says. Unknown directives are ignored.
#[expect(clippy::struct_excessive_bools, reason = "each stands for a directive that is there or not")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheControl {
    pub max_age: Option<SimDuration>,
    pub s_maxage: Option<SimDuration>,
    pub stale_while_revalidate: Option<SimDuration>,
    pub stale_if_error: Option<SimDuration>,
    /// Also with a list of field names: a cache may take the stricter form.
    pub no_cache: bool,
    pub no_store: bool,
    pub must_understand: bool,
    pub must_revalidate: bool,
    pub proxy_revalidate: bool,
    pub is_public: bool,
    /// Also with a list of field names.
    pub is_private: bool,
}

impl Fields {
    pub fn new<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The values of all lines called `name`, whatever its case.
    pub fn lines(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The first line called `name`.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.lines(name).next()
    }

    /// All lines called `name` as the one list that they are (RFC 9110, section 5.3), without space that means nothing.
    pub fn joined(&self, name: &str) -> Option<String> {
        self.first(name)?;
        Some(self.lines(name).flat_map(members).collect::<Vec<_>>().join(", "))
    }

    pub fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// Takes over the fields of `newer`, each in place of all those of its name (RFC 9111, section 3.2).
    pub fn update(&mut self, newer: &Self) {
        self.0.retain(|(name, _)| newer.first(name).is_none());
        self.0.extend(newer.0.iter().cloned());
    }
}

impl CacheControl {
    /// Reads all lines as one list. Of directives that stand twice the first counts (RFC 9111, section 4.2.1).
    pub fn of(fields: &Fields) -> Self {
        let mut found = Self::default();
        for directive in fields.lines("Cache-Control").flat_map(members) {
            let (name, value) = match directive.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (directive, None),
            };
            // A lifetime that makes no sense is none: the response is stale. A permission that makes no sense is none.
            let lifetime = || Some(value.and_then(delta_seconds).unwrap_or_default());
            let window = || value.and_then(delta_seconds);
            match name.to_ascii_lowercase().as_str() {
                "max-age" => found.max_age = found.max_age.or_else(lifetime),
                "s-maxage" => found.s_maxage = found.s_maxage.or_else(lifetime),
                "stale-while-revalidate" => {
                    found.stale_while_revalidate = found.stale_while_revalidate.or_else(window);
                }
                "stale-if-error" => found.stale_if_error = found.stale_if_error.or_else(window),
                "no-cache" => found.no_cache = true,
                "no-store" => found.no_store = true,
                "must-understand" => found.must_understand = true,
                "must-revalidate" => found.must_revalidate = true,
                "proxy-revalidate" => found.proxy_revalidate = true,
                "public" => found.is_public = true,
                "private" => found.is_private = true,
                _ => {}
            }
        }
        found
    }
}

/// Whole seconds, bare or quoted; more than 2^31 count as 2^31 (RFC 9111, section 1.2.2).
pub fn delta_seconds(text: &str) -> Option<SimDuration> {
    const MOST: u64 = 1 << 31;
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let is_number = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    // Digits that do not fit into 64 bits are more than enough.
    is_number.then(|| SimDuration::from_secs(bare.parse().unwrap_or(MOST).min(MOST)))
}

/// The members of a list, split at commas that are not in quotes; empty ones are left out.
pub fn members(list: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    list.split(move |c: char| {
        let was_escaped = is_escaped;
        is_escaped = is_quoted && !was_escaped && c == '\\';
        is_quoted ^= c == '"' && !was_escaped;
        c == ',' && !is_quoted
    })
    .map(str::trim)
    .filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(lines: &[&str]) -> CacheControl {
        CacheControl::of(&Fields::new(lines.iter().map(|line| ("cache-control", *line))))
    }

    const S: fn(u64) -> Option<SimDuration> = |secs| Some(SimDuration::from_secs(secs));

    #[test]
    fn directives_are_found_in_any_case_line_and_place() {
        let found = control(&["Max-Age=60 , PUBLIC", ", s-maxage=\"30\",,stale-if-error=5"]);
        let expected = CacheControl {
            max_age: S(60),
            s_maxage: S(30),
            stale_if_error: S(5),
            is_public: true,
            ..CacheControl::default()
        };
        assert_eq!(found, expected);
        assert!(control(&["private=\"Set-Cookie\", no-cache=\"a, b\""]).is_private);
    }

    #[test]
    fn the_first_of_two_counts_and_nonsense_is_stale() {
        assert_eq!(control(&["max-age=1", "max-age=9"]).max_age, S(1));
        for text in ["max-age", "max-age=", "max-age=-1", "max-age=1.5", "max-age=1s", "max-age=\"1"] {
            assert_eq!(control(&[text]).max_age, S(0), "{text}");
        }
        assert_eq!(control(&["stale-while-revalidate=x, stale-if-error"]), CacheControl::default());
        assert_eq!(control(&["max-age=99999999999999999999999"]).max_age, S(1 << 31));
        assert_eq!(control(&["max-age=0007"]).max_age, S(7));
    }

    #[test]
    fn what_stands_in_quotes_is_no_directive() {
        let found = control(&[r#"ext="no-store, max-age=1", note="a \", no-cache", max-age=5"#]);
        assert_eq!(found, CacheControl { max_age: S(5), ..CacheControl::default() });
    }

    #[test]
    fn newer_fields_take_the_place_of_older_ones() {
        let mut fields = Fields::new([("ETag", "\"1\""), ("A", "x"), ("a", "y")]);
        fields.update(&Fields::new([("A", "z")]));
        assert_eq!((fields.joined("a"), fields.first("etag")), (Some("z".into()), Some("\"1\"")));
        assert_eq!(Fields::new([("V", " a ,b"), ("v", "c")]).joined("V"), Some("a, b, c".into()));
    }
}
