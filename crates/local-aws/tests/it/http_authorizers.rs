//! Who may call an HTTP API: tokens of an issuer, and functions.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response};
use local_aws::{Clock, Cloud, gateway};
use ring::signature::{self, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};

use super::lambda::{REGION, cloud, function};

/// A key of two thousand bits that signs nothing but the tokens of these tests.
const KEY: &[u8] = include_bytes!("support/issuer.pk8");

async fn call(cloud: &Arc<Cloud>, service: &str, operation: &str, input: Value) -> Value {
    cloud.invoke(service, operation, REGION, input).await.unwrap().body
}

async fn make_function(cloud: &Arc<Cloud>, name: &str, variable: &str, value: &str) {
    let made = function(|input| {
        input["FunctionName"] = json!(name);
        input["Environment"] = json!({"Variables": {variable: value}});
    });
    call(cloud, "lambda", "CreateFunction", made).await;
    let permission = json!({
        "FunctionName": name, "StatementId": "api", "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
    });
    call(cloud, "lambda", "AddPermission", permission).await;
}

/// An API whose route `GET /private/{id}` asks `authorizer`; its function echoes, in this payload format.
async fn api(cloud: &Arc<Cloud>, format: &str, authorizer: Value, scopes: Value) -> String {
    make_function(cloud, "echo", "ECHO", "1").await;
    let made = call(cloud, "apigatewayv2", "CreateApi", json!({"Name": "api", "ProtocolType": "HTTP"})).await;
    let id = made["ApiId"].as_str().unwrap().to_owned();
    let kind = if authorizer["AuthorizerType"] == "JWT" { "JWT" } else { "CUSTOM" };
    let mut authorizer = authorizer;
    authorizer["ApiId"] = json!(id);
    authorizer["Name"] = json!("mine");
    let authorizer = call(cloud, "apigatewayv2", "CreateAuthorizer", authorizer).await;
    let integration = json!({
        "ApiId": id, "IntegrationType": "AWS_PROXY", "PayloadFormatVersion": format,
        "IntegrationUri": "arn:aws:lambda:us-east-1:000000000000:function:echo",
    });
    let integration = call(cloud, "apigatewayv2", "CreateIntegration", integration).await;
    let mut route = json!({
        "ApiId": id, "RouteKey": "GET /private/{id}", "AuthorizationType": kind,
        "AuthorizerId": authorizer["AuthorizerId"],
        "Target": format!("integrations/{}", integration["IntegrationId"].as_str().unwrap()),
    });
    if scopes.is_array() {
        route["AuthorizationScopes"] = scopes;
    }
    call(cloud, "apigatewayv2", "CreateRoute", route).await;
    call(cloud, "apigatewayv2", "CreateStage", json!({"ApiId": id, "StageName": "$default", "AutoDeploy": true})).await;
    id
}

fn by_function(format: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut authorizer = json!({
        "AuthorizerType": "REQUEST", "AuthorizerPayloadFormatVersion": format,
        "IdentitySource": ["$request.header.X-Key"],
        "AuthorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\
                          arn:aws:lambda:us-east-1:000000000000:function:judge/invocations",
    });
    change(&mut authorizer);
    authorizer
}

async fn get(cloud: &Arc<Cloud>, id: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let mut request = Request::builder().uri(format!("/_aws/execute-api/{id}/private/7")).header("host", "api.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    gateway::handle(cloud, request.body(Bytes::new()).unwrap()).await.unwrap()
}

fn document(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

/// What the API says of a request that it refuses.
async fn refused(cloud: &Arc<Cloud>, id: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let response = get(cloud, id, headers).await;
    (response.status().as_u16(), document(&response)["message"].as_str().unwrap_or_default().to_owned())
}

/// An issuer on this machine, and how often its documents were read.
struct Issuer {
    address: String,
    reads: Arc<AtomicUsize>,
}

impl Issuer {
    fn start() -> Issuer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let reads = Arc::new(AtomicUsize::new(0));
        let (own, counted) = (address.clone(), reads.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut line = String::new();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                reader.read_line(&mut line).unwrap();
                let mut rest = String::new();
                while reader.read_line(&mut rest).unwrap() > 2 {
                    rest.clear();
                }
                counted.fetch_add(1, Ordering::SeqCst);
                let body = if line.contains("/.well-known/openid-configuration") {
                    json!({"issuer": own, "jwks_uri": format!("{own}/keys")})
                } else {
                    keys()
                };
                let body = body.to_string();
                write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                    .unwrap();
            }
        });
        Issuer { address, reads }
    }

    /// A token for `app`, good for an hour, with these claims beside.
    fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        let now = Clock::system().now().as_second();
        let mut claims = json!({"iss": self.address, "aud": "app", "exp": now + 3600, "sub": "me", "n": 7});
        change(&mut claims);
        signed(&claims)
    }
}

fn keys() -> Value {
    let pair = RsaKeyPair::from_pkcs8(KEY).unwrap();
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
    let text = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
    json!({"keys": [{"kty": "RSA", "kid": "first", "alg": "RS256", "n": text(&public.n), "e": text(&public.e)}]})
}

fn signed(claims: &Value) -> String {
    let header = json!({"alg": "RS256", "kid": "first", "typ": "JWT"});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&header), part(claims));
    let pair = RsaKeyPair::from_pkcs8(KEY).unwrap();
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(&signature::RSA_PKCS1_SHA256, &ring::rand::SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn a_token_of_the_issuer_lets_in_and_its_claims_reach_the_function() {
    let cloud = cloud().await;
    let issuer = Issuer::start();
    let authorizer = json!({
        "AuthorizerType": "JWT", "IdentitySource": ["$request.header.Authorization"],
        "JwtConfiguration": {"Issuer": issuer.address, "Audience": ["app"]},
    });
    let id = api(&cloud, "2.0", authorizer, json!(["read", "write"])).await;
    let bearer = |token: &str| format!("Bearer {token}");
    let with = |change: fn(&mut Value)| bearer(&issuer.token(change));

    let response = get(&cloud, &id, &[]).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["www-authenticate"]),
        (401, &"Bearer".parse().unwrap())
    );
    assert_eq!(document(&response), json!({"message": "Unauthorized"}));

    let good = with(|claims| claims["scope"] = json!("other read"));
    for _ in 0..2 {
        let response = get(&cloud, &id, &[("authorization", &good)]).await;
        assert_eq!(response.status(), 200, "{:?}", response);
        let said = document(&response)["event"]["requestContext"]["authorizer"]["jwt"].clone();
        assert_eq!((&said["claims"]["sub"], &said["claims"]["n"]), (&json!("me"), &json!("7")));
        assert_eq!(said["scopes"], json!(["other", "read"]));
    }
    assert_eq!(issuer.reads.load(Ordering::SeqCst), 2, "the keys are kept");

    for change in [
        (|claims: &mut Value| claims["aud"] = json!("another")) as fn(&mut Value),
        |claims| claims["exp"] = json!(1_000_000_000),
        |claims| claims["nbf"] = json!(99_999_999_999_i64),
        |claims| claims["iss"] = json!("http://127.0.0.1:1"),
    ] {
        assert_eq!(refused(&cloud, &id, &[("authorization", &with(change))]).await, (401, "Unauthorized".to_owned()));
    }
    let middle = good.len() - 100;
    let other = if good.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let forged = format!("{}{other}{}", &good[..middle], &good[middle + 1..]);
    assert_eq!(refused(&cloud, &id, &[("authorization", &forged)]).await, (401, "Unauthorized".to_owned()));
    let without_scope = with(|claims| claims["scope"] = json!("other"));
    assert_eq!(refused(&cloud, &id, &[("authorization", &without_scope)]).await, (403, "Forbidden".to_owned()));
}

#[tokio::test]
async fn an_issuer_that_cannot_be_read_lets_nobody_in() {
    let cloud = cloud().await;
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let authorizer = json!({
        "AuthorizerType": "JWT", "IdentitySource": ["$request.header.Authorization"],
        "JwtConfiguration": {"Issuer": format!("http://{closed}"), "Audience": ["app"]},
    });
    let id = api(&cloud, "2.0", authorizer, Value::Null).await;
    let token = signed(&json!({"iss": format!("http://{closed}"), "aud": "app", "exp": 99_999_999_999_i64}));
    let response = get(&cloud, &id, &[("authorization", &token)]).await;
    assert_eq!(response.status(), 401);
    assert!(response.headers()["www-authenticate"].to_str().unwrap().contains("cannot be read"));
}

#[tokio::test]
async fn a_function_that_says_yes_is_asked_once_for_an_identity() {
    let cloud = cloud().await;
    make_function(&cloud, "judge", "ANSWER", r#"{"isAuthorized":true,"context":{"who":"me","level":3}}"#).await;
    let authorizer = by_function("2.0", |authorizer| {
        authorizer["EnableSimpleResponses"] = json!(true);
        authorizer["AuthorizerResultTtlInSeconds"] = json!(300);
    });
    let id = api(&cloud, "2.0", authorizer, Value::Null).await;
    assert_eq!(refused(&cloud, &id, &[]).await, (401, "Unauthorized".to_owned()));
    let response = get(&cloud, &id, &[("x-key", "a")]).await;
    assert_eq!(response.status(), 200, "{response:?}");
    let event = document(&response)["event"].clone();
    assert_eq!(event["requestContext"]["authorizer"], json!({"lambda": {"who": "me", "level": 3}}));

    let denies =
        json!({"FunctionName": "judge", "Environment": {"Variables": {"ANSWER": r#"{"isAuthorized":false}"#}}});
    call(&cloud, "lambda", "UpdateFunctionConfiguration", denies).await;
    assert_eq!(get(&cloud, &id, &[("x-key", "a")]).await.status(), 200, "what was decided holds");
    assert_eq!(refused(&cloud, &id, &[("x-key", "b")]).await, (403, "Forbidden".to_owned()));
    let reset = json!({"ApiId": id, "StageName": "$default"});
    call(&cloud, "apigatewayv2", "ResetAuthorizersCache", reset).await;
    assert_eq!(refused(&cloud, &id, &[("x-key", "a")]).await.0, 403);
}

#[tokio::test]
async fn a_function_answers_with_a_policy_and_gets_the_request() {
    let cloud = cloud().await;
    let policy = json!({
        "principalId": "me", "context": {"team": "blue"},
        "policyDocument": {"Statement": [{
            "Effect": "Allow", "Action": "execute-api:Invoke",
            "Resource": "arn:aws:execute-api:us-east-1:000000000000:*/$default/GET/private/*",
        }]},
    });
    make_function(&cloud, "judge", "ANSWER", &policy.to_string()).await;
    let id = api(&cloud, "1.0", by_function("1.0", |_| {}), Value::Null).await;
    let response = get(&cloud, &id, &[("x-key", "a")]).await;
    assert_eq!(response.status(), 200, "{response:?}");
    let event = document(&response)["event"].clone();
    assert_eq!(event["requestContext"]["authorizer"], json!({"team": "blue", "principalId": "me"}));

    let echoes = json!({"FunctionName": "judge", "Environment": {"Variables": {"ECHO": "1"}}});
    call(&cloud, "lambda", "UpdateFunctionConfiguration", echoes).await;
    let response = get(&cloud, &id, &[("x-key", "a")]).await;
    assert_eq!((response.status().as_u16(), document(&response)), (500, json!({"message": "Internal Server Error"})));
    let reason = response.headers()["x-local-aws-reason"].to_str().unwrap();
    assert!(reason.contains("principalId"), "{reason}");
}

#[tokio::test]
async fn an_api_with_its_authorizer_is_deployed_by_cloudformation() {
    let cloud = cloud().await;
    make_function(&cloud, "echo", "ECHO", "1").await;
    make_function(&cloud, "judge", "ANSWER", r#"{"isAuthorized":true}"#).await;
    let lambda = "arn:aws:lambda:us-east-1:000000000000:function:";
    let uri = format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{lambda}judge/invocations");
    let api = json!({"Ref": "Api"});
    let template = json!({"Resources": {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "api", "ProtocolType": "HTTP"}},
        "Stage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {
            "ApiId": api, "StageName": "$default", "AutoDeploy": true,
            "DefaultRouteSettings": {"DetailedMetricsEnabled": false},
        }},
        "Integration": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {
            "ApiId": api, "IntegrationType": "AWS_PROXY", "IntegrationUri": format!("{lambda}echo"),
            "PayloadFormatVersion": "2.0", "TimeoutInMillis": 30_000,
        }},
        "Authorizer": {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {
            "ApiId": api, "Name": "mine", "AuthorizerType": "REQUEST", "AuthorizerUri": uri,
            "AuthorizerPayloadFormatVersion": "2.0", "EnableSimpleResponses": true,
            "IdentitySource": ["$request.header.X-Key"], "AuthorizerResultTtlInSeconds": 0,
        }},
        "Route": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {
            "ApiId": api, "RouteKey": "GET /private/{id}", "AuthorizationType": "CUSTOM",
            "AuthorizerId": {"Ref": "Authorizer"},
            "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
        }},
    }, "Outputs": {"Api": {"Value": api}}});
    let input = json!({"StackName": "app", "TemplateBody": template.to_string()});
    call(&cloud, "cloudformation", "CreateStack", input).await;
    let stack = super::custom_resources::settled(&cloud, "app").await;
    assert_eq!(stack["StackStatus"], "CREATE_COMPLETE", "{}", super::custom_resources::reasons(&cloud, "app").await);
    let id = stack["Outputs"][0]["OutputValue"].as_str().unwrap();
    assert_eq!(get(&cloud, id, &[]).await.status(), 401);
    assert_eq!(get(&cloud, id, &[("x-key", "a")]).await.status(), 200);
    let throttled = json!({"ApiId": id, "StageName": "$default", "DefaultRouteSettings": {"ThrottlingBurstLimit": 1}});
    let fault = cloud.invoke("apigatewayv2", "UpdateStage", REGION, throttled).await.unwrap_err();
    assert!(fault.to_string().contains("ThrottlingBurstLimit"), "{fault}");
}

#[tokio::test]
async fn authorizers_that_could_not_work_are_refused() {
    let cloud = cloud().await;
    let made = call(&cloud, "apigatewayv2", "CreateApi", json!({"Name": "api", "ProtocolType": "HTTP"})).await;
    for (change, said) in [
        (json!({"AuthorizerPayloadFormatVersion": "3.0"}), "AuthorizerPayloadFormatVersion"),
        (json!({"AuthorizerPayloadFormatVersion": "1.0", "EnableSimpleResponses": true}), "EnableSimpleResponses"),
        (json!({"IdentitySource": ["method.request.header.A"]}), "identity source"),
        (json!({"IdentitySource": [], "AuthorizerResultTtlInSeconds": 5}), "identity source"),
        (
            json!({"AuthorizerType": "JWT", "JwtConfiguration": {"Issuer": "http://example.com", "Audience": ["a"]}}),
            "https",
        ),
        (json!({"IdentityValidationExpression": "a"}), "IdentityValidationExpression"),
    ] {
        let mut input = by_function("2.0", |_| {});
        input["ApiId"] = made["ApiId"].clone();
        input["Name"] = json!("mine");
        for (name, value) in change.as_object().unwrap() {
            input[name] = value.clone();
        }
        let fault = cloud.invoke("apigatewayv2", "CreateAuthorizer", REGION, input).await.unwrap_err();
        assert!(fault.to_string().contains(said), "{said}: {fault}");
    }
}
