//! Numbers as they are printed.

/// What stands for a value that is missing or not finite.
pub const MISSING: &str = "–";

/// `value` with so many digits after the point and a true minus sign.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return MISSING.into();
    }
    let digits = format!("{:.decimals$}", value.abs());
    // What rounds to zero has no sign.
    let is_zero = digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !is_zero { format!("−{digits}") } else { digits }
}

/// `value` as [`fixed`], with a sign before positive numbers too.
pub fn signed(value: f64, decimals: usize) -> String {
    let digits = fixed(value, decimals);
    let is_zero = digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value.is_finite() && value > 0.0 && !is_zero { format!("+{digits}") } else { digits }
}

/// `value` as [`fixed`], or a dash.
pub fn optional(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| MISSING.into(), |value| fixed(value, decimals))
}

/// Both ends of an interval: "0.412 to 0.448".
pub fn interval(low: f64, high: f64, decimals: usize) -> String {
    format!("{} to {}", fixed(low, decimals), fixed(high, decimals))
}

/// A probability under the null hypothesis: "p < 0.001", "p = 0.012".
pub fn p_value(p: f64) -> String {
    if !p.is_finite() {
        MISSING.into()
    } else if p < 0.001 {
        "p < 0.001".into()
    } else if p < 0.1 {
        format!("p = {p:.3}")
    } else {
        format!("p = {p:.2}")
    }
}

/// A count with its thousands apart: "12,345".
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut apart = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

/// A share as a percentage: "12.3 %"; small ones keep two significant digits.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = match percent.abs() {
        size if size >= 1.0 || size == 0.0 => 1,
        size if size >= 0.1 => 2,
        _ => 3,
    };
    if percent.is_finite() { format!("{}\u{a0}%", fixed(percent, decimals)) } else { MISSING.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_true_and_zero_has_none() {
        assert_eq!(fixed(-0.1234, 3), "−0.123");
        assert_eq!(fixed(-0.0001, 3), "0.000");
        assert_eq!(signed(0.05, 2), "+0.05");
        assert_eq!(signed(0.0001, 2), "0.00");
        assert_eq!(signed(-1.0, 1), "−1.0");
    }

    #[test]
    fn what_is_not_finite_is_a_dash() {
        assert_eq!(fixed(f64::NAN, 2), MISSING);
        assert_eq!(signed(f64::INFINITY, 2), MISSING);
        assert_eq!(p_value(f64::NAN), MISSING);
        assert_eq!(percent(f64::NAN), MISSING);
        assert_eq!(optional(None, 2), MISSING);
    }

    #[test]
    fn small_p_values_are_bounds() {
        assert_eq!(p_value(0.0002), "p < 0.001");
        assert_eq!(p_value(0.0123), "p = 0.012");
        assert_eq!(p_value(0.456), "p = 0.46");
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(count(7), "7");
        assert_eq!(count(123), "123");
        assert_eq!(count(1234), "1,234");
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn small_shares_keep_digits() {
        assert_eq!(percent(0.0909), "9.1\u{a0}%");
        assert_eq!(percent(0.0023), "0.23\u{a0}%");
        assert_eq!(percent(0.0), "0.0\u{a0}%");
    }
}
