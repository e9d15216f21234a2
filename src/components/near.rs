//! What is near: the lowest latency counts, and of equals each user has its own.

use crate::base::SimDuration;

/// The users' `rank`-th choice of `ways`, which are sorted by latency.
pub fn choice<T: Copy>(ways: &[(SimDuration, T)], user: u32, rank: usize) -> Option<T> {
    let (latency, _) = ways.get(rank)?;
    let first = ways.partition_point(|(other, _)| other < latency);
    let equals = ways.partition_point(|(other, _)| other <= latency) - first;
    let turn = (user as usize + rank - first) % equals;
    Some(ways[first + turn].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_comes_first_and_equals_are_shared() {
        let ways =
            [(1, 'a'), (2, 'b'), (2, 'c'), (2, 'd'), (9, 'e')].map(|(ms, way)| (SimDuration::from_millis(ms), way));
        let order = |user| (0..6).map_while(|rank| choice(&ways, user, rank)).collect::<String>();
        assert_eq!([0, 1, 5].map(order), ["abcde", "acdbe", "adbce"]);
        assert_eq!(choice::<char>(&[], 3, 0), None);
    }
}
