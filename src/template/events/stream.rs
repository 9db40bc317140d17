//! Records of DynamoDB tables and Kinesis streams: `AWS::Lambda::EventSourceMapping`.

use serde_json::{Map, Value, json};

use crate::source::Span;
use crate::stack::event::{OnFailure, StreamChoice, StreamEvent};
use crate::stack::{Function, Named, normalized};
use crate::template::draft::{Draft, depend, extend};
use crate::template::intrinsic::reference;
use crate::template::naming::{alphanumeric_upper, upper_first};

use super::{filters, id, is_enabled, missing, waits_for};

/// Adds the mapping, and the function's right to read the stream.
pub fn render(draft: &mut Draft, function: &Named<Function>, choice: &StreamChoice) {
    let (arn, details, span): (Option<Value>, Option<&StreamEvent>, Span) = match choice {
        StreamChoice::Arn(arn) => (Some(json!(arn.text)), None, arn.span),
        StreamChoice::Detailed(event) => (event.arn.as_ref().map(|arn| arn.value.clone()), Some(event), event.span),
    };
    let Some(arn) = arn else { return missing(draft, span, "`arn`") };
    let kind = details.and_then(|event| event.kind.as_ref()).map(|kind| kind.text.clone());
    let kind = kind.or_else(|| arn.as_str().and_then(|arn| arn.split(':').nth(2)).map(str::to_owned));
    let Some(kind) = kind else { return missing(draft, span, "`type` (dynamodb or kinesis)") };
    let name = stream_name(&arn);
    let consumer = details
        .and_then(|event| event.consumer.as_ref())
        .map(|consumer| consumer.to_json())
        .filter(|c| *c != json!(false));
    let consumer = consumer.filter(|_| kind == "kinesis");
    let mut waits = waits_for(draft, function);
    let source = match &consumer {
        Some(Value::Bool(_)) => {
            let id = add_consumer(draft, function, &name, &arn, span);
            waits.push(id.clone());
            reference(&id)
        }
        Some(consumer) => consumer.clone(),
        None => arn.clone(),
    };
    let mapping = mapping(draft, function, details, source.clone(), consumer.is_some());
    let mapping_id =
        id(function, format_args!("EventSourceMapping{}{}", upper_first(&kind), alphanumeric_upper(&name)));
    depend(draft.add(mapping_id, span, "AWS::Lambda::EventSourceMapping", mapping), waits);
    grants(draft, function, &kind, arn, consumer.is_some().then_some(source));
    if let Some(event) = details {
        grant_failures(draft, function, event);
    }
}

fn stream_name(arn: &Value) -> String {
    let text = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
    if let Some(parts) = arn.get("Fn::GetAtt") {
        return text(&parts[0]);
    }
    if let Some(name) = arn.get("Fn::ImportValue").or_else(|| arn.get("Ref")) {
        return name.as_str().map_or_else(|| name.to_string(), str::to_owned);
    }
    if let Some(last) = arn.get("Fn::Join").and_then(|join| join[1].as_array()).and_then(|parts| parts.last()) {
        return text(last).rsplit('/').next().unwrap_or("").to_owned();
    }
    text(arn).split('/').nth(1).unwrap_or("").to_owned()
}

fn add_consumer(draft: &mut Draft, function: &Named<Function>, stream: &str, arn: &Value, span: Span) -> String {
    let stack = draft.stack;
    let specific = stack.provider.kinesis.as_ref().is_some_and(|kinesis| kinesis.consumer_naming_mode.is_some());
    let name = if specific {
        format!("{}{stream}{}{}Consumer", function.name, stack.service, stack.stage)
    } else {
        format!("{}{stream}Consumer", function.name)
    };
    let id = format!("{}StreamConsumer", normalized(&name));
    draft.add(&id, span, "AWS::Kinesis::StreamConsumer", json!({"StreamARN": arn, "ConsumerName": name}));
    id
}

fn mapping(
    draft: &Draft,
    function: &Named<Function>,
    details: Option<&StreamEvent>,
    source: Value,
    of_consumer: bool,
) -> Value {
    let whole =
        |of: fn(&StreamEvent) -> Option<crate::stack::Whole>| details.and_then(of).map(|number| json!(number.value));
    let mut all = Map::new();
    all.insert("EventSourceArn".into(), source);
    all.insert("FunctionName".into(), draft.function_arn(&function.name));
    all.insert("BatchSize".into(), whole(|event| event.batch_size).unwrap_or_else(|| json!(10)));
    let position = details.and_then(|event| event.starting_position.as_ref());
    all.insert("StartingPosition".into(), json!(position.map_or("TRIM_HORIZON", |text| text.text.as_str())));
    all.insert("Enabled".into(), json!(is_enabled(details.and_then(|event| event.enabled.as_ref()))));
    let failure = details.and_then(|event| event.destinations.as_ref()).and_then(|to| to.on_failure.as_ref());
    extend(
        &mut all,
        [
            ("ParallelizationFactor", whole(|event| event.parallelization_factor)),
            ("MaximumBatchingWindowInSeconds", whole(|event| event.batch_window_s)),
            ("MaximumRetryAttempts", whole(|event| event.maximum_retry_attempts)),
            ("BisectBatchOnFunctionError", details.and_then(|event| event.bisect).map(|flag| json!(flag.value))),
            (
                "FunctionResponseTypes",
                details.and_then(|event| event.response_type.as_ref()).map(|kind| json!([kind.text])),
            ),
            ("MaximumRecordAgeInSeconds", whole(|event| event.maximum_record_age_s)),
            ("TumblingWindowInSeconds", whole(|event| event.tumbling_window_s)),
            // The framework knows when to begin with consumers only.
            (
                "StartingPositionTimestamp",
                whole(|event| event.starting_position_timestamp).filter(|_| of_consumer || draft.stack.is_safe()),
            ),
            ("DestinationConfig", failure.and_then(target).map(|(arn, _)| json!({"OnFailure": {"Destination": arn}}))),
            ("FilterCriteria", filters(details.and_then(|event| event.filter_patterns.as_ref()))),
        ],
    );
    Value::Object(all)
}

/// Where records go that fail, and what it is.
fn target(failure: &OnFailure) -> Option<(Value, String)> {
    match failure {
        OnFailure::Arn(arn) => Some((json!(arn.text), arn.text.split(':').nth(2)?.to_owned())),
        OnFailure::Detailed(target) => {
            let arn = target.arn.as_ref()?.value.clone();
            let of_arn = arn.as_str().and_then(|arn| arn.split(':').nth(2)).map(str::to_owned);
            let kind = target.kind.as_ref().map(|kind| kind.text.clone()).or(of_arn)?;
            Some((arn, kind))
        }
    }
}

fn grants(draft: &mut Draft, function: &Named<Function>, kind: &str, arn: Value, consumer: Option<Value>) {
    let actions: &[&str] = match (kind, &consumer) {
        ("dynamodb", _) => {
            &["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams"]
        }
        (_, Some(_)) => {
            &["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStreamSummary", "kinesis:ListShards"]
        }
        (_, None) => {
            &["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListStreams"]
        }
    };
    draft.grant(&function.name, json!({"Effect": "Allow", "Action": actions, "Resource": [arn]}));
    if let Some(consumer) = consumer {
        let statement = json!({"Effect": "Allow", "Action": ["kinesis:SubscribeToShard"], "Resource": [consumer]});
        draft.grant(&function.name, statement);
    }
}

fn grant_failures(draft: &mut Draft, function: &Named<Function>, event: &StreamEvent) {
    let failure = event.destinations.as_ref().and_then(|to| to.on_failure.as_ref());
    let Some((arn, kind)) = failure.and_then(target) else { return };
    let actions: &[&str] = if kind == "sns" { &["sns:Publish"] } else { &["sqs:ListQueues", "sqs:SendMessage"] };
    draft.grant(&function.name, json!({"Effect": "Allow", "Action": actions, "Resource": [arn]}));
}
