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

/// Which of `count` things `query` finds, by their names first, then by what else there is to say about them.
fn search(query: &str, count: usize, name: impl Fn(usize) -> String, rest: impl Fn(usize) -> String) -> Vec<usize> {
    let (by_name, others): (Vec<usize>, Vec<usize>) = (0..count).partition(|i| finds(query, &name(*i)));
    let by_rest = others.into_iter().filter(|i| finds(query, &format!("{} {}", name(*i), rest(*i))));
    by_name.into_iter().chain(by_rest).collect()
}

/// The next place after `at` among `count`, or the one before it, going round.
fn step(at: usize, is_back: bool, count: usize) -> usize {
    if count == 0 { 0 } else { (at + if is_back { count - 1 } else { 1 }) % count }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_order_and_steps_go_round() {
        assert!(finds("balan LOAD", "Load balancer") && !finds("cache load", "Load balancer"));
        let words = ["Users ask DNS", "DNS"];
        let found =
            search("dns", 2, |i| words[i].split(' ').next().unwrap_or_default().to_owned(), |i| words[i].to_owned());
        assert_eq!(found, [1, 0], "names come first");
        assert_eq!((step(0, true, 3), step(2, false, 3), step(4, false, 0)), (2, 0, 0));
    }
}
