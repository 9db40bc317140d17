//! Timestamps as the protocols write them.

use jiff::Timestamp;
use serde_json::Value;

/// Seconds since 1970 (with a fraction) as `2026-11-22T15:41:41.123Z`; `None` for what is no number in range.
pub fn iso8601(seconds: &Value) -> Option<String> {
    Some(instant(seconds)?.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

/// Seconds since 1970 as `2026-11-22T15:41:41Z`.
pub fn iso8601_seconds(seconds: &Value) -> Option<String> {
    Some(instant(seconds)?.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Seconds since 1970 as HTTP's headers want them: `Sun, 22 Nov 2026 15:41:41 GMT`.
pub fn http_date(seconds: &Value) -> Option<String> {
    Some(instant(seconds)?.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// The seconds that an HTTP date or an ISO 8601 text names.
pub fn parse(text: &str) -> Option<f64> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_millisecond() as f64 / 1000.0);
    }
    let time = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(time.timestamp().as_millisecond() as f64 / 1000.0)
}

fn instant(seconds: &Value) -> Option<Timestamp> {
    let seconds = seconds.as_f64()?;
    if !seconds.is_finite() || seconds.abs() > 1e12 {
        return None;
    }
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
}
