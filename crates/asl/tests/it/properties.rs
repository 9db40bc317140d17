//! Nothing that comes in makes the crate panic.

use asl::{Execution, Kind, Launch, Machine, Timestamp, validate};
use proptest::prelude::*;
use serde_json::{Value, json};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1.0e6..1.0e6f64).prop_map(Value::from),
        "[a-c$.{}%\\\\' é]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec(("[a-d]{1,2}", inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Fields and values that a definition could have, in any disorder.
fn any_definition() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "Type",
        "Pass",
        "Task",
        "Choice",
        "Wait",
        "Map",
        "Parallel",
        "Fail",
        "Succeed",
        "Next",
        "End",
        "A",
        "B",
        "$",
        "$.a",
        "States",
        "StartAt",
        "Choices",
        "Variable",
        "IsNull",
        "Branches",
        "ItemProcessor",
        "Retry",
        "Catch",
        "ErrorEquals",
        "States.ALL",
        "Seconds",
        "Resource",
        "arn:aws:states:::lambda:invoke",
        "JSONata",
        "QueryLanguage",
        "{% $a %}",
        "And",
        "Not",
        "Result",
        "Parameters",
        "x.$",
        "States.Format('{}', $.a)",
        "Assign",
        "ItemReader",
        "Label",
        "Output",
    ]);
    let leaf = prop_oneof![
        word.clone().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        (-2..9i64).prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

/// Runs a machine as far as it goes by itself.
fn run(definition: &Value, input: &Value) {
    if let Ok(machine) = Machine::from_value(definition, Kind::Standard) {
        let launch = Launch::new(&input.to_string()).unwrap();
        let (execution, _) = Execution::start(&machine, launch, Timestamp(0));
        for (index, event) in execution.history().iter().enumerate() {
            assert_eq!(event.id, index as u64 + 1);
            assert!(event.previous_event_id < event.id);
            event.to_wire(true);
        }
    }
}

fn pass(field: &str, value: &str) -> Value {
    json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {field: value}, "End": true}}})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_checked_without_a_panic(text in ".{0,200}") {
        validate(&text, Kind::Standard);
    }

    #[test]
    fn any_definition_is_checked_and_runs_without_a_panic(definition in any_definition(), input in any_json()) {
        validate(&definition.to_string(), Kind::Express);
        run(&definition, &input);
        run(&json!({"StartAt": "A", "States": {"A": definition}}), &input);
    }

    #[test]
    fn any_path_selects_or_fails_without_a_panic(
        path in "\\$(\\.\\.?[abc*]|\\[[0-9:,'a*?(@.=<>!&|)/ -]{0,9}\\]|\\.(length|max|keys)\\(\\)){0,5}",
        input in any_json(),
    ) {
        run(&pass("x.$", &path), &input);
    }

    #[test]
    fn any_intrinsic_call_answers_or_fails_without_a_panic(
        name in prop::sample::select(vec![
            "Format", "StringToJson", "JsonToString", "Array", "ArrayPartition", "ArrayContains", "ArrayRange",
            "ArrayGetItem", "ArrayLength", "ArrayUnique", "Base64Encode", "Base64Decode", "Hash", "JsonMerge", "MathRandom",
            "MathAdd", "StringSplit", "UUID", "Nope",
        ]),
        arguments in prop::collection::vec(
            prop_oneof!["\\$(\\.[abc]){0,2}", "'[a-z{},\\\\ ]{0,6}'", "-?[0-9]{1,9}(\\.[0-9])?", Just("States.UUID()".to_owned()), Just("null".to_owned())],
            0..4,
        ),
        input in any_json(),
    ) {
        run(&pass("x.$", &format!("States.{name}({})", arguments.join(", "))), &input);
    }

    #[test]
    fn any_expression_answers_or_fails_without_a_panic(expression in "[a-c$.+*()\\[\\]{}'\"0-9 ,:?&<>=~^%!-]{0,24}", input in any_json()) {
        let definition = json!({
            "QueryLanguage": "JSONata", "StartAt": "P",
            "States": {"P": {"Type": "Pass", "Output": format!("{{% {expression} %}}"), "End": true}},
        });
        run(&definition, &input);
    }

    #[test]
    fn what_a_result_path_inserts_a_path_finds_again(names in prop::collection::vec("[a-c]{1,2}", 1..4), input in any_json(), result in any_json()) {
        let path = format!("$.{}", names.join("."));
        let definition = json!({"StartAt": "P", "States": {
            "P": {"Type": "Pass", "Result": result, "ResultPath": path, "Next": "Q"},
            "Q": {"Type": "Pass", "InputPath": path, "End": true},
        }});
        let machine = Machine::from_value(&definition, Kind::Standard).unwrap();
        let (execution, _) = Execution::start(&machine, Launch::new(&input.to_string()).unwrap(), Timestamp(0));
        match execution.outcome().unwrap() {
            asl::Outcome::Succeeded(output) => prop_assert_eq!(output, &result),
            other => prop_assert_eq!(other.failure().unwrap().error.as_deref(), Some("States.ResultPathMatchFailure")),
        }
    }
}
