//! The times at which a rule works: `rate(5 minutes)`, `cron(0 18 ? * MON-FRI *)`, in UTC.
//!
//! Source: Amazon EventBridge User Guide, "Creating a scheduled rule".

use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Minutes from the start of one minute to the next, in milliseconds.
pub const MINUTE_MS: i64 = 60_000;

/// A schedule.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// Every so many minutes.
    Rate(i64),
    Cron(Box<Cron>),
}

/// The fields of a cron expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Cron {
    minutes: Vec<i64>,
    hours: Vec<i64>,
    day_of_month: Day,
    months: Vec<i64>,
    day_of_week: Day,
    years: Vec<i64>,
}

/// A field of days.
#[derive(Clone, Debug, PartialEq)]
enum Day {
    /// `?`: the other field of days rules.
    Any,
    OneOf(Vec<i64>),
    /// `L`, `5L`: the last day of the month, or the last such weekday of it.
    Last(Option<i64>),
    /// `15W`: the weekday nearest to that day.
    Nearest(i64),
    /// `3#2`: the second such weekday of the month.
    Nth(i64, i64),
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Schedule {
    /// Reads a schedule; none when it is not one.
    pub fn parse(text: &str) -> Option<Schedule> {
        let (kind, rest) = text.split_once('(')?;
        let inside = rest.strip_suffix(')')?;
        match kind {
            "rate" => rate(inside),
            "cron" => Cron::parse(inside).map(|cron| Schedule::Cron(Box::new(cron))),
            _ => None,
        }
    }

    /// Whether it is time in the minute that begins at `minute_ms`, for a rule that was put at `since_ms`.
    pub fn is_due(&self, minute_ms: i64, since_ms: i64) -> bool {
        self.is_due_in(minute_ms, since_ms, &TimeZone::UTC)
    }

    /// The same with times of day in a zone.
    pub fn is_due_in(&self, minute_ms: i64, since_ms: i64, zone: &TimeZone) -> bool {
        match self {
            Schedule::Rate(minutes) => {
                let passed = minute_ms.div_euclid(MINUTE_MS) - since_ms.div_euclid(MINUTE_MS);
                passed > 0 && passed % minutes == 0
            }
            Schedule::Cron(cron) => cron.is_due(minute_ms, zone),
        }
    }
}

/// `5 minutes`; one of something is written in the singular.
fn rate(text: &str) -> Option<Schedule> {
    let mut words = text.split_whitespace();
    let (number, unit, None) = (words.next()?.parse::<i64>().ok()?, words.next()?, words.next()) else { return None };
    let minutes = match (number, unit) {
        (1, "minute") | (2.., "minutes") => 1,
        (1, "hour") | (2.., "hours") => 60,
        (1, "day") | (2.., "days") => 24 * 60,
        _ => return None,
    };
    number.checked_mul(minutes).map(Schedule::Rate)
}

impl Cron {
    fn parse(text: &str) -> Option<Cron> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, day_of_month, months, day_of_week, years] = fields.as_slice() else { return None };
        let cron = Cron {
            minutes: values(minutes, 0..=59, &[], 0)?,
            hours: values(hours, 0..=23, &[], 0)?,
            day_of_month: day_of_month_of(day_of_month)?,
            months: values(months, 1..=12, &MONTHS, 1)?,
            day_of_week: day_of_week_of(day_of_week)?,
            years: values(years, 1970..=2199, &[], 0)?,
        };
        // One of the two has to say `?`.
        ((cron.day_of_month == Day::Any) != (cron.day_of_week == Day::Any)).then_some(cron)
    }

    fn is_due(&self, minute_ms: i64, zone: &TimeZone) -> bool {
        let Ok(at) = Timestamp::from_millisecond(minute_ms) else { return false };
        let at = at.to_zoned(zone.clone());
        self.minutes.contains(&i64::from(at.minute()))
            && self.hours.contains(&i64::from(at.hour()))
            && self.months.contains(&i64::from(at.month()))
            && self.years.contains(&i64::from(at.year()))
            && self.is_day(at.date())
    }

    fn is_day(&self, date: Date) -> bool {
        let (day, last) = (i64::from(date.day()), i64::from(date.days_in_month()));
        let weekday = i64::from(date.weekday().to_sunday_one_offset());
        let by_month = match &self.day_of_month {
            Day::OneOf(days) => days.contains(&day),
            Day::Last(_) => day == last,
            Day::Nearest(wanted) => day == nearest_weekday(date, (*wanted).min(last), last),
            Day::Any | Day::Nth(..) => true,
        };
        let by_week = match &self.day_of_week {
            Day::OneOf(days) => days.contains(&weekday),
            Day::Last(wanted) => weekday == wanted.unwrap_or(7) && day + 7 > last,
            Day::Nth(wanted, nth) => weekday == *wanted && (day - 1) / 7 + 1 == *nth,
            Day::Any | Day::Nearest(_) => true,
        };
        by_month && by_week
    }
}

/// The day from Monday to Friday of the same month that is nearest to a day of it.
fn nearest_weekday(date: Date, wanted: i64, last: i64) -> i64 {
    let weekday = i8::try_from(wanted).ok().and_then(|day| Date::new(date.year(), date.month(), day).ok());
    match weekday.map(|date| date.weekday().to_sunday_one_offset()) {
        Some(7) if wanted == 1 => 3,
        Some(7) => wanted - 1,
        Some(1) if wanted == last => wanted - 2,
        Some(1) => wanted + 1,
        _ => wanted,
    }
}

fn day_of_month_of(field: &str) -> Option<Day> {
    if field == "?" {
        return Some(Day::Any);
    }
    if field == "L" {
        return Some(Day::Last(None));
    }
    if let Some(day) = field.strip_suffix('W') {
        return number(day, &(1..=31), &[], 0).map(Day::Nearest);
    }
    values(field, 1..=31, &[], 0).map(Day::OneOf)
}

fn day_of_week_of(field: &str) -> Option<Day> {
    let day = |text: &str| number(text, &(1..=7), &DAYS, 1);
    if field == "?" {
        return Some(Day::Any);
    }
    if field == "L" {
        return Some(Day::Last(None));
    }
    if let Some((weekday, nth)) = field.split_once('#') {
        return Some(Day::Nth(day(weekday)?, number(nth, &(1..=5), &[], 0)?));
    }
    if let Some(weekday) = field.strip_suffix('L') {
        return Some(Day::Last(Some(day(weekday)?)));
    }
    values(field, 1..=7, &DAYS, 1).map(Day::OneOf)
}

/// `*`, `5`, `1-5`, `*/10`, `2-20/3`, and lists of these.
fn values(field: &str, range: RangeInclusive<i64>, names: &[&str], first: i64) -> Option<Vec<i64>> {
    let mut values = Vec::new();
    for part in field.split(',') {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => (span, Some(step.parse::<usize>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (from, to) = match span.split_once('-') {
            _ if span == "*" => (*range.start(), *range.end()),
            Some((from, to)) => (number(from, &range, names, first)?, number(to, &range, names, first)?),
            None => {
                let only = number(span, &range, names, first)?;
                (only, if step.is_some() { *range.end() } else { only })
            }
        };
        // `FRI-MON` goes over the end of the week.
        let all: Vec<i64> = match from <= to {
            true => (from..=to).collect(),
            false => (from..=*range.end()).chain(*range.start()..=to).collect(),
        };
        values.extend(all.into_iter().step_by(step.unwrap_or(1)));
    }
    Some(values)
}

fn number(text: &str, range: &RangeInclusive<i64>, names: &[&str], first: i64) -> Option<i64> {
    let named = names.iter().position(|name| name.eq_ignore_ascii_case(text)).and_then(|at| i64::try_from(at).ok());
    let number = named.map(|at| at + first).or_else(|| text.parse().ok())?;
    range.contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_due(schedule: &str, at: &str) -> bool {
        let at: Timestamp = at.parse().unwrap();
        Schedule::parse(schedule).unwrap().is_due(at.as_millisecond(), 0)
    }

    #[test]
    fn cron_expressions_of_the_guide_are_due_when_it_says() {
        for (schedule, at, due) in [
            ("cron(0 10 * * ? *)", "2026-11-22T10:00:00Z", true),
            ("cron(0 10 * * ? *)", "2026-11-22T10:01:00Z", false),
            ("cron(0 18 ? * MON-FRI *)", "2026-11-23T18:00:00Z", true),
            ("cron(0 18 ? * MON-FRI *)", "2026-11-22T18:00:00Z", false),
            ("cron(0/15 * * * ? *)", "2026-11-22T07:45:00Z", true),
            ("cron(0 8 1 * ? *)", "2026-12-01T08:00:00Z", true),
            ("cron(0 0 L * ? *)", "2028-02-29T00:00:00Z", true),
            ("cron(0 0 ? * 6L *)", "2026-11-27T00:00:00Z", true),
            ("cron(0 0 ? * 6L *)", "2026-11-20T00:00:00Z", false),
            ("cron(0 9 ? * 2#1 *)", "2026-11-02T09:00:00Z", true),
            ("cron(0 9 15W * ? *)", "2026-11-16T09:00:00Z", true),
            ("cron(0 9 ? JAN,NOV SUN 2026)", "2026-11-22T09:00:00Z", true),
            ("cron(0 9 ? * SAT-MON *)", "2026-11-22T09:00:00Z", true),
        ] {
            assert_eq!(is_due(schedule, at), due, "{schedule} {at}");
        }
    }

    #[test]
    fn rates_count_from_when_the_rule_was_put() {
        let every = Schedule::parse("rate(5 minutes)").unwrap();
        let due: Vec<i64> = (0..=12).filter(|minute| every.is_due(minute * MINUTE_MS, 30_000 + MINUTE_MS)).collect();
        assert_eq!(due, [6, 11]);
        assert_eq!(Schedule::parse("rate(1 day)"), Some(Schedule::Rate(1440)));
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for text in [
            "rate(1 minutes)",
            "rate(5 minute)",
            "rate(0 minutes)",
            "rate(x hours)",
            "every day",
            "cron(* * * * * *)",
            "cron(0 10 * * ?)",
            "cron(60 10 * * ? *)",
            "cron(0 10 ? * ? *)",
            "cron(0 10 * FOO ? *)",
            "cron(*/0 * * * ? *)",
        ] {
            assert_eq!(Schedule::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(rate|cron)\\([0-9*/?LW# ,A-Z-]{0,24}\\)", minute in 0_i64..4_000_000_000) {
            if let Some(schedule) = Schedule::parse(&text) {
                let _ = schedule.is_due(minute * 1000, 0);
            }
        }
    }
}
