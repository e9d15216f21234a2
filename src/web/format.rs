//! Numbers in words, for people.

use scalescope::base::words::capitalised;
/// `25,000`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A rate or another quantity with about three digits: `0.25`, `84.2`, `2,410`, `12.3k`, `1.05M`.
pub fn quantity(number: f64) -> String {
    let (size, sign) = (number.abs(), if number < 0.0 { "−" } else { "" });
    let text = match size {
        s if s >= 999_500.0 => format!("{}M", digits(s / 1e6)),
        s if s >= 9_999.5 => format!("{}k", digits(s / 1e3)),
        s if s >= 999.5 => count(s.round() as u64),
        s => digits(s),
    };
    format!("{sign}{text}")
}

/// Three digits, without zeros at the end.
fn digits(size: f64) -> String {
    let text = match size {
        s if s >= 99.95 => format!("{s:.0}"),
        s if s >= 9.995 => format!("{s:.1}"),
        s => format!("{s:.2}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A duration as its number and its unit: `("84.2", "ms")`.
pub fn seconds(seconds: f64) -> (String, &'static str) {
    match seconds {
        0.0 => ("0".to_owned(), "ms"),
        s if s < 0.000_999_5 => (digits(s * 1e6), "µs"),
        s if s < 0.999_5 => (digits(s * 1e3), "ms"),
        s if s < 599.5 => (digits(s), "s"),
        s => (digits(s / 60.0), "min"),
    }
}

/// As [`seconds`], in one piece.
pub fn duration(length_s: f64) -> String {
    let (number, unit) = seconds(length_s);
    format!("{number} {unit}")
}

/// The simulated clock: `12.340 s`, `3 min 07.25 s`.
pub fn clock(time_s: f64) -> String {
    if time_s < 60.0 {
        format!("{time_s:.3} s")
    } else {
        let minutes = (time_s / 60.0).floor();
        format!("{minutes} min {:05.2} s", time_s - minutes * 60.0)
    }
}

/// `78 %`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 9.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

/// `64 MB`.
pub fn bytes(bytes: u64) -> String {
    let scaled = |unit: f64, name: &str| format!("{} {name}", digits(bytes as f64 / unit));
    match bytes {
        b if b < 1_000 => format!("{b} B"),
        b if b < 999_500 => scaled(1e3, "kB"),
        b if b < 999_500_000 => scaled(1e6, "MB"),
        _ => scaled(1e9, "GB"),
    }
}

/// `$0.0012`, `$84.20`, `$1,240`.
pub fn dollars(amount: f64) -> String {
    match amount {
        a if a >= 1_000.0 => format!("${}", count(a.round() as u64)),
        a if a >= 0.1 => format!("${a:.2}"),
        a if a > 0.0 => format!("${}", digits_of_small(a)),
        _ => "$0".to_owned(),
    }
}

/// Two digits that count of a number below one.
fn digits_of_small(number: f64) -> String {
    let zeros = (-libm::log10(number)).floor().max(0.0) as usize;
    format!("{number:.*}", (zeros + 2).min(12))
}

/// Simulated over wall time: `1/20`, `1×`, `2.5×`.
pub fn speed(speed: f64) -> String {
    if speed < 0.999 {
        let slower = 1.0 / speed;
        let whole = if slower < 10.0 {
            format!("{slower:.1}").trim_end_matches(".0").to_owned()
        } else {
            count(slower.round() as u64)
        };
        format!("1/{whole}")
    } else {
        format!("{}×", digits(speed))
    }
}

/// `25,000 users`, `1.2 million users`.
pub fn users(users: u32) -> String {
    match users {
        1 => "1 user".to_owned(),
        n if n >= 1_000_000 => format!("{} million users", digits(f64::from(n) / 1e6)),
        n => format!("{} users", count(n.into())),
    }
}

/// A name of a document as a word for people: `queue_limit` → `Queue limit`.
pub fn name(name: &str) -> String {
    capitalised(&name.trim_end_matches("_per_s").replace('_', " "))
}

/// `number` to two digits, so that sliders give numbers that one can say.
pub fn round(number: f64) -> f64 {
    if number <= 0.0 {
        return 0.0;
    }
    let size = libm::pow(10.0, libm::floor(libm::log10(number)) - 1.0);
    let digits = (number / size).round();
    // 1 / 10ⁿ is nearer to what one means than 10⁻ⁿ.
    if size < 1.0 { digits / (1.0 / size).round() } else { digits * size.round() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_about_three_digits() {
        let cases =
            [(0.0, "0"), (0.254, "0.25"), (84.23, "84.2"), (100.0, "100"), (2410.4, "2,410"), (12_340.0, "12.3k")];
        for (number, text) in cases {
            assert_eq!(quantity(number), text);
        }
        assert_eq!(quantity(1_050_000.0), "1.05M");
        assert_eq!(quantity(999_900.0), "1M");
    }

    #[test]
    fn amounts_keep_two_digits_that_count() {
        let cases = [(0.0, "$0"), (0.001_23, "$0.0012"), (0.25, "$0.25"), (84.2, "$84.20"), (1_240.4, "$1,240")];
        for (amount, text) in cases {
            assert_eq!(dollars(amount), text);
        }
    }

    #[test]
    fn times_choose_their_unit() {
        assert_eq!(duration(0.0842), "84.2 ms");
        assert_eq!(duration(0.000_02), "20 µs");
        assert_eq!(duration(1.5), "1.5 s");
        assert_eq!(clock(12.34), "12.340 s");
        assert_eq!(clock(187.25), "3 min 07.25 s");
    }

    #[test]
    fn speeds_are_fractions_below_one() {
        let cases = [(0.05, "1/20"), (1e-4, "1/10,000"), (1.0, "1×"), (10.0, "10×"), (0.4, "1/2.5"), (0.5, "1/2")];
        for (number, text) in cases {
            assert_eq!(speed(number), text);
        }
    }

    #[test]
    fn sliders_give_numbers_of_two_digits() {
        for (number, rounded) in [(1.0, 1.0), (24_870.0, 25_000.0), (0.0501, 0.05), (9_999_999.0, 10_000_000.0)] {
            assert!((round(number) - rounded).abs() < 1e-12, "{number}: {}", round(number));
        }
    }

    #[test]
    fn names_become_words() {
        assert_eq!(name("queue_limit"), "Queue limit");
        assert_eq!(name("rate_per_user_per_s"), "Rate per user");
        assert_eq!(users(1_200_000), "1.2 million users");
        assert_eq!(count(10_000_000), "10,000,000");
        assert_eq!(bytes(64_000_000), "64 MB");
    }
}
