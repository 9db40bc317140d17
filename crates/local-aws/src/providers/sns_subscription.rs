//! `AWS::SNS::Subscription`

use serde_json::{Map, Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, differs, document, found, gone, required, text, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// The properties that are attributes of the subscription, with the value that takes one away.
const ATTRIBUTES: &[(&str, &str)] =
    &[("FilterPolicy", "{}"), ("FilterPolicyScope", "MessageAttributes"), ("RawMessageDelivery", "false")];

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::SNS::Subscription",
    properties: &[
        Property::text("Endpoint").replaces(),
        Property::json("FilterPolicy"),
        Property::choice("FilterPolicyScope", &["MessageAttributes", "MessageBody"]),
        Property::text("Protocol").required().replaces(),
        Property::flag("RawMessageDelivery"),
        Property::text("TopicArn").required().replaces(),
        Property::refused("DeliveryPolicy"),
        Property::refused("RedrivePolicy"),
        Property::refused("Region"),
        Property::refused("ReplayPolicy"),
        Property::refused("SubscriptionRoleArn"),
    ],
    attributes: &["Arn"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let attributes: Map<String, Value> = ATTRIBUTES
        .iter()
        .filter_map(|(name, _)| Some(((*name).to_owned(), Value::from(document(properties.get(*name)?)))))
        .collect();
    let input = json!({
        "TopicArn": required(&properties, "TopicArn"),
        "Protocol": required(&properties, "Protocol"),
        "Endpoint": text(&properties, "Endpoint"),
        "Attributes": attributes,
    });
    let arn = answered(&context.invoke("sns", "Subscribe", input).await?, "/SubscriptionArn")?;
    Ok(Made::new(arn.clone()).with("Arn", arn))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    for (name, none) in ATTRIBUTES.iter().filter(|(name, _)| differs(&live, &properties, name)) {
        let value = properties.get(*name).map_or_else(|| (*none).to_owned(), document);
        let input = json!({ "SubscriptionArn": live.physical, "AttributeName": name, "AttributeValue": value });
        context.invoke("sns", "SetSubscriptionAttributes", input).await?;
    }
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("sns", "Unsubscribe", json!({ "SubscriptionArn": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "SubscriptionArn": physical });
    let answer = there(context.invoke("sns", "GetSubscriptionAttributes", input).await)?;
    Ok(answer.and_then(|_| found(Made::new(physical.clone()).with("Arn", physical))))
}
