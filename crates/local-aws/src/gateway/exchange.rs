//! One request to an API, with everything that mappings, events and authorizers want to know of it.

use bytes::Bytes;
use http::Request;
use indexmap::IndexMap;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::vtl::Variables;
use crate::Cloud;

/// Names and values in the order of the request; a name may come several times.
pub type Pairs = Vec<(String, String)>;

/// A request to a stage of an API.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub account: String,
    pub region: String,
    pub api_id: String,
    pub stage: String,
    pub stage_variables: IndexMap<String, String>,
    pub deployment_id: String,
    pub method: String,
    /// Without the stage, percent-encoded as it came.
    pub path: String,
    pub query: Pairs,
    /// With names in `Title-Case`, as clients write them.
    pub headers: Pairs,
    pub body: Bytes,
    pub request_id: String,
    pub extended_id: String,
    pub trace: String,
    pub time_ms: i64,
    /// Filled by routing.
    pub resource_id: String,
    pub resource_path: String,
    pub path_parameters: IndexMap<String, String>,
    /// Filled by an authorizer: its context and principal.
    pub authorizer: Value,
    pub api_key: Option<String>,
    /// Whether the body travels as Base64 in events.
    pub binary: bool,
    /// The service the request is signed for, when it is signed and the signature is right.
    pub signed_for: Option<String>,
    /// The API's `binaryMediaTypes`.
    pub binary_types: Value,
}

impl Exchange {
    /// Takes a request apart.
    pub fn new(cloud: &Cloud, api_id: &str, stage: &str, path: &str, request: &Request<Bytes>) -> Exchange {
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let seconds = cloud.clock.now().as_second();
        let trace = format!("Root=1-{seconds:08x}-{}", &unique[..24]);
        Exchange {
            account: cloud.config.account.clone(),
            region: cloud.config.default_region.clone(),
            api_id: api_id.to_owned(),
            stage: stage.to_owned(),
            stage_variables: IndexMap::new(),
            deployment_id: String::new(),
            method: request.method().as_str().to_owned(),
            path: path.to_owned(),
            query: query(request.uri().query().unwrap_or_default()),
            headers: headers(request, &trace),
            body: request.body().clone(),
            request_id: uuid::Uuid::new_v4().to_string(),
            extended_id: extended_id(),
            trace,
            time_ms: cloud.clock.now_ms(),
            resource_id: String::new(),
            resource_path: String::new(),
            path_parameters: IndexMap::new(),
            authorizer: Value::Null,
            api_key: None,
            binary: false,
            signed_for: signed_for(cloud, request),
            binary_types: Value::Null,
        }
    }

    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The last value of a query parameter: what a plain map of them holds.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The media type of the body without its parameters, in lower case; JSON where none is given.
    pub fn media_type(&self) -> String {
        let given = self.header("content-type").unwrap_or("application/json");
        given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The ARN of the method, as authorizers and policies see it.
    pub fn method_arn(&self) -> String {
        let Exchange { region, account, api_id, stage, method, path, .. } = self;
        format!("arn:aws:execute-api:{region}:{account}:{api_id}/{stage}/{method}{path}")
    }

    /// What stands in a function's permission to be called from here: the resource instead of the path.
    pub fn source_arn(&self) -> String {
        let Exchange { region, account, api_id, stage, method, resource_path, .. } = self;
        format!("arn:aws:execute-api:{region}:{account}:{api_id}/{stage}/{method}{resource_path}")
    }

    /// Whether a function's Base64 answer is decoded: when its type, or the one the client accepts, is a binary one.
    pub fn binary_answer(&self, answer: &Value) -> bool {
        let headers = answer["headers"].as_object().into_iter().flatten();
        let own = headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let own = own.and_then(|(_, value)| value.as_str()).unwrap_or("application/json");
        let accepted = self.header("accept").unwrap_or_default();
        is_binary(&self.binary_types, own) || is_binary(&self.binary_types, accepted)
    }

    /// `09/Apr/2015:12:34:56 +0000`.
    pub fn request_time(&self) -> String {
        let time = jiff::Timestamp::from_millisecond(self.time_ms).unwrap_or_default();
        time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
    }

    /// `requestContext` of a proxy event; `$context` has the same and some more.
    pub fn request_context(&self) -> Value {
        let mut context = json!({
            "resourceId": self.resource_id,
            "resourcePath": self.resource_path,
            "httpMethod": self.method,
            "extendedRequestId": self.extended_id,
            "requestTime": self.request_time(),
            "path": format!("/{}{}", self.stage, self.path),
            "accountId": self.account,
            "protocol": "HTTP/1.1",
            "stage": self.stage,
            "domainPrefix": self.domain().split(['.', ':']).next(),
            "requestTimeEpoch": self.time_ms,
            "requestId": self.request_id,
            "identity": self.identity(),
            "domainName": self.domain(),
            "deploymentId": self.deployment_id,
            "apiId": self.api_id,
        });
        if !self.authorizer.is_null() {
            context["authorizer"] = self.authorizer.clone();
        }
        context
    }

    fn domain(&self) -> &str {
        self.header("host").unwrap_or_default()
    }

    fn identity(&self) -> Value {
        let mut identity = json!({
            "cognitoIdentityPoolId": null,
            "accountId": null,
            "cognitoIdentityId": null,
            "caller": null,
            "sourceIp": "127.0.0.1",
            "principalOrgId": null,
            "accessKey": null,
            "cognitoAuthenticationType": null,
            "cognitoAuthenticationProvider": null,
            "userArn": null,
            "userAgent": self.header("user-agent"),
            "user": null,
        });
        if let Some(key) = &self.api_key {
            identity["apiKey"] = json!(key);
        }
        identity
    }

    /// What mapping templates see, with `body` as the body.
    pub fn variables(&self, body: String) -> Variables {
        let mut context = self.request_context();
        drop_nulls(&mut context);
        context["requestOverride"] = json!({"header": {}, "querystring": {}, "path": {}});
        context["responseOverride"] = json!({"header": {}});
        Variables {
            body,
            path: self.path_parameters.clone(),
            querystring: self.query.iter().cloned().collect(),
            header: self.headers.iter().cloned().collect(),
            context,
            stage_variables: self.stage_variables.clone(),
        }
    }
}

fn signed_for(cloud: &Cloud, request: &Request<Bytes>) -> Option<String> {
    let header = request.headers().get(http::header::AUTHORIZATION)?.to_str().ok()?;
    if !header.starts_with("AWS4-HMAC-SHA256") {
        return None;
    }
    let (parts, body) = request.clone().into_parts();
    crate::wire::signed_service(cloud, &parts, &body)
}

fn drop_nulls(value: &mut Value) {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, value| !value.is_null());
        members.values_mut().for_each(drop_nulls);
    }
}

/// The pairs of a query string, decoded.
pub fn query(text: &str) -> Pairs {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

fn headers(request: &Request<Bytes>, trace: &str) -> Pairs {
    let own = ["connection", "transfer-encoding", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"];
    let given = request.headers().iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut pairs: Pairs = given
        .map(|(name, value)| (title(name.as_str()), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let port = request.headers().get("host").and_then(|host| host.to_str().ok()?.rsplit_once(':'));
    pairs.push(("X-Amzn-Trace-Id".to_owned(), trace.to_owned()));
    pairs.push(("X-Forwarded-For".to_owned(), "127.0.0.1".to_owned()));
    pairs.push(("X-Forwarded-Port".to_owned(), port.map_or("80", |(_, port)| port).to_owned()));
    pairs.push(("X-Forwarded-Proto".to_owned(), "http".to_owned()));
    pairs
}

/// The server sees header names in lower case; events have them as clients usually write them.
fn title(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    });
    words.collect::<Vec<_>>().join("-")
}

/// As `x-amz-apigw-id` looks.
fn extended_id() -> String {
    let id: String = std::iter::repeat_with(fastrand::alphanumeric).take(15).collect();
    format!("{id}=")
}

/// A map of the last value of each name, null when there is none: `headers` of a proxy event.
pub fn single(pairs: &Pairs) -> Value {
    if pairs.is_empty() {
        return Value::Null;
    }
    Value::Object(pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect())
}

/// A map of all values of each name, null when there is none: `multiValueHeaders` of a proxy event.
pub fn multiple(pairs: &Pairs) -> Value {
    if pairs.is_empty() {
        return Value::Null;
    }
    let mut all: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        if let Some(values) = all.entry(name.clone()).or_insert_with(|| json!([])).as_array_mut() {
            values.push(json!(value));
        }
    }
    Value::Object(all)
}

/// Whether one of an API's `binaryMediaTypes` is `media_type`: `*/*`, `image/*` or exact.
pub fn is_binary(types: &Value, media_type: &str) -> bool {
    let media_type = media_type.split([';', ',']).next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = types.as_array().into_iter().flatten().filter_map(Value::as_str);
    known.into_iter().any(|known| {
        let begin = known.strip_suffix('*');
        known == "*/*"
            || known.eq_ignore_ascii_case(&media_type)
            || begin.is_some_and(|begin| media_type.starts_with(begin))
    })
}
