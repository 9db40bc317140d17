//! What the static checks refuse, accept and warn of: `suite/rules` holds a state for each rule, which stands in a machine
//! with one more state, `Z`.

use asl::{Kind, Machine, Problem, Severity, validate};
use serde_json::{Map, Value, json};

fn states(file: &str) -> Map<String, Value> {
    let path = format!("{}/suite/rules/{file}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn problems(state: &Value) -> Vec<Problem> {
    let mut states = json!({"S": state});
    if state.to_string().contains("\"Z\"") || state["Next"] == "Z" {
        states["Z"] = json!({"Type": "Succeed"});
    }
    validate(&json!({"StartAt": "S", "States": states}).to_string(), Kind::Standard)
}

#[test]
fn every_broken_rule_is_refused() {
    let accepted: Vec<String> = states("refused")
        .into_iter()
        .filter(|(_, state)| !problems(state).iter().any(Problem::is_error))
        .map(|(rule, _)| rule)
        .collect();
    assert!(accepted.is_empty(), "accepted: {accepted:#?}");
}

#[test]
fn every_bad_field_of_a_payload_template_is_told() {
    let parameters =
        json!({"a.$": 23, "b": {"c.$": "23", "good.$": "$.g"}, "d": [{"e.$": [1]}], "f.$": "States.Non()"});
    let state = json!({"Type": "Pass", "Parameters": parameters, "End": true});
    let places: Vec<String> = problems(&state).into_iter().filter_map(|problem| problem.location).collect();
    let wanted = ["a.$", "b/c.$", "d[0]/e.$", "f.$"].map(|field| format!("/States/S/Parameters/{field}"));
    assert_eq!(places, wanted);
}

#[test]
fn every_kept_rule_is_accepted() {
    for (rule, state) in states("accepted") {
        let errors: Vec<Problem> = problems(&state).into_iter().filter(Problem::is_error).collect();
        assert!(errors.is_empty(), "{rule}: {errors:?}");
    }
}

#[test]
fn what_is_doubtful_is_told_and_accepted() {
    for (code, state) in states("warned") {
        let found = problems(&state);
        let told: Vec<(&str, Severity)> =
            found.iter().map(|problem| (problem.code.as_str(), problem.severity)).collect();
        assert_eq!(told, [(code.as_str(), Severity::Warning)]);
    }
}

#[test]
fn a_text_that_is_no_json_is_told_with_its_place() {
    let found = &validate("not a definition", Kind::Standard)[0];
    assert_eq!(found.code, "INVALID_JSON_DESCRIPTION");
    assert_eq!(found.location.as_deref(), Some("[Source: (String)\"not a definition\"; line: 1, column: 4]"));
    assert!(found.message.starts_with("Unrecognized token 'not': was expecting (JSON String, Number, Array"));
    assert_eq!(validate("", Kind::Standard)[0].message, "Definition must be a valid JSON object");
    assert!(validate("{\"StartAt\": }", Kind::Standard)[0].location.as_deref().unwrap().contains("column: 13"));
}

#[test]
fn a_machine_keeps_its_warnings() {
    let definition = json!({"StartAt": "S", "States": {"S": {"Type": "Pass", "Result": "$.a", "End": true}}});
    let machine = Machine::from_value(&definition, Kind::Standard).unwrap();
    assert_eq!(machine.warnings()[0].code, "PASS_RESULT_IS_STATIC");
}
