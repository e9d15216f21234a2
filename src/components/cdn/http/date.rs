//! Dates of HTTP (RFC 9110, section 5.6.7), in seconds since 1970.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// Reads any of the three formats; `None` for everything else, and for dates before 1970.
pub fn read(text: &str) -> Option<u64> {
    let text = text.trim();
    let (day, month, year, time) = if let Some((_, rest)) = text.split_once(", ") {
        // `Sun, 06 Nov 1994 08:49:37 GMT`, and the obsolete `Sunday, 06-Nov-94 08:49:37 GMT`.
        let parts: Vec<&str> = rest.strip_suffix(" GMT")?.split([' ', '-']).collect();
        let [day, month, year, time] = parts[..] else { return None };
        (digits(day, 2)?, month, if year.len() == 2 { century(digits(year, 2)?) } else { digits(year, 4)? }, time)
    } else {
        // C's asctime: `Sun Nov  6 08:49:37 1994`.
        let parts: Vec<&str> = text.split_ascii_whitespace().collect();
        let [_, month, day, time, year] = parts[..] else { return None };
        (digits(day, day.len())?, month, digits(year, 4)?, time)
    };
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let parts: Vec<&str> = time.split(':').collect();
    let [hour, minute, second] = parts[..] else { return None };
    let (hour, minute, second) = (digits(hour, 2)?, digits(minute, 2)?, digits(second, 2)?);
    let is_date = (1..=31).contains(&day) && year >= 1970 && hour < 24 && minute < 60 && second <= 60;
    is_date.then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Writes the preferred format.
pub fn write(seconds: u64) -> String {
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
    let (weekday, month) = (WEEKDAYS[(days % 7) as usize], MONTHS[month as usize - 1]);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

fn digits(text: &str, count: usize) -> Option<u64> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// Two digits are a year between 1970 and 2069.
fn century(year: u64) -> u64 {
    if year < 70 { 2_000 + year } else { 1_900 + year }
}

/// Days from 1970 to a date of the Gregorian calendar, whose years are counted from March so that leap days come last.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    // 719,468 days lie between 1 March of year 0 and 1 January 1970.
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// The date that is `days` after 1 January 1970: the inverse of [`days`].
fn civil(count: u64) -> (u64, u64, u64) {
    // The average year is not shorter than this, so the guess is never too early by more than one.
    let mut year = 1970 + count / 366;
    while days(year + 1, 1, 1) <= count {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| days(year, *month, 1) <= count).unwrap_or(1);
    (year, month, count - days(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_formats_mean_the_same() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(read(text), Some(784_111_777), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "0",
            "-1",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 PST",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT",
            "Sun, 06 Nox 1994 08:49:37 GMT",
            "Thu, 01 Jan 1900 00:00:00 GMT",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        for seconds in [0, 59, 68_169_600, 951_782_400, 951_868_800, 1_704_067_199, 4_102_444_800] {
            assert_eq!(read(&write(seconds)), Some(seconds), "{}", write(seconds));
        }
        assert_eq!(write(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
