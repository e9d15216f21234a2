//! Links that hold a whole design: its text, deflated by the browser, in letters that an address may have.

use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStream, ReadableStreamDefaultReader, ReadableWritablePair};

use crate::dom;

/// What the part of an address after `#` begins with, if it holds a design.
const MARK: &str = "d=";
/// Most bytes that a link may unfold to.
const LARGEST: usize = 16 << 20;
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The address of this page that holds `text`.
pub async fn link_to(text: &str) -> Result<String, String> {
    let stream = stream("CompressionStream")?;
    let packed = through(text.as_bytes(), &stream).await?;
    let location = dom::window().location();
    let origin = location.origin().unwrap_or_default();
    let path = location.pathname().unwrap_or_default();
    Ok(format!("{origin}{path}#{MARK}{}", to_letters(&packed)))
}

/// Whether the part of an address after `#` holds a design.
pub fn holds_design(hash: &str) -> bool {
    hash.trim_start_matches('#').starts_with(MARK)
}

/// The text in the part of an address after `#`.
pub async fn text_in(hash: &str) -> Result<String, String> {
    let letters = hash.trim_start_matches('#').strip_prefix(MARK).unwrap_or_default();
    let packed = from_letters(letters).ok_or("it has been cut or changed")?;
    let stream = stream("DecompressionStream")?;
    let bytes = through(&packed, &stream).await?;
    String::from_utf8(bytes).map_err(|_| "it has been cut or changed".to_owned())
}

/// One of the browser's own streams for the deflate format (RFC 1951).
fn stream(class: &str) -> Result<ReadableWritablePair, String> {
    let make = || {
        let class: Function = Reflect::get(&js_sys::global(), &class.into())?.dyn_into()?;
        Reflect::construct(&class, &Array::of1(&"deflate-raw".into()))
    };
    let stream = make().map_err(|_| "this browser cannot fold designs into links".to_owned())?;
    Ok(stream.unchecked_into())
}

/// `bytes`, as they come out of `stream`.
async fn through(bytes: &[u8], stream: &ReadableWritablePair) -> Result<Vec<u8>, String> {
    let say = |error: JsValue| dom::describe(&error);
    let blob = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))).map_err(say)?;
    let piped: ReadableStream = blob.stream().pipe_through(stream);
    let reader: ReadableStreamDefaultReader = piped.get_reader().unchecked_into();
    let mut all = Vec::new();
    loop {
        let chunk = JsFuture::from(reader.read()).await.map_err(|_| "it has been cut or changed")?;
        let field = |name: &str| Reflect::get(&chunk, &name.into()).unwrap_or_default();
        if field("done").is_truthy() {
            return Ok(all);
        }
        all.extend(field("value").unchecked_into::<Uint8Array>().to_vec());
        if all.len() > LARGEST {
            // Nobody waits for the end of it.
            drop(reader.cancel());
            return Err("it is too large for a design".to_owned());
        }
    }
}

/// Six bits a letter (RFC 4648, for addresses, without padding).
fn to_letters(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 3);
    for three in bytes.chunks(3) {
        let word = three.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for i in 0..=three.len() {
            text.push(char::from(LETTERS[(word >> (18 - 6 * i) & 63) as usize]));
        }
    }
    text
}

fn from_letters(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for four in text.as_bytes().chunks(4) {
        let mut word = 0;
        for letter in four {
            word = word << 6 | LETTERS.iter().position(|other| other == letter)? as u32;
        }
        word <<= 6 * (4 - four.len());
        let count = four.len().checked_sub(1).filter(|count| *count > 0)?;
        bytes.extend_from_slice(&word.to_be_bytes()[1..=count]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_the_way_through_letters() {
        let bytes: Vec<u8> = (0..=255).collect();
        for length in [0, 1, 2, 3, 4, 255, 256] {
            let letters = to_letters(&bytes[..length]);
            assert!(letters.bytes().all(|letter| LETTERS.contains(&letter)));
            assert_eq!(from_letters(&letters).as_deref(), Some(&bytes[..length]));
        }
        assert_eq!(from_letters("A"), None);
        assert_eq!(from_letters("a b"), None);
        assert!(holds_design("#d=abc") && !holds_design("#top") && !holds_design(""));
    }
}
