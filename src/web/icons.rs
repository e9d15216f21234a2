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
        // Panels.
        "part" => "M4 7h9M17 7h3M4 17h3M11 17h9M13 4.500v5M11 14.500v5",
        "faults" => "M12 3.500 2.500 20h19zM12.600 9.500l-2 3.300h2.800l-2 3.400",
        "requests" => "M4 5.500h9M4 12h4M4 18.500h12M16 5.500h4M11 12h9M19 18.500h1",
        "charts" => "M4 4v16h16M7.500 15l3.500-5 3.500 3 5-7",
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
        "fit" => "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
        "plus" => "M12 5v14M5 12h14",
        "minus" => "M5 12h14",
        "close" => "M6 6l12 12M18 6 6 18",
        "crash" => "M13 2.5 5 13.5h6l-1 8 9-12h-6.5z",
        "restart" => "M12 3v8M6.5 6.3a8 8 0 1 0 11 0",
        "trash" => "M4 6.5h16M9.5 6.5V4h5v2.5M6 6.5l1 14h10l1-14M10 10.5v6M14 10.5v6",
        "alert" => "M12 3 2.5 20h19zM12 9.5v5M12 17.3h.01",
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
    use scalescope::model::NodeKind;

    #[test]
    fn every_kind_has_an_icon() {
        for name in NodeKind::NAMES {
            assert!(!path(name).is_empty(), "{name}");
        }
    }
}
