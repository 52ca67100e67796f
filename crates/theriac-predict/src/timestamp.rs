//! Instants, to the second, as cards, pages and shortlists keep them.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

const SECONDS_PER_DAY: u64 = 86_400;
/// 1970-01-01 in days since 0000-03-01.
const EPOCH: u64 = 719_468;
/// 9999-12-31T23:59:59Z, the last instant whose year has four digits.
const LAST: u64 = 253_402_300_799;

/// An instant between 1970 and 9999, to the second. Its text form is RFC 3339 in UTC, and no other is read.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use theriac_predict::timestamp::Timestamp;
///
/// let pinned = Timestamp::at(UNIX_EPOCH + Duration::from_secs(951_782_400));
/// assert_eq!(pinned.to_string(), "2000-02-29T00:00:00Z");
/// assert_eq!("2000-02-29T00:00:00Z".parse(), Ok(pinned));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z, [`LAST`] at most.
    seconds: u64,
}

/// A text is no instant as they are written here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{found}' is not a time; expected one in UTC as 2026-03-01T09:30:00Z")]
pub struct TimestampError {
    /// The text that was given.
    pub found: String,
}

/// Now, as RFC 3339 in UTC: `2026-03-01T09:30:00Z`.
pub fn now() -> String {
    Timestamp::at(SystemTime::now()).to_string()
}

impl Timestamp {
    /// The instant that a clock shows. One before 1970 or after 9999 is taken for the nearest within.
    pub fn at(time: SystemTime) -> Self {
        let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self { seconds: seconds.min(LAST) }
    }
}

/// The date follows Hinnant's `civil_from_days`, whose year begins in March so that a leap day is its last.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, time) = (self.seconds / SECONDS_PER_DAY + EPOCH, self.seconds % SECONDS_PER_DAY);
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = 400 * era + year_of_era + u64::from(month <= 2);
        let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        // A date that there is not, such as the 31st of April, does not come back as it was written.
        seconds(text)
            .filter(|&seconds| seconds <= LAST)
            .map(|seconds| Self { seconds })
            .filter(|timestamp| timestamp.to_string() == text)
            .ok_or_else(|| TimestampError { found: text.into() })
    }
}

/// Seconds since 1970 by the digits of a text, after Hinnant's `days_from_civil`.
fn seconds(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let [month, day] = [number(5, 7)?, number(8, 10)?];
    let [hour, minute, second] = [number(11, 13)?, number(14, 16)?, number(17, 19)?];
    let year = number(0, 4)?.checked_sub(u64::from(month <= 2))?;
    let (era, year_of_era) = (year / 400, year % 400);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = ((153 * month_from_march + 2) / 5 + day).checked_sub(1)?;
    let days = (146_097 * era + 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year)
        .checked_sub(EPOCH)?;
    Some(days * SECONDS_PER_DAY + 3600 * hour + 60 * minute + second)
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.to_string()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, TimestampError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_instants() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_234_567_890, "2009-02-13T23:31:30Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (LAST, "9999-12-31T23:59:59Z"),
            (LAST + 1, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::at(UNIX_EPOCH + Duration::from_secs(seconds)).to_string(), expected);
        }
        let before = Timestamp::at(UNIX_EPOCH - Duration::from_secs(1));
        assert_eq!(before.to_string(), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "2026-03-01",
            "2026-03-01T09:30:00",
            "2026-03-01T09:30:00+01:00",
            "2026-03-01T09:30:00.5Z",
            "2026-03-01 09:30:00Z",
            "2026-04-31T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "1969-12-31T23:59:59Z",
            "0000-01-01T00:00:00Z",
            "+026-01-01T00:00:00Z",
            "2026-01-01T00:00:00Zé",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text:?} was taken for a time");
        }
    }

    proptest! {
        #[test]
        fn an_instant_survives_its_text_form(seconds in 0..=LAST) {
            let timestamp = Timestamp { seconds };
            prop_assert_eq!(timestamp.to_string().parse(), Ok(timestamp));
        }

        #[test]
        fn later_instants_have_greater_texts(one in 0..=LAST, other in 0..=LAST) {
            let (one, other) = (Timestamp { seconds: one }, Timestamp { seconds: other });
            prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
        }
    }
}
