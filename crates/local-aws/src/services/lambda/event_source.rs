//! Event source mappings: queues and streams that a function is called for.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::function::Function;
use super::input::{self, LambdaFault, constraint, invalid, only};
use super::name::FunctionName;
use super::{destination, page, poller, tag};
use crate::Cloud;
use crate::event_pattern::Pattern;
use crate::wire::{Call, Fault, Output};

/// The table of mappings, by id.
pub const MAPPINGS: &str = "lambda.mappings";

/// A mapping.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mapping {
    pub id: String,
    pub region: String,
    /// The ARN of the function, with the alias or version that is called.
    pub function: String,
    /// The ARN of the queue or stream.
    pub source: String,
    pub enabled: bool,
    /// The members of the API that were set, and the defaults of the others.
    pub settings: Map<String, Value>,
    pub tags: Value,
    pub changed_ms: i64,
}

/// What events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Queue,
    Stream,
}

/// A whole-number member: name, least, most, default.
type Number = (&'static str, i64, i64, i64);

/// Source: AWS Lambda API Reference, `CreateEventSourceMapping`.
const OF_QUEUES: &[Number] = &[("BatchSize", 1, 10_000, 10), ("MaximumBatchingWindowInSeconds", 0, 300, 0)];
const OF_STREAMS: &[Number] = &[
    ("BatchSize", 1, 10_000, 100),
    ("MaximumBatchingWindowInSeconds", 0, 300, 0),
    ("MaximumRecordAgeInSeconds", -1, 604_800, -1),
    ("MaximumRetryAttempts", -1, 10_000, -1),
    ("ParallelizationFactor", 1, 1, 1),
    ("TumblingWindowInSeconds", 0, 0, 0),
];

/// Members that both kinds have.
const SHARED: &[&str] = &["FunctionName", "Enabled", "FilterCriteria", "FunctionResponseTypes"];

impl Origin {
    /// # Errors
    /// The local AWS has nothing of that kind.
    fn of(arn: &str) -> Result<Origin, Fault> {
        match arn.split(':').nth(2) {
            Some("sqs") => Ok(Origin::Queue),
            Some("dynamodb") if arn.contains("/stream/") => Ok(Origin::Stream),
            Some(_) => Err(invalid(format!(
                "the local AWS reads events from SQS queues and DynamoDB streams only, not from {arn}; see docs/local-aws.md"
            ))),
            None => Err(constraint(arn, "eventSourceArn", "Member must satisfy regular expression pattern: arn:…")),
        }
    }

    fn numbers(self) -> &'static [Number] {
        if self == Origin::Queue { OF_QUEUES } else { OF_STREAMS }
    }

    /// The members of the API that say something for this kind.
    fn members(self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Origin::Queue => &["ScalingConfig"],
            Origin::Stream => &["BisectBatchOnFunctionError", "DestinationConfig"],
        };
        self.numbers().iter().map(|(name, ..)| *name).chain(own.iter().copied()).chain(SHARED.iter().copied()).collect()
    }
}

impl Mapping {
    /// What its events come from.
    pub fn origin(&self) -> Origin {
        if self.source.contains(":sqs:") { Origin::Queue } else { Origin::Stream }
    }

    /// A whole-number member.
    pub fn number(&self, name: &str) -> i64 {
        self.settings.get(name).and_then(Value::as_i64).unwrap_or_default()
    }

    /// The filters, of which one has to fit; none when every event is wanted.
    pub fn filters(&self) -> Vec<Pattern> {
        let filters = self.settings.get("FilterCriteria").and_then(|criteria| criteria["Filters"].as_array());
        let texts = filters.into_iter().flatten().filter_map(|filter| filter["Pattern"].as_str());
        texts.filter_map(|text| Pattern::parse(text).ok()).collect()
    }

    /// Whether the function says which items of a batch failed.
    pub fn reports_items(&self) -> bool {
        let types = self.settings.get("FunctionResponseTypes").and_then(Value::as_array);
        types.is_some_and(|types| types.iter().any(|one| one == "ReportBatchItemFailures"))
    }

    /// The function as it is called.
    ///
    /// # Errors
    /// None for a mapping that was made.
    pub fn function_name(&self, cloud: &Cloud) -> Result<FunctionName, Fault> {
        FunctionName::parse(cloud, &self.region, &self.function)
    }

    fn save(&self, cloud: &Cloud) -> Result<(), Fault> {
        Ok(cloud.store.put(MAPPINGS, &self.id, self)?)
    }

    fn shown(&self, cloud: &Cloud) -> Value {
        let mut shown = Value::Object(self.settings.clone());
        shown["UUID"] = json!(self.id);
        shown["EventSourceArn"] = json!(self.source);
        shown["FunctionArn"] = json!(self.function);
        let account = &cloud.config.account;
        shown["EventSourceMappingArn"] =
            json!(format!("arn:aws:lambda:{}:{account}:event-source-mapping:{}", self.region, self.id));
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of our time fit")]
        let changed = self.changed_ms as f64 / 1000.0;
        shown["LastModified"] = json!(changed);
        shown["State"] = json!(if self.enabled { "Enabled" } else { "Disabled" });
        shown["StateTransitionReason"] = json!("USER_INITIATED");
        shown
    }
}

/// CreateEventSourceMapping.
pub async fn create(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let source = input::required(&call.input, "EventSourceArn")?;
    let origin = Origin::of(source)?;
    let mut known = origin.members();
    known.extend(["EventSourceArn", "Tags"]);
    let mut settings = Map::new();
    if origin == Origin::Stream {
        known.push("StartingPosition");
        settings.insert("StartingPosition".to_owned(), json!(starting_position(&call)?));
    }
    only(&call, &known)?;
    let name = FunctionName::of(&cloud, &call)?;
    settings.extend(origin.numbers().iter().map(|(name, _, _, default)| ((*name).to_owned(), json!(default))));
    settings.insert("FunctionResponseTypes".to_owned(), json!([]));
    change(&cloud, &call, origin, &mut settings).await?;
    check_source(&cloud, &call, source, &name).await?;
    let mapping = Mapping {
        id: uuid::Uuid::new_v4().to_string(),
        region: call.region.clone(),
        function: name.qualified_arn(&cloud),
        source: source.to_owned(),
        enabled: input::flag(&call.input, "Enabled")?.unwrap_or(true),
        settings,
        tags: json!(tag::read(&call.input["Tags"])?),
        changed_ms: cloud.clock.now_ms(),
    };
    {
        let _edit = cloud.lambda.edit();
        refuse_twice(&cloud, &mapping)?;
        mapping.save(&cloud)?;
    }
    poller::start(&cloud, &mapping);
    Ok(Output::json(mapping.shown(&cloud)).with_status(202))
}

/// UpdateEventSourceMapping: changes what is given and leaves the rest.
pub async fn update(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let before = load(&cloud, &call)?;
    let mut known = before.origin().members();
    known.push("UUID");
    only(&call, &known)?;
    let mut settings = before.settings.clone();
    change(&cloud, &call, before.origin(), &mut settings).await?;
    let function = match input::text(&call.input, "FunctionName")? {
        Some(_) => {
            let name = FunctionName::of(&cloud, &call)?;
            check_source(&cloud, &call, &before.source, &name).await?;
            name.qualified_arn(&cloud)
        }
        None => before.function.clone(),
    };
    let enabled = input::flag(&call.input, "Enabled")?.unwrap_or(before.enabled);
    let mapping = Mapping { settings, function, enabled, changed_ms: cloud.clock.now_ms(), ..before };
    {
        let _edit = cloud.lambda.edit();
        refuse_twice(&cloud, &mapping)?;
        mapping.save(&cloud)?;
    }
    poller::start(&cloud, &mapping);
    Ok(Output::json(mapping.shown(&cloud)).with_status(202))
}

/// GetEventSourceMapping.
pub async fn get(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Ok(Output::json(load(&cloud, &call)?.shown(&cloud)))
}

/// DeleteEventSourceMapping.
pub async fn delete(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mapping = load(&cloud, &call)?;
    poller::stop(&cloud, &mapping.id);
    cloud.store.delete(MAPPINGS, &mapping.id)?;
    poller::forget(&cloud, &mapping.id)?;
    let mut shown = mapping.shown(&cloud);
    shown["State"] = json!("Deleting");
    Ok(Output::json(shown).with_status(202))
}

/// ListEventSourceMappings.
pub async fn list(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let function = match input::text(&call.input, "FunctionName")? {
        Some(_) => {
            let name = FunctionName::of(&cloud, &call)?;
            Function::load(&cloud, &name)?;
            Some(name.qualified_arn(&cloud))
        }
        None => None,
    };
    let source = input::text(&call.input, "EventSourceArn")?;
    let all: Vec<(String, Mapping)> = cloud.store.scan(MAPPINGS, "")?;
    let wanted = all.into_iter().map(|(_, mapping)| mapping).filter(|mapping| {
        mapping.region == call.region
            && function.as_ref().is_none_or(|function| mapping.function == *function)
            && source.is_none_or(|source| mapping.source == source)
    });
    page::of(&call, "EventSourceMappings", wanted.map(|mapping| mapping.shown(&cloud)).collect())
}

fn load(cloud: &Cloud, call: &Call) -> Result<Mapping, Fault> {
    let id = input::required(&call.input, "UUID")?;
    let mapping: Option<Mapping> = cloud.store.get(MAPPINGS, id)?;
    mapping.filter(|mapping| mapping.region == call.region).ok_or_else(|| {
        Fault::sender("ResourceNotFoundException", "The resource you requested does not exist.")
            .with_status(404)
            .typed("User")
    })
}

fn refuse_twice(cloud: &Cloud, mapping: &Mapping) -> Result<(), Fault> {
    let all: Vec<(String, Mapping)> = cloud.store.scan(MAPPINGS, "")?;
    let same = all
        .into_iter()
        .map(|(_, known)| known)
        .find(|known| known.id != mapping.id && known.function == mapping.function && known.source == mapping.source);
    let Some(same) = same else { return Ok(()) };
    let message = format!(
        "The event source arn (\" {} \") and function (\" {} \") provided mapping already exists. Please update or delete the existing mapping with UUID {}",
        mapping.source,
        mapping.function.rsplit(":function:").next().unwrap_or_default(),
        same.id
    );
    Err(Fault::sender("ResourceConflictException", message).with_status(409).typed("User"))
}

fn starting_position(call: &Call) -> Result<&str, Fault> {
    match input::text(&call.input, "StartingPosition")? {
        Some(position @ ("TRIM_HORIZON" | "LATEST")) => Ok(position),
        Some(other) => Err(constraint(
            other,
            "startingPosition",
            "Member must satisfy enum value set: [LATEST, TRIM_HORIZON] for a DynamoDB stream",
        )),
        None => Err(invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
        )),
    }
}

/// Sets what the call names, checked.
async fn change(
    cloud: &Arc<Cloud>,
    call: &Call,
    origin: Origin,
    settings: &mut Map<String, Value>,
) -> Result<(), Fault> {
    for (name, least, most, _) in origin.numbers() {
        let Some(number) = input::integer(&call.input, name)? else { continue };
        if !(least..=most).contains(&&number) {
            return Err(invalid(out_of_range(name, number, *least, *most)));
        }
        settings.insert((*name).to_owned(), json!(number));
    }
    let setting = |name: &str| settings.get(name).and_then(Value::as_i64).unwrap_or_default();
    if origin == Origin::Queue && setting("BatchSize") > 10 && setting("MaximumBatchingWindowInSeconds") == 0 {
        return Err(invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ));
    }
    if let Some(flag) = input::flag(&call.input, "BisectBatchOnFunctionError")? {
        settings.insert("BisectBatchOnFunctionError".to_owned(), json!(flag));
    }
    if let Some(types) = input::texts(&call.input, "FunctionResponseTypes")? {
        if let Some(other) = types.iter().find(|one| *one != "ReportBatchItemFailures") {
            let rule = "Member must satisfy enum value set: [ReportBatchItemFailures]";
            return Err(constraint(other, "functionResponseTypes", rule));
        }
        settings.insert("FunctionResponseTypes".to_owned(), json!(types));
    }
    let concurrency = input::integer(&call.input["ScalingConfig"], "MaximumConcurrency")?;
    if let Some(most) = concurrency.filter(|most| !(2..=1000).contains(most)) {
        return Err(invalid(out_of_range("ScalingConfig.MaximumConcurrency", most, 2, 1000)));
    }
    if let Some(arn) = input::text(&call.input["DestinationConfig"]["OnFailure"], "Destination")? {
        destination::check(cloud, &call.region, arn).await?;
    }
    check_filters(&call.input["FilterCriteria"])?;
    for name in ["ScalingConfig", "DestinationConfig", "FilterCriteria"] {
        match input::object(&call.input, name)? {
            Some(members) if members.is_empty() => drop(settings.remove(name)),
            Some(members) => drop(settings.insert(name.to_owned(), json!(members))),
            None => {}
        }
    }
    Ok(())
}

fn out_of_range(name: &str, number: i64, least: i64, most: i64) -> String {
    if least == most {
        return format!("the local AWS does not support {name} {number}; see docs/local-aws.md");
    }
    format!("The value {number} of {name} must be between {least} and {most}")
}

fn check_filters(criteria: &Value) -> Result<(), Fault> {
    for filter in criteria["Filters"].as_array().into_iter().flatten() {
        let pattern = input::text(filter, "Pattern")?.unwrap_or_default();
        Pattern::parse(pattern).map_err(|error| invalid(format!("Invalid filter pattern definition. {error}")))?;
    }
    Ok(())
}

/// The function has to be there, and what it is called for; a queue has to hide messages for as long as it may run.
async fn check_source(cloud: &Arc<Cloud>, call: &Call, source: &str, name: &FunctionName) -> Result<(), Fault> {
    let function = Function::load(cloud, name)?;
    let Some((_, version)) = function.version(name.qualifier.as_deref(), 1.0) else {
        return Err(name.not_found(cloud));
    };
    if Origin::of(source)? == Origin::Stream {
        let input = json!({ "StreamArn": source, "Limit": 1 });
        return match cloud.invoke("dynamodb", "DescribeStream", &call.region, input).await {
            Ok(_) => Ok(()),
            Err(fault) => Err(invalid(format!("Stream not found: {source} ({})", fault.message))),
        };
    }
    let queue = source.rsplit(':').next().unwrap_or_default();
    let input = json!({ "QueueUrl": queue, "AttributeNames": ["VisibilityTimeout"] });
    let answer = cloud.invoke("sqs", "GetQueueAttributes", &call.region, input).await.map_err(|_| {
        invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist or you do not have access to it.",
        )
    })?;
    let hidden = answer.body["Attributes"]["VisibilityTimeout"].as_str().and_then(|text| text.parse::<u64>().ok());
    let timeout = version.settings.timeout_s;
    match hidden {
        Some(hidden) if hidden < timeout => Err(invalid(format!(
            "Queue visibility timeout: {hidden} seconds is less than Function timeout: {timeout} seconds"
        ))),
        _ => Ok(()),
    }
}
