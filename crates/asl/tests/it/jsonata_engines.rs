//! The two JSONata engines side by side over JSONata's official test suite, where `JSONATA_SUITE` names its folder. The
//! figures of docs/design/jsonata.md come from here.

use serde_json::Value;
use std::path::Path;

struct Case {
    name: String,
    expression: String,
    data: Option<Value>,
    bindings: Vec<(String, Value)>,
    wanted: Wanted,
}

enum Wanted {
    Value(Value),
    Nothing,
    Code(String),
}

type Answer = Result<Option<Value>, String>;

fn cases(folder: &Path) -> Vec<Case> {
    let mut found = Vec::new();
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    for group in std::fs::read_dir(folder.join("groups")).unwrap() {
        let group = group.unwrap().path();
        for file in std::fs::read_dir(&group).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            // One file holds half of a surrogate pair, which no Rust string can.
            let Ok(body) = serde_json::from_str::<Value>(&read(&file)) else { continue };
            for case in body.as_array().cloned().unwrap_or_else(|| vec![body.clone()]) {
                let expression = match case["expr-file"].as_str() {
                    Some(name) => read(&group.join(name)),
                    None => case["expr"].as_str().unwrap_or_default().to_owned(),
                };
                let data = match case.get("dataset").and_then(Value::as_str) {
                    Some(name) => {
                        serde_json::from_str(&read(&folder.join("datasets").join(format!("{name}.json")))).ok()
                    }
                    None => case.get("data").cloned(),
                };
                let code = case.get("code").or_else(|| case.get("error").and_then(|error| error.get("code")));
                let wanted = match (case.get("result"), code.and_then(Value::as_str)) {
                    (Some(value), _) => Wanted::Value(value.clone()),
                    (_, Some(code)) => Wanted::Code(code.to_owned()),
                    _ => Wanted::Nothing,
                };
                let bindings = case["bindings"].as_object().cloned().unwrap_or_default().into_iter().collect();
                let name = file.strip_prefix(folder).unwrap().display().to_string();
                found.push(Case { name, expression, data, bindings, wanted });
            }
        }
    }
    found
}

fn jlens(case: &Case) -> Answer {
    let expression = jlens_core::Expression::compile(&case.expression).map_err(|e| e.code().to_owned())?;
    let bindings = case.bindings.iter().cloned().collect();
    let options = jlens_core::Options::new().timeout(std::time::Duration::from_secs(5)).max_depth(500);
    expression.evaluate_with(case.data.as_ref(), &bindings, &options).map_err(|e| e.code().to_owned())
}

fn jsonata_core(case: &Case) -> Answer {
    use jsonata_core::evaluator::{Context, Evaluator, EvaluatorOptions};
    use jsonata_core::value::JValue;
    let code = |message: String| message.get(..5).unwrap_or_default().to_owned();
    let ast = jsonata_core::parser::parse(&case.expression).map_err(|e| code(e.display_message()))?;
    let data = match &case.data {
        Some(data) => JValue::from_json_str(&data.to_string()).map_err(|e| e.to_string())?,
        None => JValue::Undefined,
    };
    let mut context = Context::new();
    for (name, value) in &case.bindings {
        context.bind(name.clone(), JValue::from_json_str(&value.to_string()).map_err(|e| e.to_string())?);
    }
    let options =
        EvaluatorOptions { timeout_ms: Some(5_000), max_stack_depth: Some(500), ..EvaluatorOptions::default() };
    let value = Evaluator::with_options(context, options)
        .evaluate(&ast, &data)
        .map_err(|e| e.code().unwrap_or_default().to_owned())?;
    if value.is_undefined() || value.is_function() {
        return Ok(None);
    }
    let text = value.to_json_string().map_err(|e| e.to_string())?;
    serde_json::from_str(&text).map(Some).map_err(|e| e.to_string())
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| same(x, y)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, x)| b.get(key).is_some_and(|y| same(x, y)))
        }
        _ => left == right,
    }
}

fn right(case: &Case, answer: &Answer) -> bool {
    match (&case.wanted, answer) {
        (Wanted::Value(wanted), Ok(Some(value))) => same(wanted, value),
        (Wanted::Nothing, Ok(None)) => true,
        (Wanted::Code(wanted), Err(code)) => wanted == code,
        _ => false,
    }
}

#[test]
fn the_engine_in_use_is_right_at_least_as_often_as_the_other() {
    let Ok(folder) = std::env::var("JSONATA_SUITE") else { return };
    let cases = cases(Path::new(&folder));
    let wrong = |engine: fn(&Case) -> Answer| -> Vec<&str> {
        cases.iter().filter(|case| !right(case, &engine(case))).map(|case| case.name.as_str()).collect()
    };
    let began = std::time::Instant::now();
    let ours = wrong(jlens);
    let middle = began.elapsed();
    let other = wrong(jsonata_core);
    let rest = began.elapsed() - middle;
    println!("{} cases; jlens-core wrong {}: {ours:?} in {middle:?}", cases.len(), ours.len());
    println!("jsonata-core wrong {}: {other:?} in {rest:?}", other.len());
    assert!(ours.len() <= other.len());
}
