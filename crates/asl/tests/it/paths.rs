//! Where Jayway's JSONPath and RFC 9535 agree, an independent implementation of the RFC is the judge.

use asl::{Execution, Kind, Launch, Machine, Outcome, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use serde_json_path::JsonPath;

fn step() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]".prop_map(|name| format!(".{name}")),
        "[a-c]".prop_map(|name| format!("['{name}']")),
        (0..3u8).prop_map(|index| format!("[{index}]")),
        Just("[*]".to_owned()),
        "[a-c]".prop_map(|name| format!("..{name}")),
        (0..3u8, 1..4u8).prop_map(|(from, to)| format!("[{from}:{to}]")),
        (0..4i8).prop_map(|than| format!("[?(@.a > {than})]")),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = (0..5i64).prop_map(Value::from);
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-c]", inner), 0..4).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn ours(path: &str, document: &Value) -> Option<Value> {
    let definition =
        json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"x.$": path}, "End": true}}});
    let machine = Machine::from_value(&definition, Kind::Standard).unwrap();
    let (execution, _) = Execution::start(&machine, Launch::new(&document.to_string()).unwrap(), Timestamp(0));
    match execution.outcome() {
        Some(Outcome::Succeeded(output)) => Some(output["x"].clone()),
        _ => None,
    }
}

fn sorted(mut values: Vec<String>) -> Vec<String> {
    values.sort();
    values
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn paths_select_what_the_rfc_selects(steps in prop::collection::vec(step(), 0..4), document in document()) {
        // A filter on an object tests the object itself in Jayway's dialect and its members in the RFC's.
        prop_assume!(!steps.iter().any(|step| step.contains('?')) || document.is_array() && steps[0].contains('?') && steps.len() == 1);
        let path = format!("${}", steps.concat());
        let definite = steps.iter().all(|step| !step.contains(['*', '?', ':']) && !step.contains(".."));
        let found: Vec<String> =
            JsonPath::parse(&path).unwrap().query(&document).all().into_iter().map(Value::to_string).collect();
        match ours(&path, &document) {
            Some(value) if definite => prop_assert_eq!(vec![value.to_string()], found),
            Some(value) => {
                let items = value.as_array().unwrap().iter().map(Value::to_string).collect();
                prop_assert_eq!(sorted(items), sorted(found));
            }
            None => prop_assert!(definite && found.is_empty(), "{} {:?}", path, found),
        }
    }
}
