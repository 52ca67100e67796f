//! Numbers as they stand in tables.

pub use theriac_graph::wording::{grouped, percent};

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
    fn things_are_counted() {
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
