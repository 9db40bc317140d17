//! `AWS::SNS::TopicPolicy`

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::access_policy::{Guarded, name, read};
use super::kind::{Kind, kind};
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Made};
use crate::engine::schema::{Property, Schema};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topicpolicy.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::SNS::TopicPolicy",
    properties: &[Property::json("PolicyDocument").required(), Property::texts("Topics").required()],
    attributes: &["Id"],
    volatile: &[],
    identifier: None,
    taggable: false,
});

static GUARDED: Guarded = Guarded {
    list: "Topics",
    set: |context, topic, policy| set(context, topic, policy).boxed(),
    without: default_policy,
};

async fn set(context: &Context, topic: &str, policy: String) -> Result<(), Fault> {
    let input = json!({ "TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy });
    context.invoke("sns", "SetTopicAttributes", input).await.map(|_| ())
}

/// What a topic has without a policy of its own: its account may do everything with it.
///
/// Source: Amazon SNS API Reference, `GetTopicAttributes`, example.
fn default_policy(context: &Context, topic: &str) -> String {
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": "SNS:*",
            "Resource": topic,
            "Condition": { "StringEquals": { "AWS:SourceOwner": context.account } },
        }],
    })
    .to_string()
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    GUARDED.create(context, properties).await
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    GUARDED.update(context, live, properties).await
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    GUARDED.delete(context, live).await
}
