//! Numbers as they stand in tables.

/// A count with commas between thousands: `1,596,745`.
pub fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with what is counted: `1 link`, `2 links`.
pub fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(count))
}

/// A share or a figure of merit: `0.957`.
pub fn figure(value: f64) -> String {
    format!("{value:.3}")
}

/// A share that may be small, with three digits that count: `0.333`, `0.00502`.
pub fn small_share(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let decimals = (2 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
    format!("{value:.decimals$}")
}

/// A rate in words: `12.3 M`, `950`.
pub fn rate(value: f64) -> String {
    if value >= 1e6 {
        format!("{:.1} M", value / 1e6)
    } else if value >= 1e3 {
        format!("{:.1} k", value / 1e3)
    } else {
        format!("{value:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1000, 1_596_745].map(grouped), ["0", "999", "1,000", "1,596,745"]);
        assert_eq!([counted(1, "link"), counted(1000, "link")], ["1 link", "1,000 links"]);
    }

    #[test]
    fn small_shares_keep_three_digits() {
        assert_eq!(
            [0.0, 1.0, 1.0 / 3.0, 0.005_017, 0.000_012_34].map(small_share),
            ["0", "1.00", "0.333", "0.00502", "0.0000123"]
        );
    }

    #[test]
    fn rates_are_short() {
        assert_eq!([950.2, 12_345.0, 1.23e7].map(rate), ["950", "12.3 k", "12.3 M"]);
    }
}
