//! The help sheet: every key, from the table that the listener reads too.

use yew::prelude::*;

use super::sheet::Sheet;
use crate::input::Intent;
use crate::input::keymap::{BINDINGS, Topic};

pub fn help(on_intent: &Callback<Intent>) -> Html {
    html! {
        <Sheet title="Every request, from one user to a million" test="help-sheet" on_close={on_intent.reform(|()| Intent::ShowHelp(false))}>
            <p>{ "Each dot is a request on its way. Users are on one side, data on the other. A link is as wide as what it carries. Move the slider until \
                  something breaks; click a node to see its figures, to crash it, or to add one more like it." }</p>
            { for Topic::ALL.into_iter().map(|topic| html! {
                <section>
                    <h3>{ topic.title() }</h3>
                    <dl class="keys">
                        { for BINDINGS.iter().filter(|row| row.topic == topic && !row.shown.is_empty()).map(|row| html! {
                            <div><dt><kbd>{ row.shown }</kbd></dt><dd>{ row.help }</dd></div>
                        }) }
                    </dl>
                </section>
            }) }
            <section>
                <h3>{ "By hand" }</h3>
                <dl class="keys">
                    { for HANDS.into_iter().map(|(what, help)| html! { <div><dt>{ what }</dt><dd>{ help }</dd></div> }) }
                </dl>
            </section>
            <p class="fine">{ "Tab reaches every node, link, frame and control. Fingers do what the mouse does. A design in a file can be \
                  dropped on the page." }</p>
        </Sheet>
    }
}

/// What hands do on the drawing.
const HANDS: [(&str, &str); 10] = [
    ("Click", "Select a node or a link; trace a dot"),
    ("Double click", "Rename the node"),
    ("Right click", "All that can be done there; on a screen, a long press"),
    ("Ctrl click", "Select beside the others"),
    ("Drag a card", "Move it; from its grip, draw a link"),
    ("Drag a frame", "By its name: move all that is in it"),
    ("Drag the ground", "Pan; with Shift, select"),
    ("Wheel, pinch", "Zoom; two fingers on a touchpad pan"),
    ("Drag a part", "From the palette onto the drawing"),
    ("Drag a fault", "From its list onto the timeline"),
];
