//! The rules of caching, in words of our own.

use super::*;

const GRACE: SimDuration = SimDuration::from_secs(1_000);
const S: fn(u64) -> SimDuration = SimDuration::from_secs;
/// The response was sent at second 1,000,000 and took no time.
const SENT: u64 = 1_000_000;

fn response(status: u16, fields: &[(&str, &str)]) -> Response {
    Response { status, fields: Fields::new(fields.iter().copied()) }
}

fn keep(fields: &[(&str, &str)]) -> Option<Stored> {
    let exchange = Exchange { asked: at(SENT), came: at(SENT) };
    Stored::new(&Fields::default(), &response(200, fields), exchange, GRACE)
}

fn kept(fields: &[(&str, &str)]) -> Stored {
    keep(fields).unwrap_or_else(|| panic!("{fields:?} is kept"))
}

fn lifetime_s(fields: &[(&str, &str)]) -> f64 {
    kept(fields).rules.lifetime.as_secs_f64()
}

#[test]
fn what_may_not_be_stored_is_not() {
    for control in ["no-store", "max-age=60, no-store", "private, max-age=60", "private=\"X\""] {
        assert_eq!(keep(&[("Cache-Control", control)]), None, "{control}");
    }
    let exchange = Exchange { asked: at(SENT), came: at(SENT) };
    let is_kept = |status, control| {
        let response = response(status, &[("Cache-Control", control)]);
        Stored::new(&Fields::default(), &response, exchange, GRACE).is_some()
    };
    assert!(!is_kept(503, "foo") && is_kept(503, "max-age=5") && is_kept(503, "public"));
    assert!(!is_kept(206, "max-age=5") && !is_kept(304, "max-age=5"));
    assert!(is_kept(200, "must-understand, no-store, max-age=5"), "we understand 200");
    assert!(!is_kept(599, "must-understand, max-age=5"));
}

#[test]
fn the_most_explicit_lifetime_counts() {
    let (date, later) = (date::write(SENT), date::write(SENT + 50));
    let expires = ("Expires", later.as_str());
    assert!((lifetime_s(&[("Cache-Control", "max-age=1, s-maxage=9"), expires]) - 9.0).abs() < 1e-9);
    assert!((lifetime_s(&[("Cache-Control", "max-age=7"), expires]) - 7.0).abs() < 1e-9);
    assert!((lifetime_s(&[expires, ("Date", &date)]) - 50.0).abs() < 1e-9);
    assert!((lifetime_s(&[expires]) - 50.0).abs() < 1e-9, "without a date, from when it came");
    for past in ["0", "soon", &date::write(SENT - 1)] {
        assert!(lifetime_s(&[("Expires", past), ("Date", &date)]) < 1e-9, "{past}");
    }
    let modified = date::write(SENT - 1_000);
    assert!((lifetime_s(&[("Last-Modified", &modified), ("Date", &date)]) - 100.0).abs() < 1e-9);
    assert!(lifetime_s(&[("Date", &date)]) < 1e-9);
}

#[test]
fn age_is_what_it_brought_and_what_it_took() {
    let exchange = Exchange { asked: at(SENT), came: at(SENT + 3) };
    let age = |fields: &[(&str, &str)]| {
        let stored = Stored::new(&Fields::default(), &response(200, fields), exchange, GRACE).unwrap();
        stored.age(at(SENT + 10))
    };
    assert_eq!(age(&[]), S(10));
    assert_eq!(age(&[("Age", "5")]), S(15));
    assert_eq!(age(&[("Age", "5, 70")]), S(15));
    assert_eq!(age(&[("Age", "old")]), S(10));
    assert_eq!(age(&[("Date", &date::write(SENT - 40))]), S(50));
    assert_eq!(age(&[("Date", &date::write(SENT + 40))]), S(10), "a clock that is fast makes nothing younger");
}

#[test]
fn staleness_is_allowed_or_forbidden_by_the_response() {
    let windows = |control: &str| {
        let rules = kept(&[("Cache-Control", control)]).rules;
        (rules.stale_while_revalidate, rules.stale_if_error)
    };
    assert_eq!(windows("max-age=1, stale-while-revalidate=2, stale-if-error=3"), (S(2), S(3)));
    assert_eq!(windows("max-age=1"), (S(0), GRACE));
    for strict in ["must-revalidate", "proxy-revalidate", "s-maxage=1"] {
        assert_eq!(windows(&format!("max-age=1, stale-while-revalidate=2, {strict}")), (S(0), S(0)), "{strict}");
    }
    let stored = kept(&[("Cache-Control", "max-age=60, no-cache")]);
    assert_eq!((stored.judge(at(SENT)), stored.survives_error(at(SENT))), (Use::Validated, false));
}

#[test]
fn a_response_is_good_for_its_variant() {
    let request = Fields::new([("Accept", "a, b"), ("Other", "1")]);
    let exchange = Exchange { asked: at(SENT), came: at(SENT) };
    let stored = |vary: &str| {
        let response = response(200, &[("Cache-Control", "max-age=60"), ("Vary", vary)]);
        Stored::new(&request, &response, exchange, GRACE).unwrap()
    };
    let varying = stored("accept, Missing");
    assert!(varying.is_for(&Fields::new([("accept", "a"), ("ACCEPT", "b"), ("Other", "2")])));
    assert!(!varying.is_for(&Fields::new([("Accept", "b, a")])));
    assert!(!varying.is_for(&Fields::new([("Accept", "a, b"), ("Missing", "")])));
    assert!(!varying.is_for(&Fields::default()));
    assert!(!stored("*").is_for(&request));
}

#[test]
fn validators_are_sent_and_answered() {
    let (modified, earlier, later) = (date::write(500), date::write(400), date::write(600));
    let stored = kept(&[("ETag", "W/\"v1\""), ("Last-Modified", &modified), ("Cache-Control", "max-age=60")]);
    let conditions = stored.conditions();
    assert_eq!(conditions.first("If-None-Match"), Some("W/\"v1\""));
    assert_eq!(conditions.first("If-Modified-Since"), Some(modified.as_str()));
    assert_eq!(kept(&[]).conditions(), Fields::default());
    let knows = |fields: &[(&str, &str)]| stored.is_known_to(&Fields::new(fields.iter().copied()));
    assert!(knows(&[("If-None-Match", "\"v0\", \"v1\"")]) && knows(&[("If-None-Match", "*")]));
    assert!(!knows(&[("If-None-Match", "\"v0\""), ("If-Modified-Since", &later)]), "tags go before dates");
    assert!(knows(&[("If-Modified-Since", &later)]) && knows(&[("If-Modified-Since", &modified)]));
    assert!(!knows(&[("If-Modified-Since", &earlier)]) && !knows(&[("If-Modified-Since", "never")]) && !knows(&[]));
}

#[test]
fn a_confirmation_makes_it_fresh_again() {
    let mut stored = kept(&[("Cache-Control", "max-age=60"), ("ETag", "\"v1\""), ("Age", "30")]);
    assert_eq!(stored.judge(at(SENT + 100)), Use::Validated);
    let exchange = Exchange { asked: at(SENT + 100), came: at(SENT + 101) };
    stored.refresh(&response(304, &[("Cache-Control", "max-age=10"), ("Age", "0")]), exchange, GRACE);
    assert_eq!(stored.judge(at(SENT + 109)), Use::Fresh);
    assert_eq!(stored.judge(at(SENT + 110)), Use::Validated);
    assert_eq!(stored.fields().first("ETag"), Some("\"v1\""));
}

#[test]
fn only_what_changes_something_invalidates() {
    assert!(invalidates("PUT", 200) && invalidates("DELETE", 303) && invalidates("POST", 201));
    assert!(!invalidates("PUT", 500) && !invalidates("DELETE", 404) && !invalidates("GET", 200));
    assert!(is_error(503) && is_error(500) && !is_error(501) && !is_error(404));
}
