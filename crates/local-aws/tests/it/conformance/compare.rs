//! Compares answers with recorded ones, value by value.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::case::{Answer, Case};
use super::{Grade, Graded, history};

/// What placeholders stood for so far in a case.
type Bindings = HashMap<String, String>;

/// One recorded answer against one of ours.
#[derive(Default)]
struct Found {
    differences: Vec<String>,
    extra: Vec<String>,
}

/// Grades the answers of one case.
pub fn grade(case: &Case, answers: &[Answer]) -> Graded {
    let answers = prepared(answers);
    let mut used = vec![false; answers.len()];
    let mut bindings = Bindings::new();
    let mut graded = Graded {
        id: case.id.clone(),
        grade: Grade::Exact,
        differences: Vec::new(),
        unasked: Vec::new(),
        extra: Vec::new(),
    };
    let mut open = Vec::new();
    for (name, recorded) in &case.recorded {
        if is_the_clients(recorded) {
            continue;
        }
        let exact = (0..answers.len()).find(|&index| {
            !used[index] && fits(recorded, &answers[index]) && {
                let mut trial = bindings.clone();
                let found = compare(recorded, &answers[index].shown, &mut trial);
                let is_exact = found.differences.is_empty();
                if is_exact {
                    bindings = trial;
                    graded.extra.extend(found.extra);
                }
                is_exact
            }
        });
        match exact {
            Some(index) => used[index] = true,
            None => open.push((name, recorded)),
        }
    }
    for (name, recorded) in open {
        match (0..answers.len()).find(|&index| !used[index] && fits(recorded, &answers[index])) {
            None => graded.unasked.push(name.clone()),
            Some(index) => {
                used[index] = true;
                let shown = &answers[index].shown;
                let found = compare(recorded, shown, &mut bindings);
                graded.differences.extend(found.differences.iter().map(|difference| format!("{name}{difference}")));
                graded.grade = graded.grade.max(history::grade(recorded, shown, &found.differences));
            }
        }
    }
    graded
}

/// The answers, and for each history what some recordings hold instead of it: the input and output.
fn prepared(answers: &[Answer]) -> Vec<Answer> {
    let mut all: Vec<Answer> = Vec::new();
    let mut cases = Vec::new();
    for answer in answers {
        if let Some(pair) = history::input_and_output(&answer.shown) {
            cases.push(pair);
        }
        all.push(Answer { operation: answer.operation.clone(), shown: answer.shown.clone() });
    }
    if !cases.is_empty() {
        all.push(Answer { operation: "cases".to_owned(), shown: Value::Array(cases) });
    }
    all
}

/// Refusals by the client that recorded: the call never reached AWS.
fn is_the_clients(recorded: &Value) -> bool {
    let text = recorded.as_str().or_else(|| recorded["exception_value"].as_str()).unwrap_or_default();
    text.starts_with("Parameter validation failed")
}

/// Whether an answer is of the operation that a recorded one is of, by the members that only that operation has.
fn fits(recorded: &Value, answer: &Answer) -> bool {
    let operation = answer.operation.as_str();
    if recorded.is_array() || answer.operation == "cases" {
        return recorded.is_array() && operation == "cases";
    }
    let text = recorded.as_str().or_else(|| recorded["exception_value"].as_str());
    if let Some(text) = text {
        return text.contains(&format!("calling the {operation} operation")) && answer.shown.get("Error").is_some();
    }
    if recorded.get("Error").is_some() {
        return answer.shown.get("Error").is_some();
    }
    let has = |name: &str| recorded.get(name).is_some();
    let wanted: &[&str] = match () {
        () if has("events") => &["GetExecutionHistory"],
        () if has("executions") => &["ListExecutions"],
        () if has("tags") => &["ListTagsForResource"],
        () if has("diagnostics") => &["ValidateStateMachineDefinition"],
        () if has("billingDetails") => &["StartSyncExecution"],
        () if has("stateMachineVersions") => &["ListStateMachineVersions"],
        () if has("stateMachineAliases") => &["ListStateMachineAliases"],
        () if has("stateMachineAliasArn") && has("routingConfiguration") => &["DescribeStateMachineAlias"],
        () if has("stateMachineAliasArn") => &["CreateStateMachineAlias"],
        () if has("executionArn") && has("status") => &["DescribeExecution"],
        () if has("executionArn") => &["StartExecution"],
        () if has("definition") && has("status") => &["DescribeStateMachine"],
        () if has("definition") => &["DescribeStateMachineForExecution"],
        () if has("status") => &["TestState"],
        () if has("updateDate") => &["UpdateStateMachine", "UpdateStateMachineAlias"],
        () if has("creationDate") => &["CreateStateMachine", "PublishStateMachineVersion", "CreateActivity"],
        () => &[
            "DeleteStateMachine",
            "DeleteStateMachineVersion",
            "DeleteStateMachineAlias",
            "TagResource",
            "UntagResource",
        ],
    };
    wanted.contains(&operation)
}

/// Every difference between what was recorded and what was answered.
fn compare(recorded: &Value, answered: &Value, bindings: &mut Bindings) -> Found {
    let mut found = Found::default();
    let shown = match recorded {
        Value::String(_) => answered.get("exception_value").unwrap_or(answered),
        other if other.get("exception_value").is_some() => {
            return against(
                other,
                &json!({
                    "exception_typename": answered["exception_typename"],
                    "exception_value": answered["exception_value"],
                }),
                bindings,
            );
        }
        _ => answered,
    };
    values(recorded, shown, "", bindings, &mut found);
    found.extra.retain(|place| !place.ends_with("exception_typename") && !place.ends_with("exception_value"));
    found
}

fn against(recorded: &Value, shown: &Value, bindings: &mut Bindings) -> Found {
    let mut found = Found::default();
    values(recorded, shown, "", bindings, &mut found);
    found
}

fn values(recorded: &Value, answered: &Value, place: &str, bindings: &mut Bindings, found: &mut Found) {
    match (recorded, answered) {
        (Value::Object(wanted), Value::Object(got)) => members(wanted, got, place, bindings, found),
        (Value::Array(wanted), Value::Array(got)) => {
            for (index, item) in wanted.iter().enumerate() {
                let answered = got.get(index).unwrap_or(&Value::Null);
                values(item, answered, &format!("{place}[{index}]"), bindings, found);
            }
            if got.len() != wanted.len() {
                found.differences.push(format!("{place}: {} items instead of {}", got.len(), wanted.len()));
            }
        }
        (Value::Object(_) | Value::Array(_), Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(parsed) if !parsed.is_string() => values(recorded, &parsed, place, bindings, found),
            _ => differ(recorded, answered, place, found),
        },
        (Value::Number(_), Value::String(text))
            if serde_json::from_str::<Value>(text).is_ok_and(|got| number_equal(recorded, &got)) => {}
        // The recordings replace whatever a field of this name holds.
        (Value::String(wanted), Value::String(_)) if wanted == "timestamp" && place.ends_with("TimestampPath") => {}
        (Value::String(wanted), got) => {
            if !text_equal(wanted, got, bindings) {
                differ(recorded, answered, place, found);
            }
        }
        _ => {
            if !number_equal(recorded, answered) {
                differ(recorded, answered, place, found);
            }
        }
    }
}

fn members(
    wanted: &Map<String, Value>,
    got: &Map<String, Value>,
    place: &str,
    bindings: &mut Bindings,
    found: &mut Found,
) {
    for (name, value) in wanted {
        let place = format!("{place}.{name}");
        match got.get(name) {
            Some(answered) => values(value, answered, &place, bindings, found),
            None => found.differences.push(format!("{place}: missing, should be {}", short(value))),
        }
    }
    for name in got.keys().filter(|name| !wanted.contains_key(*name)) {
        found.extra.push(format!("{place}.{name}").replace(|c: char| c.is_ascii_digit(), "#"));
    }
}

fn differ(recorded: &Value, answered: &Value, place: &str, found: &mut Found) {
    found.differences.push(format!("{place}: {} should be {}", short(answered), short(recorded)));
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn number_equal(recorded: &Value, answered: &Value) -> bool {
    match (recorded.as_f64(), answered.as_f64()) {
        (Some(wanted), Some(got)) => wanted == got,
        _ => recorded == answered,
    }
}

fn text_equal(wanted: &str, got: &Value, bindings: &mut Bindings) -> bool {
    let quoted = wanted.trim_matches('"');
    let any_time = matches!(quoted, "datetime" | "timestamp" | "date" | "<timestamp>" | "start-time" | "entered-time");
    let Some(text) = got.as_str() else {
        return any_time && got.is_number() || is_drawn(wanted, got);
    };
    if any_time && looks_like_a_time(text.trim_matches('"')) || is_drawn(wanted, got) {
        return true;
    }
    let wanted = match wanted {
        "snf_role_arn" | "sfn_role_arn" | "snf_role_arn_t0" | "snf_role_arn_t1" | "snf_role_arn_t2" => {
            format!("<{wanted}>")
        }
        other => other.replace("ssm_nonexistent_arn", "<ssm_nonexistent_arn>"),
    };
    let normal = normalised(text);
    normal == wanted || same_json(&wanted, &normal) || matches_pattern(&wanted, &normal, bindings)
}

/// Values that the recording left out or that chance makes.
fn is_drawn(wanted: &str, got: &Value) -> bool {
    match wanted {
        "<omitted>" => true,
        "generated-uuid" => got.as_str().is_some_and(|text| text.len() == 36),
        "RandomNumberGenerated" => got.is_number(),
        _ => false,
    }
}

/// Four digits, and a `T` between a date and a time: what the recordings replace by one word, right or wrong as a time.
fn looks_like_a_time(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= 8 && text.contains('-')
}

/// An answer's text as recordings hold it.
fn normalised(text: &str) -> String {
    text.replace("000000000000", "111111111111")
        .replace("us-east-1", "<region>")
        .replace("arn:aws:", "arn:<partition>:")
}

/// Lists that are held as text may differ in white space.
fn same_json(wanted: &str, got: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok().filter(|value| value.is_array());
    parse(wanted).is_some_and(|wanted| parse(got) == Some(wanted))
}

/// Whether `got` is `wanted` with something in place of each placeholder, the same for the same placeholder.
fn matches_pattern(wanted: &str, got: &str, bindings: &mut Bindings) -> bool {
    static PLACEHOLDER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"<[A-Za-z][A-Za-z0-9_:. -]*>").expect("a pattern"));
    let mut pattern = String::from("(?s)^");
    let mut names = Vec::new();
    let mut end = 0;
    for found in PLACEHOLDER.find_iter(wanted) {
        let name = found.as_str();
        pattern.push_str(&regex::escape(&wanted[end..found.start()]));
        end = found.end();
        match bindings.get(name) {
            _ if matches!(name, "<partition>" | "<region>") => pattern.push_str(&regex::escape(name)),
            Some(value) => pattern.push_str(&regex::escape(value)),
            None => {
                pattern.push_str("(.+?)");
                names.push(name.to_owned());
            }
        }
    }
    pattern.push_str(&regex::escape(&wanted[end..]));
    pattern.push('$');
    let captures = Regex::new(&pattern).ok().and_then(|pattern| pattern.captures(got));
    let Some(captures) = captures else {
        return false;
    };
    let mut fresh = Bindings::new();
    for (index, name) in names.into_iter().enumerate() {
        let value = captures.get(index + 1).map_or("", |found| found.as_str()).to_owned();
        if fresh.get(&name).is_some_and(|earlier| *earlier != value) {
            return false;
        }
        fresh.insert(name, value);
    }
    bindings.extend(fresh);
    true
}

#[test]
fn the_same_placeholder_stands_for_the_same_text() {
    let mut bindings = Bindings::new();
    assert!(matches_pattern("arn:<partition>:x:<a>:<b>", "arn:<partition>:x:one:two", &mut bindings));
    assert!(matches_pattern("<a>/<b>", "one/two", &mut bindings));
    assert!(!matches_pattern("<a>", "two", &mut bindings));
}
