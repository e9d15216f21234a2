//! A field for a text, on a part of the page that is drawn anew with every figure.
//!
//! A field of that part itself would lose what is being written in it: whatever is drawn anew gets its value anew. This one is drawn
//! only when the value is another. Who gives it to something else gives it another key.

use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties)]
pub struct Props {
    pub value: AttrValue,
    /// What it is, for who does not see it.
    pub label: AttrValue,
    pub test: AttrValue,
    #[prop_or_default]
    pub class: Classes,
    #[prop_or_default]
    pub placeholder: AttrValue,
    #[prop_or_default]
    pub title: AttrValue,
    /// Id of a list of proposals.
    #[prop_or_default]
    pub list: Option<AttrValue>,
    #[prop_or_default]
    pub is_number: bool,
    /// It was left, or Enter pressed, with another text.
    pub on_text: Callback<String>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        (&self.value, &self.placeholder) == (&other.value, &other.placeholder)
    }
}

#[component]
pub fn Entry(props: &Props) -> Html {
    let Props { value, label, test, class, placeholder, title, list, is_number, on_text } = props;
    let onchange = on_text.reform(|event: Event| event.target_unchecked_into::<HtmlInputElement>().value());
    html! {
        <input type="text" class={class.clone()} value={value.clone()} {onchange} aria-label={label.clone()} placeholder={placeholder.clone()}
            title={title.clone()} list={list.clone()} inputmode={is_number.then_some("numeric")} maxlength="80" autocomplete="off" spellcheck="false"
            data-testid={test.clone()} />
    }
}
