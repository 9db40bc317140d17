//! Who may call a REST API: Lambda authorizers, API keys with usage plans, signatures; and what templates override.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use local_aws::{Cloud, gateway};
use serde_json::{Value, json};

use super::lambda::{REGION, cloud, function};

struct Api {
    cloud: Arc<Cloud>,
    id: String,
    root: String,
}

impl Api {
    async fn new() -> Api {
        let cloud = cloud().await;
        let made = cloud.invoke("apigateway", "CreateRestApi", REGION, json!({"name": "api"})).await.unwrap().body;
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Api { id: text("id"), root: text("rootResourceId"), cloud }
    }

    async fn call(&self, operation: &str, input: Value) -> Value {
        self.cloud.invoke("apigateway", operation, REGION, input).await.unwrap().body
    }

    /// `GET /`, answered by a mock with what `integration` and `response` add to it.
    async fn method(&self, method: Value, integration: Value, response: Value) {
        let address = json!({"restApiId": self.id, "resourceId": self.root, "httpMethod": "GET"});
        let with = |more: &Value| {
            let mut all = address.clone();
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            all
        };
        self.call("PutMethod", with(&method)).await;
        self.call("PutMethodResponse", with(&json!({"statusCode": "200"}))).await;
        let mut mock = json!({"type": "MOCK", "requestTemplates": {"application/json": "{\"statusCode\": 200}"}});
        mock.as_object_mut().unwrap().extend(integration.as_object().unwrap().clone());
        self.call("PutIntegration", with(&mock)).await;
        let mut answer = json!({"statusCode": "200"});
        answer.as_object_mut().unwrap().extend(response.as_object().unwrap().clone());
        self.call("PutIntegrationResponse", with(&answer)).await;
        self.call("CreateDeployment", json!({"restApiId": self.id, "stageName": "dev"})).await;
    }

    async fn send(&self, headers: &[(&str, &str)]) -> Response<Bytes> {
        let mut request = Request::builder().uri(format!("/_aws/execute-api/{}/dev/", self.id)).header("host", "h:1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        gateway::handle(&self.cloud, request.body(Bytes::new()).unwrap()).await.unwrap()
    }

    /// The status and the message of the answer.
    async fn says(&self, headers: &[(&str, &str)]) -> (u16, String) {
        let response = self.send(headers).await;
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        (
            response.status().as_u16(),
            body["message"].as_str().or(body["Message"].as_str()).unwrap_or_default().to_owned(),
        )
    }

    /// An authorizer whose function always answers with this effect; its id.
    async fn authorizer(&self, kind: &str, effect: &str, more: Value) -> String {
        let policy = json!({
            "principalId": "me",
            "policyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": effect, "Action": "execute-api:Invoke", "Resource": "*"},
            ]},
            "context": {"team": "red"},
        });
        let name = format!("{kind}-{effect}");
        let made = function(|input| {
            input["FunctionName"] = json!(name);
            input["Environment"] = json!({"Variables": {"ANSWER": policy.to_string()}});
        });
        self.cloud.invoke("lambda", "CreateFunction", REGION, made).await.unwrap();
        let permission = json!({
            "FunctionName": name, "StatementId": "api", "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
        });
        self.cloud.invoke("lambda", "AddPermission", REGION, permission).await.unwrap();
        let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{name}");
        let mut input = json!({
            "restApiId": self.id, "name": name, "type": kind,
            "authorizerUri": format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"),
            "identitySource": "method.request.header.Authorization",
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.call("CreateAuthorizer", input).await["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_token_authorizer_lets_in_whom_its_policy_allows() {
    let api = Api::new().await;
    let id = api.authorizer("TOKEN", "Allow", json!({"identityValidationExpression": "Bearer .+"})).await;
    let team = json!({"responseTemplates": {"application/json": "{\"message\": \"$context.authorizer.team\"}"}});
    api.method(json!({"authorizationType": "CUSTOM", "authorizerId": id}), json!({}), team).await;
    assert_eq!(api.says(&[]).await, (401, "Unauthorized".to_owned()));
    assert_eq!(api.says(&[("authorization", "no")]).await, (401, "Unauthorized".to_owned()));
    assert_eq!(api.says(&[("authorization", "Bearer x")]).await, (200, "red".to_owned()));
}

#[tokio::test]
async fn a_request_authorizer_that_denies_is_obeyed() {
    let api = Api::new().await;
    let id = api.authorizer("REQUEST", "Deny", json!({"authorizerResultTtlInSeconds": 0})).await;
    api.method(json!({"authorizationType": "CUSTOM", "authorizerId": id}), json!({}), json!({})).await;
    assert_eq!(api.says(&[]).await, (401, "Unauthorized".to_owned()));
    let (status, message) = api.says(&[("authorization", "x")]).await;
    assert_eq!(status, 403);
    assert!(message.contains("not authorized to access this resource"), "{message}");
}

#[tokio::test]
async fn a_key_counts_against_the_quota_of_its_plan() {
    let api = Api::new().await;
    api.method(json!({"authorizationType": "NONE", "apiKeyRequired": true}), json!({}), json!({})).await;
    assert_eq!(api.says(&[]).await, (403, "Forbidden".to_owned()));
    let value = "0123456789012345678901234567";
    let key = api.call("CreateApiKey", json!({"name": "key", "enabled": true, "value": value})).await;
    assert_eq!(api.says(&[("x-api-key", value)]).await.0, 403);
    let plan = json!({
        "name": "plan", "apiStages": [{"apiId": api.id, "stage": "dev"}], "quota": {"limit": 2, "period": "DAY"},
    });
    let plan = api.call("CreateUsagePlan", plan).await;
    let member = json!({"usagePlanId": plan["id"], "keyId": key["id"], "keyType": "API_KEY"});
    api.call("CreateUsagePlanKey", member).await;
    assert_eq!(api.says(&[("x-api-key", value)]).await.0, 200);
    assert_eq!(api.says(&[("x-api-key", value)]).await.0, 200);
    assert_eq!(api.says(&[("x-api-key", value)]).await, (429, "Limit Exceeded".to_owned()));
}

#[tokio::test]
async fn a_method_for_signed_callers_refuses_others() {
    let api = Api::new().await;
    api.method(json!({"authorizationType": "AWS_IAM"}), json!({}), json!({})).await;
    assert_eq!(api.says(&[]).await, (403, "Missing Authentication Token".to_owned()));
}

#[tokio::test]
async fn a_template_overrides_status_and_headers_of_the_response() {
    let api = Api::new().await;
    let template = "#set($context.responseOverride.status = 418)\
                    #set($context.responseOverride.header.X-Own = \"tea\"){\"message\": \"short\"}";
    let response = json!({"responseTemplates": {"application/json": template}});
    api.method(json!({"authorizationType": "NONE"}), json!({}), response).await;
    let answered = api.send(&[]).await;
    assert_eq!(answered.status(), 418);
    assert_eq!(answered.headers()["x-own"], "tea");
}

#[tokio::test]
async fn a_template_overrides_headers_of_the_request_to_the_backend() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let backend = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 4096];
        let count = stream.read(&mut bytes).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").await.unwrap();
        String::from_utf8_lossy(&bytes[..count]).to_ascii_lowercase()
    });
    let api = Api::new().await;
    let template = "#set($context.requestOverride.header.X-Own = \"mine\")\
                    #set($context.requestOverride.querystring.q = \"1\"){}";
    let integration = json!({
        "type": "HTTP", "integrationHttpMethod": "POST", "uri": format!("http://127.0.0.1:{port}/in"),
        "requestTemplates": {"application/json": template},
        "requestParameters": {"integration.request.header.X-Own": "'mapped'"},
    });
    api.method(json!({"authorizationType": "NONE"}), integration, json!({})).await;
    assert_eq!(api.send(&[]).await.status(), 200);
    let request = backend.await.unwrap();
    assert!(request.starts_with("post /in?q=1 "), "{request}");
    assert!(request.contains("x-own: mine"), "{request}");
}
