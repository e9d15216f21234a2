//! The palette of parts: what a system can be built from, to be dragged onto the drawing or placed by a key; and the palette of
//! commands, which reaches everything by its name.

mod commands;
mod parts;

pub use commands::Commands;
pub use parts::Parts;

/// Whether all words of `query` are in `text`, whatever their case.
fn finds(query: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    query.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

/// The place `by` steps on from `at` among `count`, going round.
fn step(at: usize, by: isize, count: usize) -> usize {
    if count == 0 { 0 } else { (at as isize + by).rem_euclid(count as isize) as usize }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_order_and_steps_go_round() {
        assert!(finds("balan LOAD", "Load balancer") && !finds("cache load", "Load balancer"));
        assert_eq!((step(0, -1, 3), step(2, 1, 3), step(4, 1, 0)), (2, 0, 0));
    }
}
