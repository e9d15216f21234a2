//! Following a request: where it is on the drawing at a time, from its trace.

use scalescope::observe::trace::{Span, Trace};
use scalescope::scene::{NodeBox, Point, Tracks};

use super::map::Map;

/// Where the request is; none before it begins and after it has ended.
pub fn place(trace: &Trace, now_ns: u64, map: &Map, tracks: &Tracks) -> Option<Point> {
    let is_open =
        |span: &&Span| !span.is_aside && span.made_ns <= now_ns && span.back_ns.is_none_or(|back| now_ns < back);
    let centre = |id: &str| map.layout.node(id).map(|node| NodeBox::rect(node).centre());
    if now_ns < trace.began_ns || trace.ended_ns.is_some_and(|ended| now_ns >= ended) {
        return None;
    }
    let open = trace.spans.iter().filter(is_open);
    let Some(span) = open.max_by_key(|span| (span.depth, span.made_ns)) else { return centre(&trace.home) };
    let on_link = |depart: u64, arrive: u64, is_backward: bool| {
        let share = (now_ns.saturating_sub(depart)) as f32 / arrive.saturating_sub(depart).max(1) as f32;
        let along = if is_backward { 1.0 - share } else { share };
        tracks.at(span.link, along).map(|[x, y, ..]| Point::new(x, y))
    };
    match (span.left_ns, span.back_ns) {
        (Some(left), Some(back)) if now_ns >= left => on_link(left, back, true),
        _ if now_ns < span.depart_ns => centre(&span.from),
        _ if now_ns < span.arrive_ns => on_link(span.depart_ns, span.arrive_ns, false),
        _ => centre(&span.to),
    }
}
