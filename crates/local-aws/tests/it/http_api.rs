//! HTTP APIs and function URLs, from the request to the response.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use local_aws::{Cloud, gateway};
use serde_json::{Value, json};

use super::lambda::{REGION, cloud, function};

const ECHO: &str = "arn:aws:lambda:us-east-1:000000000000:function:echo";

async fn call(cloud: &Arc<Cloud>, service: &str, operation: &str, input: Value) -> Value {
    cloud.invoke(service, operation, REGION, input).await.unwrap().body
}

/// An HTTP API with the route `GET /items/{id}` and `$default`, both to the function `echo`.
async fn api(cloud: &Arc<Cloud>, cors: Value) -> String {
    let echo = function(|input| input["Environment"] = json!({"Variables": {"ECHO": "1"}}));
    call(cloud, "lambda", "CreateFunction", echo).await;
    let mut input = json!({"Name": "api", "ProtocolType": "HTTP"});
    if cors.is_object() {
        input["CorsConfiguration"] = cors;
    }
    let id = call(cloud, "apigatewayv2", "CreateApi", input).await["ApiId"].as_str().unwrap().to_owned();
    let integration = json!({
        "ApiId": id, "IntegrationType": "AWS_PROXY", "IntegrationUri": ECHO, "PayloadFormatVersion": "2.0",
    });
    let integration = call(cloud, "apigatewayv2", "CreateIntegration", integration).await;
    let target = format!("integrations/{}", integration["IntegrationId"].as_str().unwrap());
    for key in ["GET /items/{id}", "$default"] {
        let route = json!({"ApiId": id, "RouteKey": key, "Target": target});
        call(cloud, "apigatewayv2", "CreateRoute", route).await;
    }
    let stage = json!({"ApiId": id, "StageName": "$default", "AutoDeploy": true, "StageVariables": {"colour": "red"}});
    call(cloud, "apigatewayv2", "CreateStage", stage).await;
    id
}

async fn permit(cloud: &Arc<Cloud>, api: &str) {
    let permission = json!({
        "FunctionName": "echo", "StatementId": "api", "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": format!("arn:aws:execute-api:us-east-1:000000000000:{api}/*"),
    });
    call(cloud, "lambda", "AddPermission", permission).await;
}

async fn send(cloud: &Arc<Cloud>, verb: &str, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Response<Bytes> {
    let mut request = Request::builder().method(verb).uri(uri).header("host", "api.example:1");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    gateway::handle(cloud, request.body(Bytes::copy_from_slice(body)).unwrap()).await.unwrap()
}

fn document(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

#[tokio::test]
async fn a_function_gets_format_2_and_its_plain_answer_is_the_body() {
    let cloud = cloud().await;
    let id = api(&cloud, Value::Null).await;
    let uri = format!("/_aws/execute-api/{id}/items/a%20b?q=1&q=2");
    let refused = send(&cloud, "GET", &uri, &[], b"").await;
    assert_eq!(refused.status(), 500);
    permit(&cloud, &id).await;
    let answered = send(&cloud, "GET", &uri, &[("cookie", "a=1; b=2"), ("x-one", "1")], b"").await;
    assert_eq!(
        (answered.status().as_u16(), answered.headers()["content-type"].to_str().unwrap()),
        (200, "application/json")
    );
    let event = document(&answered)["event"].clone();
    assert_eq!((event["version"].as_str(), event["routeKey"].as_str()), (Some("2.0"), Some("GET /items/{id}")));
    assert_eq!(event["rawQueryString"], "q=1&q=2");
    assert_eq!(event["queryStringParameters"], json!({"q": "1,2"}));
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(event["headers"]["x-one"], "1");
    assert_eq!(event["headers"]["cookie"], Value::Null);
    assert_eq!(event["stageVariables"], json!({"colour": "red"}));
    assert_eq!(event["requestContext"]["http"]["method"], "GET");
    assert_eq!(event["isBase64Encoded"], false);
}

#[tokio::test]
async fn what_no_route_has_goes_to_the_default_and_bytes_travel_as_base64() {
    let cloud = cloud().await;
    let id = api(&cloud, Value::Null).await;
    permit(&cloud, &id).await;
    let uri = format!("/_aws/execute-api/{id}/upload");
    let answered = send(&cloud, "POST", &uri, &[("content-type", "image/png")], &[0, 159, 1]).await;
    let event = document(&answered)["event"].clone();
    assert_eq!(event["routeKey"], "$default");
    assert_eq!(
        (event["isBase64Encoded"].as_bool(), event["body"].as_str()),
        (Some(true), Some(STANDARD.encode([0, 159, 1]).as_str()))
    );
    let text = send(&cloud, "POST", &uri, &[("content-type", "application/json")], b"{}").await;
    assert_eq!(document(&text)["event"]["body"], "{}");
}

#[tokio::test]
async fn cors_is_answered_for_the_origins_that_are_allowed() {
    let cloud = cloud().await;
    let cors = json!({"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "AllowHeaders": ["x-one"], "MaxAge": 60});
    let id = api(&cloud, cors).await;
    permit(&cloud, &id).await;
    let uri = format!("/_aws/execute-api/{id}/items/1");
    let asks = [("origin", "https://a.example"), ("access-control-request-method", "GET")];
    let preflight = send(&cloud, "OPTIONS", &uri, &asks, b"").await;
    assert_eq!(preflight.status(), 204);
    assert_eq!(preflight.headers()["access-control-allow-origin"], "https://a.example");
    assert_eq!(preflight.headers()["access-control-allow-methods"], "GET");
    assert_eq!(preflight.headers()["access-control-max-age"], "60");
    let stranger = send(&cloud, "GET", &uri, &[("origin", "https://b.example")], b"").await;
    assert_eq!(stranger.status(), 200);
    assert!(!stranger.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_websocket_api_is_refused_by_name() {
    let cloud = cloud().await;
    let input =
        json!({"Name": "chat", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"});
    let fault = cloud.invoke("apigatewayv2", "CreateApi", REGION, input).await.unwrap_err();
    assert!(fault.message.contains("WebSocket APIs"), "{}", fault.message);
}

#[tokio::test]
async fn a_function_url_answers_and_one_for_signed_callers_does_not() {
    let cloud = cloud().await;
    let answer = json!({"statusCode": 201, "headers": {"x-own": "yes"}, "cookies": ["a=1"], "body": "made"});
    let with_answer = |input: &mut Value| input["Environment"] = json!({"Variables": {"ANSWER": answer.to_string()}});
    call(&cloud, "lambda", "CreateFunction", function(with_answer)).await;
    let url = json!({"FunctionName": "echo", "AuthType": "NONE"});
    let made = call(&cloud, "lambda", "CreateFunctionUrlConfig", url).await;
    let url = made["FunctionUrl"].as_str().unwrap();
    let uri = &url[url.find("/_aws/").unwrap()..];
    let answered = send(&cloud, "GET", uri, &[], b"").await;
    assert_eq!((answered.status().as_u16(), answered.body().as_ref()), (201, &b"made"[..]));
    assert_eq!(answered.headers()["x-own"], "yes");
    assert_eq!(answered.headers()["set-cookie"], "a=1");
    let signed = json!({"FunctionName": "echo", "AuthType": "AWS_IAM"});
    call(&cloud, "lambda", "UpdateFunctionUrlConfig", signed).await;
    let refused = send(&cloud, "GET", uri, &[], b"").await;
    assert_eq!((refused.status().as_u16(), document(&refused)["message"].as_str()), (403, Some("Forbidden")));
}
