//! Deployed REST APIs, from the request to the response.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use local_aws::{Clock, Cloud, gateway};
use serde_json::{Value, json};

const REGION: &str = "us-east-1";

struct Api {
    cloud: Arc<Cloud>,
    id: String,
    root: String,
}

impl Api {
    async fn new() -> Api {
        let cloud = Cloud::in_memory(Clock::system()).unwrap();
        let api =
            cloud.invoke("apigateway", "CreateRestApi", REGION, json!({"name": "dev-signup"})).await.unwrap().body;
        let text = |name: &str| api[name].as_str().unwrap().to_owned();
        Api { id: text("id"), root: text("rootResourceId"), cloud }
    }

    async fn call(&self, operation: &str, mut input: Value) -> Value {
        input["restApiId"] = json!(self.id);
        self.cloud.invoke("apigateway", operation, REGION, input).await.unwrap().body
    }

    async fn fails(&self, operation: &str, mut input: Value) -> (u16, String) {
        input["restApiId"] = json!(self.id);
        let fault = self.cloud.invoke("apigateway", operation, REGION, input).await.unwrap_err();
        (fault.status, fault.message)
    }

    async fn resource(&self, part: &str) -> String {
        let made = self.call("CreateResource", json!({"parentId": self.root, "pathPart": part})).await;
        made["id"].as_str().unwrap().to_owned()
    }

    /// A method with an integration whose default answer is 200, and 400 for status 400.
    async fn method(&self, resource: &str, verb: &str, integration: Value) {
        let address = json!({"resourceId": resource, "httpMethod": verb});
        let with = |mut more: Value| {
            more.as_object_mut().unwrap().extend(address.as_object().unwrap().clone());
            more
        };
        self.call("PutMethod", with(json!({"authorizationType": "NONE"}))).await;
        let origin = "method.response.header.Access-Control-Allow-Origin";
        for status in ["200", "400"] {
            self.call("PutMethodResponse", with(json!({"statusCode": status, "responseParameters": {origin: false}})))
                .await;
        }
        self.call("PutIntegration", with(integration)).await;
        for (status, pattern) in [("200", ""), ("400", "400")] {
            let response =
                json!({"statusCode": status, "selectionPattern": pattern, "responseParameters": {origin: "'*'"}});
            self.call("PutIntegrationResponse", with(response)).await;
        }
    }

    async fn deploy(&self) {
        self.call("CreateDeployment", json!({"stageName": "dev"})).await;
    }

    async fn send(&self, verb: &str, path: &str, content_type: Option<&str>, body: &str) -> Response<Bytes> {
        let mut request = Request::builder().method(verb).uri(format!("/_aws/execute-api/{}/dev{path}", self.id));
        request = request.header("host", "127.0.0.1:4566");
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        gateway::handle(&self.cloud, request.body(Bytes::from(body.to_owned())).unwrap()).await.unwrap()
    }
}

fn document(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

async fn machine(cloud: &Arc<Cloud>) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole",
    }]});
    let role = json!({"RoleName": "machine", "AssumeRolePolicyDocument": trust.to_string()});
    let role = cloud.invoke("iam", "CreateRole", REGION, role).await.unwrap().body;
    let definition = json!({"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": true}}});
    let machine = json!({"name": "signup", "definition": definition.to_string(), "roleArn": role["Role"]["Arn"]});
    let made = cloud.invoke("states", "CreateStateMachine", REGION, machine).await.unwrap().body;
    made["stateMachineArn"].as_str().unwrap().to_owned()
}

/// The template of serverless-step-functions.
fn signup(machine: &str) -> Value {
    let template = "\n#set( $body = $util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\", \"'\") )\n\
                    {\"input\": \"$body\", \"name\": \"$context.requestId\", \"stateMachineArn\":\"MACHINE\"}";
    let template = template.replace("MACHINE", machine);
    json!({
        "type": "AWS",
        "integrationHttpMethod": "POST",
        "uri": "arn:aws:apigateway:us-east-1:states:action/StartExecution",
        "credentials": "arn:aws:iam::000000000000:role/api",
        "passthroughBehavior": "NEVER",
        "requestTemplates": {"application/json": template, "application/x-www-form-urlencoded": template},
    })
}

#[tokio::test]
async fn a_sign_up_starts_an_execution_named_after_the_request() {
    let api = Api::new().await;
    let machine = machine(&api.cloud).await;
    let resource = api.resource("signup").await;
    api.method(&resource, "POST", signup(&machine)).await;
    api.deploy().await;
    let body = json!({"body": {"email": "o'brien@example.com", "first_name": "\"Bob\" \\ ü"}}).to_string();
    for (path, content_type) in [
        ("/signup", Some("application/json; charset=UTF-8")),
        ("/signup/", Some("application/x-www-form-urlencoded")),
        ("/signup", None),
    ] {
        let response = api.send("POST", path, content_type, &body).await;
        assert_eq!(response.status(), 200, "{response:?}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert_eq!(response.headers()["content-type"], "application/json");
        assert!(response.headers().contains_key("x-amz-apigw-id"));
        let request_id = response.headers()["x-amzn-requestid"].to_str().unwrap().to_owned();
        let started = document(&response);
        let arn = started["executionArn"].as_str().unwrap().to_owned();
        assert!(arn.ends_with(&request_id), "{arn}");
        assert!(started["startDate"].is_number());
        let execution = json!({"executionArn": arn});
        let execution = api.cloud.invoke("states", "DescribeExecution", REGION, execution).await.unwrap().body;
        let input: Value = serde_json::from_str(execution["input"].as_str().unwrap()).unwrap();
        assert_eq!(input.to_string(), body);
    }
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_in_awss_words() {
    let api = Api::new().await;
    let machine = machine(&api.cloud).await;
    let resource = api.resource("signup").await;
    api.method(&resource, "POST", signup(&machine)).await;
    api.deploy().await;
    let nowhere = api.send("POST", "/nowhere", None, "{}").await;
    assert_eq!(nowhere.status(), 403);
    assert_eq!(document(&nowhere), json!({"message": "Missing Authentication Token"}));
    assert_eq!(nowhere.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
    assert_eq!(api.send("GET", "/signup", None, "").await.status(), 403);
    let xml = api.send("POST", "/signup", Some("text/xml"), "<a/>").await;
    assert_eq!(xml.status(), 415);
    assert_eq!(document(&xml), json!({"message": "Unsupported Media Type"}));
    let bad = api.send("POST", "/signup", Some("application/json"), "{\"a\":").await;
    assert_eq!(bad.status(), 400, "{bad:?}");
    let message = document(&bad)["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("Could not parse request body into json: "), "{message}");
    let large = "x".repeat(10 * 1024 * 1024 + 1);
    assert_eq!(api.send("POST", "/signup", None, &large).await.status(), 413);
}

#[tokio::test]
async fn a_preflight_is_answered_by_a_mock() {
    let api = Api::new().await;
    let resource = api.resource("signup").await;
    let mock = json!({
        "type": "MOCK",
        "passthroughBehavior": "NEVER",
        "requestTemplates": {"application/json": "{statusCode:200}"},
    });
    api.method(&resource, "OPTIONS", mock).await;
    api.deploy().await;
    let response = api.send("OPTIONS", "/signup", None, "").await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert!(response.body().is_empty());
}

#[tokio::test]
async fn changes_go_live_with_the_next_deployment() {
    let api = Api::new().await;
    let mock = |status: u16| json!({"type": "MOCK", "requestTemplates": {"application/json": format!("{{\"statusCode\":{status}}}")}});
    let first = api.resource("first").await;
    api.method(&first, "GET", mock(200)).await;
    api.deploy().await;
    let second = api.resource("second").await;
    api.method(&second, "GET", mock(200)).await;
    assert_eq!(api.send("GET", "/first", None, "").await.status(), 200);
    assert_eq!(api.send("GET", "/second", None, "").await.status(), 403);
    api.deploy().await;
    assert_eq!(api.send("GET", "/second", None, "").await.status(), 200);
}

#[tokio::test]
async fn the_control_plane_refuses_what_aws_refuses() {
    let api = Api::new().await;
    let empty = api.fails("CreateDeployment", json!({})).await;
    assert_eq!(empty, (400, "The REST API doesn't contain any methods".to_owned()));
    api.resource("signup").await;
    let twice = api.fails("CreateResource", json!({"parentId": api.root, "pathPart": "signup"})).await;
    assert_eq!(twice, (409, "Another resource with the same parent already has this name: signup".to_owned()));
    let method = json!({"resourceId": api.root, "httpMethod": "GET"});
    let integration = json!({
        "resourceId": api.root, "httpMethod": "GET", "type": "AWS", "integrationHttpMethod": "POST",
        "uri": "arn:aws:apigateway:us-east-1:sqs:action/SendMessage",
    });
    let (status, _) = api.fails("GetMethod", method.clone()).await;
    assert_eq!(status, 404);
    api.call("PutMethod", json!({"resourceId": api.root, "httpMethod": "GET", "authorizationType": "NONE"})).await;
    let (_, message) = api.fails("PutIntegration", integration).await;
    assert!(message.contains("does not support integrations with sqs"), "{message}");
}

#[tokio::test]
async fn a_validator_refuses_bodies_and_parameters() {
    let api = Api::new().await;
    let validator = json!({"name": "all", "validateRequestBody": true, "validateRequestParameters": true});
    let validator = api.call("CreateRequestValidator", validator).await["id"].clone();
    let schema = json!({"type": "object", "required": ["email"]}).to_string();
    api.call("CreateModel", json!({"name": "User", "contentType": "application/json", "schema": schema})).await;
    let address = json!({"resourceId": api.root, "httpMethod": "POST"});
    let mut method = address.clone();
    method["authorizationType"] = json!("NONE");
    method["requestValidatorId"] = validator;
    method["requestModels"] = json!({"application/json": "User"});
    method["requestParameters"] = json!({"method.request.querystring.q": true});
    api.call("PutMethod", method).await;
    let mut integration = address.clone();
    integration["type"] = json!("MOCK");
    integration["requestTemplates"] = json!({"application/json": "{\"statusCode\":200}"});
    api.call("PutIntegration", integration).await;
    let mut response = address;
    response["statusCode"] = json!("200");
    api.call("PutMethodResponse", response.clone()).await;
    api.call("PutIntegrationResponse", response).await;
    api.deploy().await;
    let missing = api.send("POST", "/", None, "{\"email\":\"a\"}").await;
    assert_eq!(document(&missing)["message"], "Missing required request parameters: [q]");
    let malformed = api.send("POST", "/?q=1", None, "{}").await;
    assert_eq!(
        (malformed.status().as_u16(), document(&malformed)["message"].clone()),
        (400, json!("Invalid request body"))
    );
    assert_eq!(api.send("POST", "/?q=1", None, "{\"email\":\"a\"}").await.status(), 200);
}
