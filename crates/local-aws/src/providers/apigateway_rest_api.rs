//! `AWS::ApiGateway::RestApi`

use serde_json::{Value, json};

use super::kind::{Kind, kind};
use super::member::{answered, document, found_with, gone, lowered, tags, tags_gone, text, there, unchanged};
use super::patch::Patch;
use crate::engine::journal::Live;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, TAGS};
use crate::wire::Fault;

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-restapi.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::RestApi",
    properties: &[
        Property::choice("ApiKeySourceType", &["HEADER", "AUTHORIZER"]),
        Property::texts("BinaryMediaTypes"),
        Property::text("Description"),
        Property::flag("DisableExecuteApiEndpoint"),
        Property::object(
            "EndpointConfiguration",
            &[Property::text("IpAddressType"), Property::texts("Types"), Property::texts("VpcEndpointIds")],
        ),
        Property::integer("MinimumCompressionSize", 0, 10_485_760),
        Property::text("Name"),
        Property::json("Policy"),
        TAGS,
        Property::refused("Body"),
        Property::refused("BodyS3Location"),
        Property::refused("CloneFrom"),
        Property::refused("EndpointAccessMode"),
        Property::refused("FailOnWarnings"),
        Property::refused("Mode"),
        Property::refused("Parameters"),
        Property::refused("SecurityPolicy"),
    ],
    attributes: &["RestApiId", "RootResourceId"],
    volatile: &[],
    identifier: None,
    taggable: true,
});

/// How many APIs one answer lists at most.
///
/// Source: Amazon API Gateway REST API Reference, `GetRestApis`.
const MOST_LISTED: u32 = 500;

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    let mut input = lowered(&KIND.schema, &properties);
    input.shift_remove("tags");
    if let Some(source) = input.shift_remove("apiKeySourceType") {
        input.insert("apiKeySource".to_owned(), source);
    }
    match properties.get("Policy").map(document) {
        Some(policy) if !policy.is_empty() => input.insert("policy".to_owned(), Value::from(policy)),
        _ => input.shift_remove("policy"),
    };
    if text(&properties, "Name").is_none() {
        return Err(Fault::sender("BadRequestException", "Name must be specified without a Body"));
    }
    let mut tags = tags(&context, &properties);
    tags.extend(marks(&context));
    input.insert("tags".to_owned(), json!(tags));
    if context.generation == 0 {
        clear_left(&context).await?;
    }
    let output = context.invoke("apigateway", "CreateRestApi", Value::Object(input)).await?;
    made(&context, &output).await
}

/// The tags by which an API tells what made it.
///
/// Source: AWS CloudFormation User Guide, "Resource tag": the tags with the prefix `aws:cloudformation:`.
fn marks(context: &Context) -> [(String, String); 3] {
    let mark = |name: &str, value: &str| (format!("aws:cloudformation:{name}"), value.to_owned());
    [mark("stack-name", &context.stack_name), mark("stack-id", &context.stack_id), mark("logical-id", &context.logical)]
}

/// Removes an API that was made for this resource of this stack and is not known: the local AWS ended between making it and
/// noting its id, which nobody chooses before.
async fn clear_left(context: &Context) -> Result<(), Fault> {
    let apis = context.invoke("apigateway", "GetRestApis", json!({ "limit": MOST_LISTED })).await?;
    let marked = |api: &Value| {
        let tag = |name: &str| api.get("tags").and_then(|tags| tags.get(name)).and_then(Value::as_str);
        marks(context).iter().skip(1).all(|(name, value)| tag(name) == Some(value))
    };
    for api in apis.get("item").and_then(Value::as_array).into_iter().flatten().filter(|api| marked(api)) {
        let left = json!({ "restApiId": answered(api, "/id")? });
        gone(context.invoke("apigateway", "DeleteRestApi", left).await)?;
    }
    Ok(())
}

async fn made(context: &Context, api: &Value) -> Result<Made, Fault> {
    let id = answered(api, "/id")?;
    let root = match text(api, "rootResourceId") {
        Some(root) => root.to_owned(),
        None => {
            let resources = context.invoke("apigateway", "GetResources", json!({ "restApiId": id })).await?;
            let items = resources.get("item").or_else(|| resources.get("items")).and_then(Value::as_array);
            let root = items.into_iter().flatten().find(|item| text(item, "path") == Some("/"));
            root.and_then(|root| text(root, "id")).unwrap_or_default().to_owned()
        }
    };
    Ok(Made::new(id.clone()).with("RestApiId", id).with("RootResourceId", root))
}

async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    let mut patch = Patch::default();
    for (property, path, absent) in [
        ("Name", "/name", ""),
        ("Description", "/description", ""),
        ("ApiKeySourceType", "/apiKeySource", "HEADER"),
        ("DisableExecuteApiEndpoint", "/disableExecuteApiEndpoint", "false"),
        ("MinimumCompressionSize", "/minimumCompressionSize", ""),
        ("Policy", "/policy", ""),
    ] {
        patch.setting(path, live.properties.get(property), properties.get(property), absent);
    }
    patch.list("/binaryMediaTypes", live.properties.get("BinaryMediaTypes"), properties.get("BinaryMediaTypes"));
    let kind = |properties: &Value| properties.pointer("/EndpointConfiguration/Types/0").cloned();
    patch.setting(
        "/endpointConfiguration/types/0",
        kind(&live.properties).as_ref(),
        kind(&properties).as_ref(),
        "EDGE",
    );
    patch.send(&context, "UpdateRestApi", json!({ "restApiId": live.physical })).await?;
    let arn = format!("arn:aws:apigateway:{}::/restapis/{}", context.region, live.physical);
    update_tags(&context, &live, &properties, &arn).await?;
    Ok(unchanged(live))
}

/// Brings the tags of something of API Gateway up to date.
pub async fn update_tags(context: &Context, live: &Live, properties: &Value, arn: &str) -> Result<(), Fault> {
    let stale = tags_gone(context, live, properties);
    if !stale.is_empty() {
        context.invoke("apigateway", "UntagResource", json!({ "resourceArn": arn, "tagKeys": stale })).await?;
    }
    let tags = tags(context, properties);
    if !tags.is_empty() {
        context.invoke("apigateway", "TagResource", json!({ "resourceArn": arn, "tags": tags })).await?;
    }
    Ok(())
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("apigateway", "DeleteRestApi", json!({ "restApiId": live.physical })).await)
}

async fn read(context: Context, physical: String, _properties: Value) -> Result<Option<Found>, Fault> {
    let input = json!({ "restApiId": physical });
    let Some(api) = there(context.invoke("apigateway", "GetRestApi", input).await)? else { return Ok(None) };
    let actual = json!({ "Name": api.get("name"), "Description": api.get("description").cloned().unwrap_or_default() });
    let mut found = found_with(made(&context, &api).await?, &actual, &["Name", "Description"]);
    if let Some(found) = &mut found {
        found.properties.retain(|_, value| !value.is_null());
    }
    Ok(found)
}
