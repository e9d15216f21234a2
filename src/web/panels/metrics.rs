//! The instruments: what the users get, now and in the last seconds.

use std::rc::Rc;

use yew::prelude::*;

use scalescope::observe::Figures;

use super::sparkline::sparkline;
use crate::app::{History, Series};
use crate::format;

#[derive(Properties, PartialEq)]
pub struct Props {
    pub figures: Rc<Figures>,
    pub history: Rc<History>,
}

/// One instrument.
struct Tile {
    id: &'static str,
    label: &'static str,
    help: &'static str,
    series: Series,
    value: f64,
    text: (String, &'static str),
}

#[component]
pub fn Metrics(props: &Props) -> Html {
    let Props { figures, history } = props;
    html! {
        <section class="metrics" aria-label={format!("Figures over the last {} of simulated time", format::duration(figures.window_s))}>
            { for tiles(figures).into_iter().map(|tile| view(&tile, figures, history)) }
        </section>
    }
}

fn tiles(figures: &Figures) -> [Tile; 6] {
    let rate = |id, label, help, series, value: f64| {
        let unit = if label == "Errors" { "/s" } else { "req/s" };
        Tile { id, label, help, series, value, text: (format::quantity(value), unit) }
    };
    let latency = |id, label, help, series, value: f64| {
        let text = if figures.latency.count == 0 { ("–".to_owned(), "") } else { format::seconds(value) };
        Tile { id, label, help, series, value, text }
    };
    [
        rate("offered", "Offered", "Requests that users make", Series::Offered, figures.offered_per_s),
        rate(
            "throughput",
            "Throughput",
            "Requests answered, late answers included",
            Series::Throughput,
            figures.throughput_per_s,
        ),
        rate("goodput", "Goodput", "Requests answered before the user gave up", Series::Goodput, figures.goodput_per_s),
        rate("errors", "Errors", "Requests that failed", Series::Errors, figures.errors_per_s),
        latency("p50", "Median", "Half of the answers are faster (p50)", Series::P50, figures.latency.p50_s),
        latency("p99", "Slowest 1 %", "99 of 100 answers are faster (p99)", Series::P99, figures.latency.p99_s),
    ]
}

fn view(tile: &Tile, figures: &Figures, history: &Rc<History>) -> Html {
    let is_errors = tile.id == "errors";
    let is_bad = is_errors && tile.value > 0.0;
    let class = classes!("tile", format!("tile-{}", tile.id), is_bad.then_some("is-bad"));
    let (number, unit) = &tile.text;
    html! {
        <div {class} title={tile.help}>
            <span class="tile-label">
                { tile.label }
                if let "p50" | "p99" = tile.id { <abbr>{ tile.id }</abbr> }
            </span>
            <span class="tile-value" data-testid={format!("metric-{}", tile.id)} data-metric={tile.id} data-value={tile.value.to_string()}>
                <b>{ number }</b><small>{ *unit }</small>
            </span>
            if is_bad {
                <span class="tile-reasons" data-testid="reasons">{ reasons(figures) }</span>
            } else {
                { sparkline(history, tile.series) }
            }
        </div>
    }
}

/// `12 connection refused, 3 timeout`.
fn reasons(figures: &Figures) -> String {
    let parts =
        figures.errors.iter().map(|(reason, count)| format!("{} {}", format::quantity(*count as f64), reason.label()));
    parts.collect::<Vec<_>>().join(", ")
}
