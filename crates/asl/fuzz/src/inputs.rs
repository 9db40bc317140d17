//! What is done with arbitrary bytes. The fuzz targets call it, and the crate's own tests with bytes of their own, so that
//! the same doors are tried without a fuzzer.

use asl::{Effect, Execution, Failure, Kind, Launch, Machine, Reply, StateTest, Timestamp, validate};
use serde_json::{Value, json};

/// Most answers that one machine gets.
const MOST_ANSWERS: usize = 200;

/// Bytes as a definition of either type of machine.
pub fn definition(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for kind in [Kind::Standard, Kind::Express] {
        let problems = validate(&text, kind);
        let _ = asl::fault_message(&problems, &text);
        if let Ok(machine) = Machine::parse_as(&text, kind) {
            let _ = (machine.variable_references(), machine.resources().count(), machine.states().count());
            run(&machine, "{\"a\": [1, {\"b\": null}]}", data);
        }
    }
    let test = StateTest { definition: text.into_owned(), ..StateTest::default() };
    let _ = test.run(Timestamp(0));
}

/// Everything up to the first line feed as the fields of a state, the rest as its input; a state of each type is made.
pub fn machine(data: &[u8]) {
    let (fields, input) = line_and_rest(data);
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(&fields) else { return };
    let input = serde_json::from_str::<Value>(&input).unwrap_or(Value::Null);
    for kind in ["Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"] {
        for language in ["JSONPath", "JSONata"] {
            let mut state = fields.clone();
            state.insert("Type".into(), kind.into());
            state.insert("QueryLanguage".into(), language.into());
            let definition = json!({"StartAt": "S", "States": {"S": state, "Z": {"Type": "Succeed"}}});
            if let Ok(machine) = Machine::from_value(&definition, Kind::Standard) {
                run(&machine, &input.to_string(), data);
            }
        }
    }
}

/// Everything up to the first line feed as a JSONPath, the rest as the document.
pub fn path(data: &[u8]) {
    let (path, document) = line_and_rest(data);
    let document = serde_json::from_str::<Value>(&document).unwrap_or_else(|_| json!({"a": [1, 2, {"b": "c"}]}));
    for state in [
        json!({"Type": "Pass", "Parameters": {"x.$": path}, "End": true}),
        json!({"Type": "Pass", "InputPath": path, "OutputPath": path, "ResultPath": path, "End": true}),
        json!({"Type": "Wait", "SecondsPath": path, "End": true}),
        json!({"Type": "Fail", "ErrorPath": path}),
        json!({"Type": "Choice", "Choices": [{"Variable": path, "StringMatches": path, "Next": "Z"}], "Default": "Z"}),
    ] {
        lone(&state, &document, data);
    }
}

/// Everything up to the first line feed as an intrinsic call, the rest as the document.
pub fn intrinsic(data: &[u8]) {
    let (call, document) = line_and_rest(data);
    let document = serde_json::from_str::<Value>(&document).unwrap_or_else(|_| json!({"a": [1, 2], "b": "c"}));
    for call in [call.clone(), format!("States.{call}"), format!("States.Format({call})")] {
        lone(&json!({"Type": "Pass", "Parameters": {"x.$": call}, "End": true}), &document, data);
    }
}

/// Everything up to the first line feed as a JSONata expression, the rest as the document.
pub fn expression(data: &[u8]) {
    let (expression, document) = line_and_rest(data);
    let document = serde_json::from_str::<Value>(&document).unwrap_or_else(|_| json!({"a": [1, 2], "b": "c"}));
    let expression = format!("{{% {expression} %}}");
    for state in [
        json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": expression, "Assign": {"v": expression}, "End": true}),
        json!({"Type": "Wait", "QueryLanguage": "JSONata", "Seconds": expression, "End": true}),
        json!({"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [{"Condition": expression, "Next": "Z"}]}),
    ] {
        lone(&state, &document, data);
    }
}

fn line_and_rest(data: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(data);
    let (line, rest) = text.split_once('\n').unwrap_or((&text, ""));
    (line.to_owned(), rest.to_owned())
}

fn lone(state: &Value, input: &Value, data: &[u8]) {
    let mut definition = json!({"StartAt": "S", "States": {"S": state}});
    if state.to_string().contains("\"Z\"") {
        definition["States"]["Z"] = json!({"Type": "Succeed"});
    }
    if let Ok(machine) = Machine::from_value(&definition, Kind::Standard) {
        run(&machine, &input.to_string(), data);
    }
}

/// Runs a machine; the bytes say how its calls end.
fn run(machine: &Machine, input: &str, data: &[u8]) {
    let Ok(launch) = Launch::new(input) else { return };
    let mut now = Timestamp(0);
    let (mut execution, _) = Execution::start(machine, launch, now);
    for turn in 0..MOST_ANSWERS {
        let open = execution.outstanding();
        let choice = data.get(turn % data.len().max(1)).copied().unwrap_or_default();
        let Some(effect) = open.get(usize::from(choice) % open.len().max(1)) else { break };
        let (id, reply) = match effect {
            Effect::WakeAt { id, time } => {
                now = now.max(*time);
                (*id, Reply::Woke)
            }
            Effect::Invoke(invoke) if choice % 3 == 0 => (invoke.id, Reply::Failed(Failure::new("E", "c"))),
            Effect::Invoke(invoke) => (invoke.id, Reply::Succeeded(invoke.payload.clone())),
            Effect::ReadItems(read) => (read.id, Reply::Items(vec![json!(1), json!({"a": 2})])),
            Effect::WriteResults(write) => (write.id, Reply::Succeeded(json!({}))),
            Effect::Cancel { id } => (*id, Reply::Woke),
        };
        execution.resume(id, reply, now);
    }
    execution.stop(Failure::default(), now);
    execution.redrive(now);
    for event in execution.history() {
        assert!(event.previous_event_id < event.id);
        let _ = (event.to_wire(true), event.to_wire(false));
    }
}
