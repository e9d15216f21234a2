//! Our own icons, in one style: a grid of 24, round strokes, no fill.

use yew::prelude::*;

/// The path of each icon, on a grid of 24.
pub fn path(name: &str) -> &'static str {
    match name {
        // Nodes.
        "users" => {
            "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M2.5 20c.4-3.6 3-5.8 6.5-5.8S15.1 16.4 15.5 20M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.8c2 .8 3.2 2.6 3.5 5.2"
        }
        "dns" => "M12 21V3M12 5h6.5l2.5 2.25-2.5 2.25H12M12 11.5H5.5L3 13.75 5.5 16H12M8.5 21h7",
        "cdn" => {
            "M12 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M12 8.5V3.5M12 20.5v-5M8.5 12h-5M20.5 12h-5M5.8 5.8a8.8 8.8 0 0 0 0 12.4M18.2 5.8a8.8 8.8 0 0 1 0 12.4"
        }
        "load_balancer" => {
            "M3 12h6M9 12c4 0 3-6.5 8-6.5h3M9 12h11M9 12c4 0 3 6.5 8 6.5h3M18 3l2.5 2.5L18 8M18 9.5l2.5 2.5-2.5 2.5M18 16l2.5 2.5L18 21"
        }
        "web_server" => "M4 4h16v6.5H4zM4 13.5h16V20H4zM7.5 7.25h.01M7.5 16.75h.01M11 7.25h5.5M11 16.75h5.5",
        "cache" => {
            "M7 7h10v10H7zM10 3.5V7M14 3.5V7M10 17v3.5M14 17v3.5M3.5 10H7M3.5 14H7M17 10h3.5M17 14h3.5M12.7 9.5 11 12.2h2l-1.7 2.6"
        }
        "database" => {
            "M12 9c4.4 0 8-1.3 8-3s-3.6-3-8-3-8 1.3-8 3 3.6 3 8 3M4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3"
        }
        "shard_router" => {
            "M12 3v5M12 8 5 13M12 8v5M12 8l7 5M5 14.5c1.7 0 3 .5 3 1.2v4c0 .7-1.3 1.3-3 1.3s-3-.6-3-1.3v-4c0-.7 1.3-1.2 3-1.2M12 14.5c1.7 0 3 .5 3 1.2v4c0 .7-1.3 1.3-3 1.3s-3-.6-3-1.3v-4c0-.7 1.3-1.2 3-1.2M19 14.5c1.7 0 3 .5 3 1.2v4c0 .7-1.3 1.3-3 1.3s-3-.6-3-1.3v-4c0-.7 1.3-1.2 3-1.2"
        }
        "object_store" => {
            "M4 6.5c0 1.4 3.6 2.5 8 2.5s8-1.1 8-2.5S16.400 4 12 4 4 5.100 4 6.500M4 6.500 6 19c.5 1 3 2 6 2s5.500-1 6-2l2-12.500"
        }
        "quorum_store" => {
            "M12 8.5c2.5 0 4.5-.8 4.5-1.75S14.5 5 12 5s-4.5.8-4.5 1.75S9.5 8.5 12 8.5M7.5 6.75v4c0 1 2 1.75 4.5 1.75s4.5-.75 4.5-1.75v-4M3 15.5h6V20H3zM15 15.5h6V20h-6zM9 18h6M9.5 12.5l-2 3M14.5 12.5l2 3"
        }
        // Panels.
        "part" => "M4 7h9M17 7h3M4 17h3M11 17h9M13 4.500v5M11 14.500v5",
        "faults" => "M12 3.500 2.500 20h19zM12.600 9.500l-2 3.300h2.800l-2 3.400",
        "requests" => "M4 5.500h9M4 12h4M4 18.500h12M16 5.500h4M11 12h9M19 18.500h1",
        "charts" => "M4 4v16h16M7.500 15l3.500-5 3.500 3 5-7",
        "health" => "M2.500 12.500h4.500l2.500-6.500 4.500 12 3-7.500 1 2h3.500",
        "data" => "M4 5h16v5H4zM4 14h7v5H4zM14 14h6v5h-6zM8 10v4M17 10v4",
        "twin" => "M4 6h16M4 11h16M4 16h10M17.500 14v6M15 17h5",
        "target" => "M12 18a6 6 0 1 0 0-12 6 6 0 0 0 0 12M12 2v5M12 17v5M2 12h5M17 12h5",
        "well" => "M4.500 12.500 10 18 20 6.500",
        // Controls.
        "play" => "M7 4.5v15l12-7.5z",
        "pause" => "M8 5v14M16 5v14",
        "again" => "M4.5 12a7.5 7.5 0 1 0 2.3-5.4L4 9.2M4 4v5.2h5.2",
        "open" => {
            "M3 18.5V6.5A1.5 1.5 0 0 1 4.5 5H9l2.5 3h8A1.5 1.5 0 0 1 21 9.5v9a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18.5z"
        }
        "help" => {
            "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5h.01M12 21.5a9.5 9.5 0 1 0 0-19 9.5 9.5 0 0 0 0 19"
        }
        "auto" => "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 3v18M12 7.5h5.5M12 12h8.5M12 16.5h5.5",
        "light" => {
            "M12 16.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5"
        }
        "dark" => "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
        "add" => "M4 4h16v16H4zM12 8.500v7M8.500 12h7",
        "fit" => "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
        "plus" => "M12 5v14M5 12h14",
        "minus" => "M5 12h14",
        "close" => "M6 6l12 12M18 6 6 18",
        "crash" => "M13 2.5 5 13.5h6l-1 8 9-12h-6.5z",
        "restart" => "M12 3v8M6.5 6.3a8 8 0 1 0 11 0",
        "trash" => "M4 6.5h16M9.5 6.5V4h5v2.5M6 6.5l1 14h10l1-14M10 10.5v6M14 10.5v6",
        "alert" => "M12 3 2.5 20h19zM12 9.5v5M12 17.3h.01",
        "search" => "M10.5 17.5a7 7 0 1 0 0-14 7 7 0 0 0 0 14M15.7 15.7 20.5 20.5",
        "undo" => "M9 6 4.5 10.5 9 15M4.5 10.5H14a5 5 0 0 1 0 10h-3",
        "redo" => "M15 6l4.5 4.5L15 15M19.5 10.5H10a5 5 0 0 0 0 10h3",
        "tidy" => "M3.5 9h6v6h-6zM14.5 3.5h6v6h-6zM14.5 14.5h6v6h-6zM9.5 12h2.5V6.5h2.5M12 12v5.5h2.5",
        "file" => "M6 3h8l4.5 4.5V21H6zM14 3v4.5h4.5M9 12.5h6M9 16.5h6",
        "save" => "M12 3.5v11M7.5 10.5 12 15l4.5-4.5M4.5 16.5v4h15v-4",
        "link" => "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1",
        "command" => {
            "M8 8h8v8H8zM8 8H6a2 2 0 1 1 2-2zM16 8V6a2 2 0 1 1 2 2zM8 16v2a2 2 0 1 1-2-2zM16 16h2a2 2 0 1 1-2 2z"
        }
        "group" => "M4 7V4h3M17 4h3v3M20 17v3h-3M7 20H4v-3M8 8h5v5H8zM11.5 13v3.5H16.5V11H13",
        "ungroup" => "M4 7V4h3M17 4h3v3M20 17v3h-3M7 20H4v-3M8.5 15.5l7-7M8.500 8.500l7 7",
        "duplicate" => "M8.5 8.5h12v12h-12zM15.5 8.5v-5h-12v12h5",
        "align-left" => "M4 3v18M8 6h12v4H8zM8 14h7v4H8z",
        "align-centre" => "M12 3v3M12 10v4M12 18v3M5 6h14v4H5zM8 14h8v4H8z",
        "align-right" => "M20 3v18M4 6h12v4H4zM9 14h7v4H9z",
        "align-top" => "M3 4h18M6 8v12h4V8zM14 8v7h4V8z",
        "align-middle" => "M3 12h3M10 12h4M18 12h3M6 5v14h4V5zM14 8v8h4V8z",
        "align-bottom" => "M3 20h18M6 4v12h4V4zM14 9v7h4V9z",
        "spread-across" => "M4 3v18M20 3v18M9.5 7h5v10h-5z",
        "spread-down" => "M3 4h18M3 20h18M7 9.5h10v5H7z",
        "hand" => {
            "M8 12.5V5.8a1.5 1.5 0 0 1 3 0V11M11 10.5V4.3a1.5 1.5 0 0 1 3 0V11M14 11V6a1.5 1.5 0 0 1 3 0v8.5a6.5 6.5 0 0 1-6.5 6.5c-2.5 0-4-1-5.3-3L3 14.3a1.5 1.5 0 0 1 2.4-1.8L8 15"
        }
        "default" => "M9 7 4.5 11.5 9 16M4.5 11.5H15a4.5 4.5 0 0 1 0 9h-2",
        _ => "",
    }
}

/// An icon beside a text, or on a button that has a label. A function, not a component: those weigh more than it does.
pub fn icon(name: &str) -> Html {
    html! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d={path(name)} /></svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalescope::base::Kind;

    #[test]
    fn every_kind_has_an_icon() {
        for name in Kind::ALL.map(Kind::name) {
            assert!(!path(name).is_empty(), "{name}");
        }
    }
}
