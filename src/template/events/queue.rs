//! Messages of queues, Kafka clusters and brokers: `AWS::Lambda::EventSourceMapping`.

use serde_json::{Map, Value, json};

use crate::stack::event::{BrokerEvent, KafkaEvent, MskEvent, SqsChoice, SqsEvent};
use crate::stack::{Expr, Flag, Function, Named, Text, Whole};
use crate::template::draft::{Draft, depend, extend};
use crate::template::naming::alphanumeric_upper;

use super::{filters, id, is_enabled, missing, waits_for};

/// Amazon MQ's kinds of brokers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broker {
    ActiveMq,
    RabbitMq,
}

/// What Lambda needs to reach a cluster inside a network.
const NETWORK: [&str; 6] = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcs",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
];

fn number(number: Option<Whole>) -> Option<Value> {
    number.map(|number| json!(number.value))
}

fn text(text: Option<&Text>) -> Option<Value> {
    text.map(|text| json!(text.text))
}

fn switch(flag: Option<Flag>) -> Option<Value> {
    flag.map(|flag| json!(flag.value))
}

/// The last part of an ARN that names something.
fn name_of(arn: &Value) -> String {
    let text = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
    if let Some(parts) = arn.get("Fn::GetAtt") {
        return text(&parts[0]);
    }
    if let Some(name) = arn.get("Fn::ImportValue").or_else(|| arn.get("Ref")) {
        return name.as_str().map_or_else(|| name.to_string(), str::to_owned);
    }
    if let Some(last) = arn.get("Fn::Join").and_then(|join| join[1].as_array()).and_then(|parts| parts.last()) {
        return text(last).rsplit(':').next().unwrap_or("").to_owned();
    }
    if let Some(sub) = arn.get("Fn::Sub").and_then(Value::as_str) {
        return sub.rsplit(':').next().unwrap_or("").to_owned();
    }
    text(arn).rsplit(':').next().unwrap_or("").to_owned()
}

/// Adds the mapping of an SQS queue, and the function's right to read it.
pub fn sqs(draft: &mut Draft, function: &Named<Function>, choice: &SqsChoice) {
    let (arn, details, span): (Option<Value>, Option<&SqsEvent>, _) = match choice {
        SqsChoice::Arn(arn) => (Some(json!(arn.text)), None, arn.span),
        SqsChoice::Detailed(event) => (event.arn.as_ref().map(|arn| arn.value.clone()), Some(event), event.span),
    };
    let Some(arn) = arn else { return missing(draft, span, "`arn`") };
    let mut all = Map::new();
    all.insert("EventSourceArn".into(), arn.clone());
    all.insert("FunctionName".into(), draft.function_arn(&function.name));
    all.insert("BatchSize".into(), number(details.and_then(|event| event.batch_size)).unwrap_or_else(|| json!(10)));
    all.insert("Enabled".into(), json!(is_enabled(details.and_then(|event| event.enabled.as_ref()))));
    let concurrency = details.and_then(|event| event.maximum_concurrency);
    extend(
        &mut all,
        [
            ("MaximumBatchingWindowInSeconds", number(details.and_then(|event| event.batch_window_s))),
            (
                "FunctionResponseTypes",
                details.and_then(|event| event.response_type.as_ref()).map(|kind| json!([kind.text])),
            ),
            ("FilterCriteria", filters(details.and_then(|event| event.filter_patterns.as_ref()))),
            ("ScalingConfig", concurrency.map(|most| json!({"MaximumConcurrency": most.value}))),
        ],
    );
    let mapping = id(function, format_args!("EventSourceMappingSQS{}", alphanumeric_upper(&name_of(&arn))));
    let waits = waits_for(draft, function);
    depend(draft.add(mapping, span, "AWS::Lambda::EventSourceMapping", Value::Object(all)), waits);
    let actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
    draft.grant(&function.name, json!({"Effect": "Allow", "Action": actions, "Resource": [arn]}));
}

/// Adds the mapping of an Amazon MSK cluster.
pub fn msk(draft: &mut Draft, function: &Named<Function>, event: &MskEvent) {
    let Some(arn) = event.arn.as_ref().map(|arn| arn.value.clone()) else { return missing(draft, event.span, "`arn`") };
    let Some(topic) = &event.topic else { return missing(draft, event.span, "`topic`") };
    let cluster = match arn.as_str() {
        Some(text) => text.split('/').nth(1).unwrap_or("").to_owned(),
        None => name_of(&arn),
    };
    let mut all = Map::new();
    all.insert("EventSourceArn".into(), arn.clone());
    all.insert("FunctionName".into(), draft.function_arn(&function.name));
    all.insert(
        "StartingPosition".into(),
        text(event.starting_position.as_ref()).unwrap_or_else(|| json!("TRIM_HORIZON")),
    );
    all.insert("Topics".into(), json!([topic.text]));
    let secret = event.sasl_scram_512.as_ref();
    extend(
        &mut all,
        [
            ("StartingPositionTimestamp", number(event.starting_position_timestamp)),
            ("BatchSize", number(event.batch_size)),
            ("MaximumBatchingWindowInSeconds", number(event.batch_window_s)),
            ("Enabled", switch(event.enabled)),
            (
                "SourceAccessConfigurations",
                secret.map(|secret| json!([{"Type": "SASL_SCRAM_512_AUTH", "URI": secret.value}])),
            ),
            (
                "AmazonManagedKafkaEventSourceConfig",
                event.consumer_group_id.as_ref().map(|group| json!({"ConsumerGroupId": group.text})),
            ),
            ("FilterCriteria", filters(event.filter_patterns.as_ref())),
        ],
    );
    let rest = format!("EventSourceMappingMSK{}{}", cut(&cluster, 79), cut(&topic.text, 79));
    let waits = waits_for(draft, function);
    depend(draft.add(id(function, rest), event.span, "AWS::Lambda::EventSourceMapping", Value::Object(all)), waits);
    let actions = ["kafka:DescribeCluster", "kafka:GetBootstrapBrokers"];
    draft.grant(&function.name, json!({"Effect": "Allow", "Action": actions, "Resource": [arn]}));
    grant_network(draft, function);
    // The framework forgets that a cluster's password is read with the function's rights.
    let secret = secret.filter(|_| draft.stack.is_safe());
    grant_secrets(draft, function, secret.map(|secret| secret.value.clone()).into_iter().collect());
}

fn cut(name: &str, most: usize) -> String {
    alphanumeric_upper(name).chars().take(most).collect()
}

fn grant_network(draft: &mut Draft, function: &Named<Function>) {
    draft.grant(&function.name, json!({"Effect": "Allow", "Action": NETWORK, "Resource": "*"}));
}

fn grant_secrets(draft: &mut Draft, function: &Named<Function>, secrets: Vec<Value>) {
    if !secrets.is_empty() {
        let statement = json!({"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": secrets});
        draft.grant(&function.name, statement);
    }
}

/// Lambda's word for a way of access, and whether its value is a secret's ARN, or else a place in the network.
const ACCESS: [(&str, &str, bool); 7] = [
    ("vpcSubnet", "VPC_SUBNET", false),
    ("vpcSecurityGroup", "VPC_SECURITY_GROUP", false),
    ("saslPlainAuth", "BASIC_AUTH", true),
    ("saslScram256Auth", "SASL_SCRAM_256_AUTH", true),
    ("saslScram512Auth", "SASL_SCRAM_512_AUTH", true),
    ("clientCertificateTlsAuth", "CLIENT_CERTIFICATE_TLS_AUTH", true),
    ("serverRootCaCertificate", "SERVER_ROOT_CA_CERTIFICATE", true),
];

/// Adds the mapping of a Kafka cluster of the user's own.
pub fn kafka(draft: &mut Draft, function: &Named<Function>, event: &KafkaEvent) {
    let Some(topic) = &event.topic else { return missing(draft, event.span, "`topic`") };
    let (mut access, mut secrets, mut in_network) = (Vec::new(), Vec::new(), false);
    for entry in event.access.as_ref().map(|access| access.0.entries()).unwrap_or_default() {
        let Some((_, kind, is_secret)) = ACCESS.iter().find(|(name, _, _)| *name == entry.key.text) else {
            let message = format!("`{}` is not a way of access to a Kafka cluster", entry.key.text);
            let diagnostic =
                crate::diagnostic::Diagnostic::error(crate::diagnostic::Code::UnknownKey, entry.key.span, message);
            draft.diagnostics.push(diagnostic.did_you_mean(&entry.key.text, ACCESS.iter().map(|(name, _, _)| *name)));
            continue;
        };
        let values = match entry.value.to_json() {
            Value::Array(values) => values,
            value => vec![value],
        };
        in_network |= !is_secret;
        for value in values {
            if *is_secret {
                secrets.push(value.clone());
            }
            let prefix = match *kind {
                "VPC_SUBNET" => "subnet:",
                "VPC_SECURITY_GROUP" => "security_group:",
                _ => "",
            };
            let uri = match value.as_str() {
                Some(text) if !text.starts_with(prefix) => json!(format!("{prefix}{text}")),
                _ => value,
            };
            access.push(json!({"Type": kind, "URI": uri}));
        }
    }
    let servers: Vec<Value> = event.bootstrap_servers.iter().map(|server: &Expr| server.value.clone()).collect();
    let mut all = Map::new();
    all.insert("FunctionName".into(), draft.function_arn(&function.name));
    all.insert(
        "StartingPosition".into(),
        text(event.starting_position.as_ref()).unwrap_or_else(|| json!("TRIM_HORIZON")),
    );
    all.insert("SelfManagedEventSource".into(), json!({"Endpoints": {"KafkaBootstrapServers": servers}}));
    all.insert("SourceAccessConfigurations".into(), json!(access));
    all.insert("Topics".into(), json!([topic.text]));
    extend(
        &mut all,
        [
            ("StartingPositionTimestamp", number(event.starting_position_timestamp)),
            ("BatchSize", number(event.batch_size)),
            ("MaximumBatchingWindowInSeconds", number(event.batch_window_s)),
            ("Enabled", switch(event.enabled)),
            (
                "SelfManagedKafkaEventSourceConfig",
                event.consumer_group_id.as_ref().map(|group| json!({"ConsumerGroupId": group.text})),
            ),
            ("FilterCriteria", filters(event.filter_patterns.as_ref())),
        ],
    );
    let rest = format!("EventSourceMappingKafka{}", cut(&topic.text, 158));
    let waits = waits_for(draft, function);
    depend(draft.add(id(function, rest), event.span, "AWS::Lambda::EventSourceMapping", Value::Object(all)), waits);
    grant_secrets(draft, function, secrets);
    if in_network {
        grant_network(draft, function);
    }
}

/// Adds the mapping of a broker's queue.
pub fn broker(draft: &mut Draft, function: &Named<Function>, event: &BrokerEvent, broker: Broker) {
    let Some(arn) = event.arn.as_ref().map(|arn| arn.value.clone()) else { return missing(draft, event.span, "`arn`") };
    let Some(queue) = &event.queue else { return missing(draft, event.span, "`queue`") };
    let Some(secret) = &event.basic_auth_arn else { return missing(draft, event.span, "`basicAuthArn`") };
    let mut access = vec![json!({"Type": "BASIC_AUTH", "URI": secret.value})];
    access.extend(event.virtual_host.as_ref().map(|host| json!({"Type": "VIRTUAL_HOST", "URI": host.text})));
    let mut all = Map::new();
    all.insert("EventSourceArn".into(), arn.clone());
    all.insert("FunctionName".into(), draft.function_arn(&function.name));
    all.insert("Queues".into(), json!([queue.text]));
    all.insert("SourceAccessConfigurations".into(), json!(access));
    extend(
        &mut all,
        [
            ("BatchSize", number(event.batch_size)),
            ("MaximumBatchingWindowInSeconds", number(event.batch_window_s)),
            ("Enabled", switch(event.enabled)),
            ("FilterCriteria", filters(event.filter_patterns.as_ref())),
        ],
    );
    let kind = if broker == Broker::ActiveMq { "ActiveMQ" } else { "RabbitMQ" };
    let waits = waits_for(draft, function);
    let mapping = id(function, format_args!("EventSourceMapping{kind}{}", cut(&queue.text, 150)));
    depend(draft.add(mapping, event.span, "AWS::Lambda::EventSourceMapping", Value::Object(all)), waits);
    draft.grant(&function.name, json!({"Effect": "Allow", "Action": ["mq:DescribeBroker"], "Resource": [arn]}));
    grant_secrets(draft, function, vec![secret.value.clone()]);
    grant_network(draft, function);
}
