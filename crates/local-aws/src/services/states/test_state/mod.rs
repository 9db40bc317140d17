//! TestState

use std::sync::Arc;

use asl::{Effect, Failure, Launch, StateTest, Tested, Timestamp};
use serde_json::{Map, Value, json};

use super::constraint::Members;
use super::definition;
use super::machine::Kind;
use crate::Cloud;
use crate::executions::integration;
use crate::wire::{Call, Fault, Output};

mod mock;
mod shapes;

/// What the members say.
struct Request {
    test: StateTest,
    level: Level,
}

/// How much is shown of the steps in between.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Info,
    Debug,
    Trace,
}

/// Runs one state on its own.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut request = read(&cloud, &call)?;
    let now = Timestamp(cloud.clock.now_ms());
    let mut tested = go(&request.test, now)?;
    if let Some(Effect::Invoke(invoke)) = tested.wants.take() {
        let answer = integration::once(&cloud, &call.region, invoke).await;
        request.test.mock = Some(answer);
        tested = go(&request.test, now)?;
    }
    Ok(Output::json(shown(tested, request.level).into()))
}

fn go(test: &StateTest, now: Timestamp) -> Result<Tested, Fault> {
    test.run(now)
        .map_err(|problems| Fault::sender("InvalidDefinition", asl::fault_message(&problems, &test.definition)))
}

fn read(cloud: &Cloud, call: &Call) -> Result<Request, Fault> {
    let mut members = Members::of(&call.input);
    let definition = definition::read(&mut members, true).unwrap_or_default().to_owned();
    let role_arn = members.text("roleArn", 1, 256).map(str::to_owned);
    let input_text = members.text("input", 0, super::json_text::LARGEST).unwrap_or("{}").to_owned();
    let level = match members.choice("inspectionLevel", &["INFO", "DEBUG", "TRACE"]) {
        Some("DEBUG") => Level::Debug,
        Some("TRACE") => Level::Trace,
        _ => Level::Info,
    };
    let _reveal = members.flag("revealSecrets");
    let variables = members.text("variables", 0, super::json_text::LARGEST);
    let state_name = members.text("stateName", 1, 80).map(str::to_owned);
    let context = members.text("context", 0, super::json_text::LARGEST);
    let mock = mock::Mock::read(&mut members);
    let configuration = members.value("stateConfiguration").cloned().unwrap_or_default();
    members.finish()?;
    let mock = mock?;
    let variables = object("variables", variables)?.unwrap_or_default();
    let context = object("context", context)?.map(Value::Object);
    let input = super::json_text::input(&input_text)?;
    let subject = mock::Subject::find(&definition, state_name.as_deref())?;
    subject.check(mock.as_ref(), &configuration, context.as_ref(), role_arn.is_some())?;
    let launch = launch(cloud, &call.region, role_arn.clone(), input_text, input);
    let test = StateTest {
        definition,
        state_name,
        launch,
        variables,
        context,
        mock: mock.map(|mock| mock.answer),
        retrier_retry_count: configuration["retrierRetryCount"].as_u64(),
        reader_items: reader_items(&configuration)?,
    };
    Ok(Request { test, level })
}

/// What `stateConfiguration.mapItemReaderData` says that an ItemReader reads.
fn reader_items(configuration: &Value) -> Result<Vec<Value>, Fault> {
    let Some(text) = configuration["mapItemReaderData"].as_str() else { return Ok(Vec::new()) };
    serde_json::from_str(text)
        .map_err(|_| Fault::sender("ValidationException", "Map item reader data must be a valid JSON array"))
}

/// An execution that is nowhere but in the context object.
fn launch(cloud: &Cloud, region: &str, role_arn: Option<String>, input_text: String, input: Value) -> Launch {
    let account = &cloud.config.account;
    let (machine, execution) = (uuid::Uuid::new_v4().to_string(), uuid::Uuid::new_v4().to_string());
    Launch {
        execution_arn: format!("arn:aws:states:{region}:{account}:express:{machine}:{execution}"),
        execution_name: execution,
        machine_arn: super::arn::machine(region, account, &machine),
        machine_name: machine,
        role_arn: role_arn.unwrap_or_default(),
        input_text,
        input,
        kind: Kind::Standard.asl(),
        seed: fastrand::u64(..),
        version_arn: None,
        alias_arn: None,
    }
}

fn object(name: &str, text: Option<&str>) -> Result<Option<Map<String, Value>>, Fault> {
    let Some(text) = text else {
        return Ok(None);
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(Some(members)),
        _ => Err(super::constraint::validation(format!("{name} must be a JSON object"))),
    }
}

fn shown(tested: Tested, level: Level) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("status".to_owned(), tested.status.into());
    if let Some(output) = tested.output {
        body.insert("output".to_owned(), output.to_string().into());
    }
    if let Some(Failure { error, cause }) = tested.failure {
        for (name, value) in [("error", error), ("cause", cause)] {
            if let Some(value) = value {
                body.insert(name.to_owned(), value.into());
            }
        }
    }
    if let Some(next) = tested.next_state {
        body.insert("nextState".to_owned(), next.into());
    }
    if level != Level::Info {
        let inspection: Map<String, Value> =
            tested.inspection.into_iter().map(|(name, value)| (name.clone(), inspected(&name, value))).collect();
        body.insert("inspectionData".to_owned(), json!(inspection));
    }
    body
}

/// Data is shown as JSON in a text, settings as they are.
fn inspected(name: &str, value: Value) -> Value {
    match name {
        "errorDetails"
        | "maxConcurrency"
        | "toleratedFailureCount"
        | "toleratedFailurePercentage"
        | "request"
        | "response" => value,
        _ => Value::String(value.to_string()),
    }
}
