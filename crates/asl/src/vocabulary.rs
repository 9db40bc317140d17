//! The words of the language, for tools that ask what a person may have meant.

use crate::machine::StateKind;

/// The fields of states, Choice rules, retriers and catchers.
pub fn fields() -> impl Iterator<Item = String> {
    let inner = [
        "BackoffRate",
        "Condition",
        "ErrorEquals",
        "IntervalSeconds",
        "JitterStrategy",
        "MaxAttempts",
        "MaxDelaySeconds",
        "StartAt",
        "States",
        "Variable",
    ];
    let plain = crate::parse::state::field_names().chain(inner).map(str::to_owned);
    plain.chain(crate::parse::choice::operator_names())
}

/// The values of `Type`.
pub fn state_types() -> impl Iterator<Item = &'static str> {
    StateKind::ALL.into_iter().map(StateKind::name)
}

/// The intrinsic functions: `States.Format` and so on.
pub fn intrinsic_functions() -> impl Iterator<Item = &'static str> {
    crate::intrinsic::names()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_every_place_are_known_once_or_more() {
        let known: Vec<String> = fields().collect();
        for field in ["Seconds", "ErrorEquals", "NumericLessThanEqualsPath", "BooleanEquals", "IsPresent", "ItemReader"]
        {
            assert!(known.iter().any(|name| name == field), "{field}");
        }
        assert!(!known.iter().any(|name| name == "BooleanLessThan"));
    }
}
