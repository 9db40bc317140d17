//! The Wait state.

use super::choice::timestamp;
use crate::data::text::{compact, whole};
use crate::effect::{Effect, Timestamp};
use crate::execution::strand::{Phase, Strand};
use crate::execution::{Execution, Flow, Owner, Step};
use crate::machine::{Source, State, WaitBody};
use crate::raise::Raise;
use crate::scope::Scope;
use serde_json::Value;

impl Execution {
    pub(crate) fn wait(&mut self, strand: &mut Strand, state: &State, wait: &WaitBody) -> Step {
        let input = self.effective_input(strand, state)?;
        let now = self.now;
        let time = self.scoped(strand, &input, |scope| match wait {
            WaitBody::Seconds(source) => seconds(source, scope).map(|seconds| now.plus_seconds(seconds as f64)),
            WaitBody::Until(source) => until(source, scope),
        })?;
        if time <= self.now || self.inspection.is_some() {
            return self.woken(strand, state);
        }
        self.ask(Owner::Strand(strand.id), |id| Effect::WakeAt { id, time });
        strand.phase = Phase::Sleep;
        Ok(Flow::Parked)
    }

    pub(crate) fn woken(&mut self, strand: &Strand, state: &State) -> Step {
        let input = self.effective_input(strand, state)?;
        self.pass_on(strand, state, input, state.next)
    }
}

fn seconds(source: &Source<u64>, scope: &Scope<'_>) -> Result<u64, Raise> {
    match source {
        Source::Literal(seconds) => Ok(*seconds),
        Source::Path(path) => {
            let value = scope.select_parameter(path, "SecondsPath")?;
            let shown = format!("{} == {}", path.text, plain(&value));
            match value.as_i64() {
                Some(seconds) => u64::try_from(seconds).map_err(|_| {
                    Raise::runtime(format!("The SecondsPath parameter references a negative value: {shown}"))
                }),
                None => {
                    Err(Raise::runtime(format!("The SecondsPath parameter cannot be parsed as a long value: {shown}")))
                }
            }
        }
        Source::Jsonata(expression) => {
            let value = expression.evaluate(scope)?;
            whole(&value)
                .and_then(|seconds| u64::try_from(seconds).ok())
                .ok_or_else(|| expression.unexpected("number", &value))
        }
    }
}

/// A value as messages show it: strings without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| compact(value), str::to_owned)
}

fn until(source: &Source<String>, scope: &Scope<'_>) -> Result<Timestamp, Raise> {
    match source {
        Source::Literal(text) => moment(text).ok_or_else(|| not_a_timestamp(text)),
        Source::Path(path) => {
            let value = scope.select_parameter(path, "TimestampPath")?;
            value.as_str().and_then(moment).ok_or_else(|| {
                Raise::runtime(format!(
                    "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format \
                     string: {} == {}",
                    path.text,
                    plain(&value)
                ))
            })
        }
        Source::Jsonata(expression) => match expression.evaluate(scope)? {
            Value::String(text) => moment(&text).ok_or_else(|| not_a_timestamp(&text)),
            other => Err(expression.unexpected("string", &other)),
        },
    }
}

fn not_a_timestamp(text: &str) -> Raise {
    let message =
        format!("The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {text}");
    Raise { of_value: true, ..Raise::query(message, "Timestamp") }
}

fn moment(text: &str) -> Option<Timestamp> {
    timestamp(text).map(|time| Timestamp(time.as_millisecond()))
}
