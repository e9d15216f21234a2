//! This browser's memory: the present state, the last one that was good, and the designs that a person has kept.

use serde_json::{Value, json};

use super::state::State;
use crate::dom;

const NOW: &str = "scalescope-now";
/// What was last read well: if the present state is torn, the page goes on with this.
const GOOD: &str = "scalescope-good";
const DESIGNS: &str = "scalescope-designs";
/// Most designs that are kept.
const MOST: usize = 100;

/// A design that a person has kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub name: String,
    /// When, in milliseconds since 1970.
    pub at_ms: f64,
    text: String,
}

impl Kept {
    pub fn state(&self) -> Result<State, String> {
        State::read(&self.text)
    }
}

/// The state that was there last. The second value says what was wrong, if the one before had to do.
pub fn last() -> (Option<State>, Option<String>) {
    let Some(storage) = dom::local_storage() else { return (None, None) };
    let read = |key| storage.get_item(key).ok().flatten().map(|text| State::read(&text).map(|state| (state, text)));
    match read(NOW) {
        None => (None, None),
        Some(Ok((state, text))) => {
            // Without room for it there is only no second chance.
            let _ = storage.set_item(GOOD, &text);
            (Some(state), None)
        }
        Some(Err(why)) => {
            let good = read(GOOD).and_then(Result::ok).map(|(state, _)| state);
            let remedy =
                if good.is_some() { "An earlier state is open instead." } else { "A scenario is open instead." };
            (good, Some(format!("What this browser has kept cannot be read: {why}. {remedy}")))
        }
    }
}

/// Writes the present state down. The error is for the person: this browser has no room, or lets nothing be kept.
pub fn write(state: &State) -> Result<(), String> {
    let storage = dom::local_storage().ok_or("This browser keeps nothing: save the design to a file.")?;
    let full = |_| "This browser has no room for the design: save it to a file.".to_owned();
    storage.set_item(NOW, &state.write()).map_err(full)
}

/// The designs that were kept, the latest first. What cannot be read is left out.
pub fn kept() -> Vec<Kept> {
    let text = dom::local_storage().and_then(|storage| storage.get_item(DESIGNS).ok().flatten());
    text.map(|text| read_list(&text)).unwrap_or_default()
}

/// Keeps `state` under the name of its design, in place of one that has the same.
pub fn keep(state: &State) -> Result<(), String> {
    let name = state.document.name.clone();
    let mut list = kept();
    list.retain(|other| other.name != name);
    list.insert(0, Kept { name, at_ms: js_sys::Date::now(), text: state.write() });
    list.truncate(MOST);
    write_list(&list)
}

pub fn forget(place: usize) -> Result<(), String> {
    let mut list = kept();
    if place < list.len() {
        list.remove(place);
    }
    write_list(&list)
}

fn write_list(list: &[Kept]) -> Result<(), String> {
    let storage = dom::local_storage().ok_or("This browser keeps nothing: save the design to a file.")?;
    let full = |_| "This browser has no room for more designs: forget some, or save to a file.".to_owned();
    storage.set_item(DESIGNS, &list_text(list)).map_err(full)
}

fn list_text(list: &[Kept]) -> String {
    let entry = |kept: &Kept| json!({ "name": kept.name, "at_ms": kept.at_ms, "state": kept.text });
    json!({ "version": 1, "designs": list.iter().map(entry).collect::<Vec<Value>>() }).to_string()
}

fn read_list(text: &str) -> Vec<Kept> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let text_of = |entry: &Value, field: &str| entry.get(field).and_then(Value::as_str).map(str::to_owned);
    let entry = |entry: &Value| {
        let at_ms = entry.get("at_ms").and_then(Value::as_f64).unwrap_or_default();
        Some(Kept { name: text_of(entry, "name")?, at_ms, text: text_of(entry, "state")? })
    };
    value
        .get("designs")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(entry).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_read_as_it_was_written_and_what_is_torn_is_left_out() {
        let list = vec![Kept { name: "Mine".to_owned(), at_ms: 1e12, text: "{}".to_owned() }];
        assert_eq!(read_list(&list_text(&list)), list);
        assert_eq!(read_list(r#"{"designs":[{"name":"x"},7]}"#), []);
        assert_eq!(read_list("torn"), []);
    }
}
