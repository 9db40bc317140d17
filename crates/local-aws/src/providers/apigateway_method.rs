//! `AWS::ApiGateway::Method`

use serde_json::{Map, Value, json};

use super::kind::{Kind, kind};
use super::member::{found, gone, invented, lowered, required, there, unchanged};
use crate::engine::journal::Live;
use crate::engine::names::Letters;
use crate::engine::provider::{Context, Found, Made};
use crate::engine::schema::{Property, Schema, Shape};
use crate::wire::Fault;

const INTEGRATION_RESPONSE: Shape = Shape::Object(&[
    Property::choice("ContentHandling", &["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"]),
    Property::map("ResponseParameters", &Shape::Text),
    Property::map("ResponseTemplates", &Shape::Text),
    Property::text("SelectionPattern"),
    Property::text("StatusCode").required(),
]);
const METHOD_RESPONSE: Shape = Shape::Object(&[
    Property::map("ResponseModels", &Shape::Text),
    // A boolean by the documentation; CloudFormation also takes the quoted header values that
    // serverless-step-functions has written here for years, and they count as "not required".
    Property::map("ResponseParameters", &Shape::Text),
    Property::text("StatusCode").required(),
]);

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-method.html>
pub static KIND: Kind = kind!(Schema {
    kind: "AWS::ApiGateway::Method",
    properties: &[
        Property::flag("ApiKeyRequired"),
        Property::texts("AuthorizationScopes"),
        Property::text("AuthorizationType"),
        Property::text("AuthorizerId"),
        Property::text("HttpMethod").required().replaces(),
        Property::object(
            "Integration",
            &[
                Property::texts("CacheKeyParameters"),
                Property::text("CacheNamespace"),
                Property::text("ConnectionId"),
                Property::choice("ConnectionType", &["INTERNET", "VPC_LINK"]),
                Property::choice("ContentHandling", &["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"]),
                Property::text("Credentials"),
                Property::text("IntegrationHttpMethod"),
                Property::objects("IntegrationResponses", &INTEGRATION_RESPONSE),
                Property::choice("PassthroughBehavior", &["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"]),
                Property::map("RequestParameters", &Shape::Text),
                Property::map("RequestTemplates", &Shape::Text),
                Property::integer("TimeoutInMillis", 50, 300_000),
                Property::choice("Type", &["AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"]).required(),
                Property::text("Uri"),
                Property::refused("IntegrationTarget"),
                Property::refused("ResponseTransferMode"),
            ],
        ),
        Property::objects("MethodResponses", &METHOD_RESPONSE),
        Property::text("OperationName"),
        Property::map("RequestModels", &Shape::Text),
        Property::map("RequestParameters", &Shape::Flag),
        Property::text("RequestValidatorId"),
        Property::text("ResourceId").required().replaces(),
        Property::text("RestApiId").required().replaces(),
    ],
    attributes: &[],
    volatile: &[],
    identifier: None,
    taggable: false,
});

fn name(_context: &Context, _properties: &Value) -> Option<String> {
    None
}

async fn create(context: Context, properties: Value) -> Result<Made, Fault> {
    put(&context, &properties).await?;
    Ok(Made::new(invented(&context, 64, Letters::Upper)))
}

/// A method is small: it is put anew as a whole. Deployed stages have their own copy and do not see the moment between.
async fn update(context: Context, live: Live, properties: Value) -> Result<Made, Fault> {
    gone(context.invoke("apigateway", "DeleteMethod", address(&live.properties)).await)?;
    put(&context, &properties).await?;
    Ok(unchanged(live))
}

async fn delete(context: Context, live: Live) -> Result<(), Fault> {
    gone(context.invoke("apigateway", "DeleteMethod", address(&live.properties)).await)
}

async fn read(context: Context, physical: String, properties: Value) -> Result<Option<Found>, Fault> {
    let answer = there(context.invoke("apigateway", "GetMethod", address(&properties)).await)?;
    Ok(answer.and_then(|_| found(Made::new(physical))))
}

/// Which method it is.
fn address(properties: &Value) -> Value {
    json!({
        "restApiId": required(properties, "RestApiId"),
        "resourceId": required(properties, "ResourceId"),
        "httpMethod": required(properties, "HttpMethod"),
    })
}

fn with(address: &Value, members: Map<String, Value>) -> Value {
    let mut input = address.as_object().cloned().unwrap_or_default();
    input.extend(members);
    Value::Object(input)
}

async fn put(context: &Context, properties: &Value) -> Result<(), Fault> {
    let address = address(properties);
    let mut method = lowered(&KIND.schema, properties);
    let integration = method.shift_remove("integration");
    let responses = method.shift_remove("methodResponses");
    method.entry("authorizationType").or_insert_with(|| Value::from("NONE"));
    context.invoke("apigateway", "PutMethod", Value::Object(method)).await?;
    for response in responses.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let mut members = response.as_object().cloned().unwrap_or_default();
        for (_, required) in members.get_mut("responseParameters").and_then(Value::as_object_mut).into_iter().flatten()
        {
            *required = Value::from(*required == true || *required == "true");
        }
        context.invoke("apigateway", "PutMethodResponse", with(&address, members)).await?;
    }
    let Some(Value::Object(mut integration)) = integration else { return Ok(()) };
    let responses = integration.shift_remove("integrationResponses");
    context.invoke("apigateway", "PutIntegration", with(&address, integration)).await?;
    for response in responses.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let members = response.as_object().cloned().unwrap_or_default();
        context.invoke("apigateway", "PutIntegrationResponse", with(&address, members)).await?;
    }
    Ok(())
}
