//! Times at which functions and state machines run.
//!
//! Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>,
//! <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Span;
use crate::stack::Stack;
use crate::stack::event::{Event, ScheduleChoice};
use crate::stack::state_machine::MachineEvent;

/// Checks the `schedule` events.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    let of_functions =
        stack.functions.iter().flat_map(|function| &function.value.events).filter_map(|event| match event {
            Event::Schedule(schedule) => Some(schedule.as_ref()),
            _ => None,
        });
    let of_machines = stack.machines.iter().flat_map(|machine| &machine.value.events).filter_map(|event| match event {
        MachineEvent::Schedule(schedule) => Some(schedule.as_ref()),
        _ => None,
    });
    for schedule in of_functions.chain(of_machines) {
        for (rate, span) in rates(schedule) {
            if let Some(hint) = fault(rate.trim(), is_scheduler(schedule)) {
                let message = format!("`{rate}` is no schedule");
                found.push(Diagnostic::error(Code::WrongType, span, message).hint(hint));
            }
        }
    }
}

fn rates(schedule: &ScheduleChoice) -> Vec<(&str, Span)> {
    match schedule {
        ScheduleChoice::Rate(rate) if rate.secret => Vec::new(),
        ScheduleChoice::Rate(rate) => vec![(rate.as_str(), rate.span)],
        ScheduleChoice::Detailed(details) => {
            let plain = details.rate.iter().filter(|rate| !rate.secret);
            plain.filter_map(|rate| Some((rate.as_str()?, rate.span))).collect()
        }
    }
}

/// Whether EventBridge Scheduler runs it, rather than a rule of EventBridge.
fn is_scheduler(schedule: &ScheduleChoice) -> bool {
    match schedule {
        ScheduleChoice::Rate(_) => false,
        ScheduleChoice::Detailed(details) => {
            details.method.as_ref().is_some_and(|method| method.as_str().eq_ignore_ascii_case("scheduler"))
        }
    }
}

/// What to write instead, if AWS does not take the text.
fn fault(text: &str, scheduler: bool) -> Option<String> {
    let general = || Some("write `rate(5 minutes)`, `cron(0 12 * * ? *)` or `at(2030-01-01T12:00:00)`".to_owned());
    let Some((kind, inner)) = text.split_once('(').and_then(|(kind, rest)| Some((kind, rest.strip_suffix(')')?)))
    else {
        return general();
    };
    let words: Vec<&str> = inner.split_whitespace().collect();
    match kind {
        "rate" => rate_fault(&words, scheduler),
        "cron" => cron_fault(&words),
        "at" if !scheduler => Some("only the scheduler takes `at`: add `method: scheduler` beside it".to_owned()),
        "at" if words.len() == 1 && inner.contains('T') => None,
        "at" => Some("write a moment without its zone: `at(2030-01-01T12:00:00)`".to_owned()),
        _ => general(),
    }
}

/// A rule wants `1 hour` and `2 hours`; the scheduler takes either.
fn rate_fault(words: &[&str], scheduler: bool) -> Option<String> {
    let [number, unit] = words else { return Some("write a number and a unit: `rate(5 minutes)`".to_owned()) };
    let number = match number.parse::<u32>() {
        Ok(number) if number > 0 => number,
        _ => return Some("the number is whole and at least 1: `rate(5 minutes)`".to_owned()),
    };
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    if !["minute", "hour", "day"].contains(&singular) {
        let near = nearest(unit, ["minutes", "hours", "days"]).unwrap_or("minutes");
        return Some(format!("the unit is minutes, hours or days: `rate({number} {near})`"));
    }
    let wanted = if number == 1 { singular.to_owned() } else { format!("{singular}s") };
    (*unit != wanted && !scheduler).then(|| format!("write `rate({number} {wanted})`"))
}

fn cron_fault(fields: &[&str]) -> Option<String> {
    if fields.len() == 5 {
        let [minute, hour, day, month, weekday] = [0, 1, 2, 3, 4].map(|at| fields[at]);
        let (day, weekday) = if weekday == "*" { (day, "?") } else { ("?", weekday) };
        return Some(format!(
            "AWS wants six fields, the last is the year: `cron({minute} {hour} {day} {month} {weekday} *)`"
        ));
    }
    let [minute, hour, day, month, weekday, year] = fields else {
        return Some("write minute, hour, day, month, weekday and year: `cron(0 12 * * ? *)`".to_owned());
    };
    let question = |field: &str| field == "?";
    (question(day) == question(weekday)).then(|| {
        let day = if question(day) { "*" } else { day };
        format!("one of day and weekday has to be `?`: `cron({minute} {hour} {day} {month} ? {year})`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_takes_has_no_fault() {
        for text in ["rate(1 hour)", "rate(5 minutes)", "cron(0 12 * * ? *)", "cron(0/15 8-17 ? * MON-FRI *)"] {
            assert_eq!(fault(text, false), None, "{text}");
        }
        assert_eq!(fault("at(2030-01-01T12:00:00)", true), None);
        assert_eq!(fault("rate(1 hours)", true), None);
    }

    #[test]
    fn each_fault_is_answered_by_a_schedule_that_has_none() {
        let texts = [
            "rate(1 hours)",
            "rate(5 minute)",
            "cron(0 12 * * *)",
            "cron(0 12 1 * *)",
            "cron(0 12 * * * *)",
            "rate(5 mins)",
        ];
        for text in texts {
            let hint = fault(text, false).unwrap_or_else(|| panic!("{text} has a fault"));
            let meant = hint.rsplit('`').nth(1).unwrap_or_default();
            assert_eq!(fault(meant, false), None, "{text}: {hint}");
        }
    }
}
