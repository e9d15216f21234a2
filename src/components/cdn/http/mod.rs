//! What real header fields mean to an edge: from a response to [`Rules`], from a request to an answer.
//!
//! A shared cache by RFC 9111: what may be stored (section 3), for which requests it is good (4.1), how long (4.2), how it is
//! validated (4.3) and invalidated (4.4); with the windows of RFC 5861. The simulated clock counts from 1970. Left out, as a
//! CDN leaves it out: Cache-Control of requests, which would let any client bypass the edge; and partial content, HEAD,
//! Authorization and trailers, which no simulated request has.

pub mod date;
pub mod fields;

use super::freshness::{self, Rules, Use};
use crate::base::{SimDuration, SimTime};
use crate::model::kinds::AgeRule;
use fields::{CacheControl, Fields, members};

/// Statuses that may be stored without being told how long they are good (RFC 9110, section 15.1), but for partial content.
const HEURISTICALLY_CACHEABLE: [u16; 11] = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];

/// A response from the origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub fields: Fields,
}

/// When a request was sent to the origin, and when the response was there.
#[derive(Clone, Copy, Debug)]
pub struct Exchange {
    pub asked: SimTime,
    pub came: SimTime,
}

/// A response that an edge keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    rules: Rules,
    born: SimTime,
    response: Response,
    /// The request's own value of each field that the response varies with; `None` if it varies with everything.
    variant: Option<Vec<(String, Option<String>)>>,
}

impl Stored {
    /// Keeps `response` to a GET with the fields `request`; `None` if it must not be kept. `grace` is how long the edge uses
    /// stale content of itself when the origin fails and the response does not say.
    pub fn new(request: &Fields, response: &Response, exchange: Exchange, grace: SimDuration) -> Option<Self> {
        let control = CacheControl::of(&response.fields);
        let is_understood = HEURISTICALLY_CACHEABLE.contains(&response.status);
        let is_final = response.status >= 200 && ![206, 304].contains(&response.status);
        // Who understands the status may look past no-store, which is there for those who do not.
        let is_forbidden =
            if control.must_understand { !is_understood } else { control.no_store } || control.is_private;
        let is_allowed = control.is_public
            || control.max_age.is_some()
            || control.s_maxage.is_some()
            || response.fields.first("Expires").is_some()
            || is_understood;
        if !is_final || is_forbidden || !is_allowed {
            return None;
        }
        let names = response.fields.joined("Vary").unwrap_or_default();
        let is_everything = members(&names).any(|name| name == "*");
        let variant = members(&names).map(|name| (name.to_owned(), request.joined(name))).collect();
        let mut stored = Self {
            rules: Rules::default(),
            born: SimTime::ZERO,
            response: response.clone(),
            variant: if is_everything { None } else { Some(variant) },
        };
        stored.date(exchange, grace);
        Some(stored)
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub fn fields(&self) -> &Fields {
        &self.response.fields
    }

    /// Whether it is an answer to a GET with the fields `request`.
    pub fn is_for(&self, request: &Fields) -> bool {
        let matches = |(name, value): &(String, Option<String>)| request.joined(name) == *value;
        self.variant.as_ref().is_some_and(|variant| variant.iter().all(matches))
    }

    pub fn age(&self, now: SimTime) -> SimDuration {
        now.since(self.born)
    }

    /// How it may be used now.
    pub fn judge(&self, now: SimTime) -> Use {
        self.rules.judge(self.age(now))
    }

    /// Whether it may be used now although validation failed.
    pub fn survives_error(&self, now: SimTime) -> bool {
        self.rules.survives_error(self.age(now))
    }

    /// What a request for validation says: `If-None-Match`, `If-Modified-Since`, or nothing.
    pub fn conditions(&self) -> Fields {
        let mut conditions = Fields::default();
        for (validator, condition) in [("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")] {
            if let Some(value) = self.response.fields.first(validator) {
                conditions.push(condition, value);
            }
        }
        conditions
    }

    /// The origin says that it is still good (304).
    pub fn refresh(&mut self, not_modified: &Response, exchange: Exchange, grace: SimDuration) {
        self.response.fields.update(&not_modified.fields);
        self.date(exchange, grace);
    }

    /// Whether the client behind `request` has the same already, so that 304 is answer enough. Entity tags are compared
    /// weakly, and go before dates (RFC 9110, section 13).
    pub fn is_known_to(&self, request: &Fields) -> bool {
        let fields = &self.response.fields;
        if let Some(tags) = request.joined("If-None-Match") {
            let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
            let own = fields.first("ETag").map(opaque);
            return members(&tags).any(|tag| tag == "*" || Some(opaque(tag)) == own);
        }
        let since = request.first("If-Modified-Since").and_then(date::read);
        let modified = fields.first("Last-Modified").or(fields.first("Date")).and_then(date::read);
        since.zip(modified).is_some_and(|(since, modified)| modified <= since)
    }

    /// Works out its age and its rules, when it has come or has been confirmed.
    fn date(&mut self, exchange: Exchange, grace: SimDuration) {
        let fields = &self.response.fields;
        let sent = fields.first("Date").and_then(date::read).map(at);
        // A list has one value too many; its first is the nearest cache's.
        let carried = fields.lines("Age").flat_map(members).next().and_then(fields::delta_seconds);
        let Exchange { asked, came } = exchange;
        self.born = freshness::birth(AgeRule::Request, asked, came, carried.unwrap_or_default());
        // Caches on the way that do not tell their age cannot hide it from the origin's clock.
        self.born = sent.map_or(self.born, |sent| self.born.min(sent));
        self.rules = rules(&self.response, sent.unwrap_or(came), grace);
    }
}

/// Whether a response to a request of this method makes what is stored under its URL invalid (RFC 9111, section 4.4).
pub fn invalidates(method: &str, status: u16) -> bool {
    !["GET", "HEAD", "OPTIONS", "TRACE"].contains(&method) && (200..400).contains(&status)
}

/// Whether a response is a failure that stale content may stand in for (RFC 5861, section 4).
pub fn is_error(status: u16) -> bool {
    [500, 502, 503, 504].contains(&status)
}

/// What a response that was sent at `sent` says about its use.
fn rules(response: &Response, sent: SimTime, grace: SimDuration) -> Rules {
    let control = CacheControl::of(&response.fields);
    // For a shared cache s-maxage forbids staleness as proxy-revalidate does (RFC 9111, section 5.2.2.10).
    let may_be_stale = !(control.must_revalidate || control.proxy_revalidate || control.s_maxage.is_some());
    let window = |window: SimDuration| if may_be_stale { window } else { SimDuration::ZERO };
    Rules {
        lifetime: lifetime(response, &control, sent),
        stale_while_revalidate: window(control.stale_while_revalidate.unwrap_or_default()),
        stale_if_error: window(control.stale_if_error.unwrap_or(grace)),
        is_always_validated: control.no_cache,
    }
}

/// Freshness lifetime (RFC 9111, section 4.2.1): the first of s-maxage, max-age, Expires, and a guess.
fn lifetime(response: &Response, control: &CacheControl, sent: SimTime) -> SimDuration {
    if let Some(told) = control.s_maxage.or(control.max_age) {
        return told;
    }
    if let Some(expires) = response.fields.first("Expires") {
        // What is no date, `0` above all, lies in the past.
        return date::read(expires).map(at).unwrap_or_default().since(sent);
    }
    let modified = response.fields.first("Last-Modified").and_then(date::read).map(at);
    let may_guess = control.is_public || HEURISTICALLY_CACHEABLE.contains(&response.status);
    // What has not changed for long will not change soon: a tenth of that time (RFC 9111, section 4.2.2).
    let guess = modified.map_or(SimDuration::ZERO, |modified| sent.since(modified)).as_nanos() / 10;
    SimDuration::from_nanos(if may_guess { guess } else { 0 })
}

fn at(seconds: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs(seconds)
}

#[cfg(test)]
mod tests;
