//! The users' slider: from one user to ten million.

use yew::prelude::*;

use super::slider::LogSlider;
use crate::format;
use crate::input::Intent;
use crate::settings::MOST_USERS;

const MARKS: [(f64, &str); 8] =
    [(1.0, "1"), (1e1, "10"), (1e2, "100"), (1e3, "1k"), (1e4, "10k"), (1e5, "100k"), (1e6, "1M"), (1e7, "10M")];

#[derive(Properties, PartialEq)]
pub struct Props {
    pub users: u32,
    pub rate_per_user_per_s: f64,
    pub on_intent: Callback<Intent>,
}

#[component]
pub fn UsersSlider(props: &Props) -> Html {
    let rate = f64::from(props.users) * props.rate_per_user_per_s;
    let users = format::users(props.users);
    let load = format!("{} requests/s", format::quantity(rate));
    html! {
        <div class="users">
            <label class="dock-label" for="users">
                <span class="users-number">{ &users }</span>
                <span class="users-rate">{ format!("≈ {load}") }</span>
            </label>
            <LogSlider id="users" label="Users" min={1.0} max={f64::from(MOST_USERS)} value={f64::from(props.users)}
                words={format!("{users}, about {load}")} marks={&MARKS[..]}
                on_value={props.on_intent.reform(|value: f64| Intent::SetUsers(value.round() as u32))} />
        </div>
    }
}
