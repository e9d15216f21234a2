//! The waterfall: one row for each hop, its way there and back as thin lines, and what the node did with it between.

use yew::prelude::*;

use scalescope::observe::trace::{Doing, Span, Trace};

use crate::app::Shown;
use crate::format;

/// Width of the drawing in its own units; it is stretched to the room there is.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 18.0;
/// Rows that are drawn.
const MOST: usize = 80;

pub fn waterfall(trace: &Trace, shown: &Shown) -> Html {
    let end = trace.ended_ns.unwrap_or(trace.now_ns).max(trace.began_ns + 1);
    let length = (end - trace.began_ns) as f64;
    let x = move |at: u64| at.saturating_sub(trace.began_ns) as f64 / length * WIDTH;
    html! {
        <ol class="waterfall" aria-label="Hops of the request" data-testid="waterfall" data-value={trace.spans.len().to_string()}>
            { for trace.spans.iter().take(MOST).map(|span| row(span, trace, shown, &x)) }
            if trace.spans.len() > MOST {
                <li class="fine">{ format!("… and {} more", trace.spans.len() - MOST) }</li>
            }
        </ol>
    }
}

fn row(span: &Span, trace: &Trace, shown: &Shown, x: &impl Fn(u64) -> f64) -> Html {
    let last = trace.ended_ns.unwrap_or(trace.now_ns);
    let back = span.back_ns.unwrap_or(last).min(last.max(span.made_ns));
    let class = classes!(
        "hop",
        format!("depth-{}", span.depth.min(5)),
        span.failure.is_some().then_some("is-bad"),
        span.is_aside.then_some("is-aside"),
    );
    let (from, to) = (shown.label(&span.from), shown.label(&span.to));
    let line = |from: u64, to: u64, class: &'static str| html! { <path {class} d={format!("M{:.1} 9H{:.1}", x(from), x(to.min(last)).max(x(from)))} /> };
    let length = format::duration(back.saturating_sub(span.made_ns) as f64 / 1e9);
    html! {
        <li {class} title={sentence(span, &from, &to)}>
            <span class="hop-name">{ &to }<small>{ &span.verb }</small></span>
            <svg viewBox={format!("0 0 {WIDTH} {HEIGHT}")} preserveAspectRatio="none" aria-hidden="true">
                { line(span.made_ns, span.depart_ns, "hop-wait") }
                { line(span.depart_ns, span.arrive_ns, "hop-line") }
                { for span.parts.iter().map(|part| {
                    let (start, stop) = (x(part.from_ns), x(part.to_ns.min(last)));
                    html! { <rect class={class_of(part.doing)} x={format!("{start:.1}")} y="2" width={format!("{:.1}", (stop - start).max(1.5))} height="14" /> }
                }) }
                if let (Some(answered), Some(left)) = (span.answered_ns, span.left_ns) {
                    { line(answered, left, "hop-wait") }
                    { line(left, back, "hop-line") }
                }
            </svg>
            <span class="hop-length">{ length }</span>
            <span class="hidden">{ sentence(span, &from, &to) }</span>
        </li>
    }
}

const fn class_of(doing: Doing) -> &'static str {
    match doing {
        Doing::Queued => "part-queue",
        Doing::Served => "part-service",
        Doing::Calling => "part-calling",
        Doing::Held => "part-held",
    }
}

/// The hop in words.
fn sentence(span: &Span, from: &str, to: &str) -> String {
    let words = |length_ns: u64| format::duration(length_ns as f64 / 1e9);
    let way = words(span.arrive_ns.saturating_sub(span.made_ns));
    let mut parts = vec![format!("{from} asks {to} to {}: {way} on the way", span.verb)];
    parts.extend(span.parts.iter().map(|part| format!("{} {}", words(part.to_ns - part.from_ns), part.doing.label())));
    if let (Some(answered), Some(back)) = (span.answered_ns, span.back_ns) {
        parts.push(format!("{} on the way back", words(back.saturating_sub(answered))));
    }
    if span.tries > 0 {
        parts.push(format!("{} packets lost", span.tries));
    }
    if let Some(reason) = span.failure {
        parts.push(format!("failed: {}", reason.label()));
    }
    parts.join(", ")
}
