//! When a schedule works: `rate(5 minutes)`, `cron(0 18 ? * MON-FRI *)`, `at(2026-11-22T18:00:00)`, in a time zone.
//!
//! Source: EventBridge Scheduler User Guide, "Schedule types in EventBridge Scheduler".

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::services::events::{MINUTE_MS, Schedule};

/// The times of a schedule.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Repeated(Schedule),
    /// Once.
    At(DateTime),
}

impl Expression {
    /// Reads an expression; none when it is not one.
    pub fn parse(text: &str) -> Option<Expression> {
        match text.strip_prefix("at(").and_then(|rest| rest.strip_suffix(')')) {
            Some(at) => at.parse().ok().map(Expression::At),
            None => Schedule::parse(text).map(Expression::Repeated),
        }
    }

    /// Whether it is time in the minute that begins at `minute_ms`, for a schedule that began at `since_ms`.
    pub fn is_due(&self, minute_ms: i64, since_ms: i64, zone: &TimeZone) -> bool {
        match self {
            Expression::Repeated(schedule) => schedule.is_due_in(minute_ms, since_ms, zone),
            Expression::At(at) => at.to_zoned(zone.clone()).is_ok_and(|at| {
                at.timestamp().as_millisecond().div_euclid(MINUTE_MS) == minute_ms.div_euclid(MINUTE_MS)
            }),
        }
    }
}

/// A time zone by its IANA name, as far as this machine knows it; UTC without a name.
pub fn zone(name: Option<&str>) -> Option<TimeZone> {
    match name {
        None | Some("UTC") => Some(TimeZone::UTC),
        Some(name) => TimeZone::get(name).ok(),
    }
}

/// Milliseconds since 1970 of a member that is seconds since 1970.
pub fn millis(seconds: f64) -> Option<i64> {
    Timestamp::from_nanosecond((seconds * 1e9) as i128).ok().map(|at| at.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_due(expression: &str, at: &str, zone: &TimeZone) -> bool {
        let at: Timestamp = at.parse().unwrap();
        Expression::parse(expression).unwrap().is_due(at.as_millisecond(), 0, zone)
    }

    #[test]
    fn a_time_of_day_is_that_of_the_zone() {
        let zone = TimeZone::fixed(jiff::tz::offset(-5));
        assert!(is_due("cron(0 9 * * ? *)", "2026-11-22T14:00:00Z", &zone));
        assert!(!is_due("cron(0 9 * * ? *)", "2026-11-22T09:00:00Z", &zone));
        assert!(is_due("at(2026-11-22T09:00:00)", "2026-11-22T14:00:00Z", &zone));
        assert!(!is_due("at(2026-11-22T09:00:00)", "2026-11-22T14:01:00Z", &zone));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in ["at(tomorrow)", "at(2026-13-01T00:00:00)", "rate(1 minutes)", "once"] {
            assert_eq!(Expression::parse(text), None, "{text}");
        }
    }
}
