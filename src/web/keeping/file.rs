//! Files: a design that is saved where a person wants it.

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use crate::dom;

/// Gives `text` to the browser as a file called `name`.
pub fn save(name: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("application/json");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let anchor: HtmlAnchorElement = dom::document().create_element("a")?.unchecked_into();
    anchor.set_href(&address);
    anchor.set_download(name);
    anchor.click();
    Url::revoke_object_url(&address)
}

/// A name for the file of a design that is called `name`.
pub fn name_of(name: &str) -> String {
    let mut stem = String::new();
    for letter in name.trim().to_lowercase().chars() {
        if letter.is_alphanumeric() {
            stem.push(letter);
        } else if !stem.ends_with('-') && !stem.is_empty() {
            stem.push('-');
        }
    }
    let stem = stem.trim_end_matches('-');
    format!("{}.scalescope.json", if stem.is_empty() { "design" } else { stem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_like_the_design() {
        assert_eq!(name_of("Two servers, one dies!"), "two-servers-one-dies.scalescope.json");
        assert_eq!(name_of("  ../ "), "design.scalescope.json");
    }
}
