//! Numbers with a unit suffix (`250ms`, `64MB`), read and written exactly.

/// Splits `text` into its number and its unit suffix, both trimmed.
pub fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    (text[..end].trim(), text[end..].trim())
}

/// `number` × `scale` as an integer, computed in decimal so that `0.1 × 1_000_000` is exact.
///
/// Returns `None` for anything but plain non-negative decimal digits, or on overflow. Digits finer than one are dropped.
pub fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut total = u128::from(whole) * u128::from(scale);
    let mut place = u128::from(scale) * 1_000_000_000_000_000_000;
    for digit in fraction.bytes().take(18) {
        place /= 10;
        total += u128::from(digit - b'0') * place / 1_000_000_000_000_000_000;
    }
    u64::try_from(total).ok()
}

/// Writes `value` with the largest unit that divides it exactly; the last unit in `units` must be 1.
pub fn exact(value: u64, units: &[(&str, u64)]) -> String {
    let (name, scale) = units
        .iter()
        .find(|(_, scale)| value >= *scale && value.is_multiple_of(*scale))
        .unwrap_or_else(|| units.last().expect("a unit table is never empty"));
    format!("{}{name}", value / scale)
}
