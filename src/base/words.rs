//! Words for people.

/// The text with a capital at its beginning.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_letter_changes() {
        assert_eq!(["", "a", "élan vital", "CPU", "1 s"].map(capitalised), ["", "A", "Élan vital", "CPU", "1 s"]);
    }
}
