//! One request to a service, and its answer, in a form that no protocol shows through.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};

/// Who made a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A client with a verified signature, by its access key.
    Signed { access_key_id: String },
    /// Another service of this local AWS.
    Internal,
}

/// One request to one operation of one service.
#[derive(Clone, Debug)]
pub struct Call {
    /// The signing name: `cloudformation`, `lambda`, `states`, `apigateway`, `logs`, …
    pub service: String,
    /// The operation as AWS's model names it: `CreateFunction`.
    pub operation: String,
    /// The region of the credential scope.
    pub region: String,
    /// The input with AWS's member names, whatever the protocol was: members that travel in the path, the query or a
    /// header are in here too.
    pub input: Value,
    /// The raw body where the operation has a payload member (Lambda `Invoke`, S3 `PutObject`), else empty.
    pub payload: Bytes,
    /// The request's headers; empty for internal calls.
    pub headers: HeaderMap,
    /// Who called.
    pub caller: Caller,
}

impl Call {
    /// A call that one service makes to another.
    pub fn internal(service: &str, operation: &str, region: &str, input: Value, payload: Bytes) -> Call {
        Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            region: region.to_owned(),
            input,
            payload,
            headers: HeaderMap::new(),
            caller: Caller::Internal,
        }
    }
}

/// What an operation answers.
#[derive(Clone, Debug)]
pub struct Output {
    /// The HTTP status, 200 unless the operation's model says otherwise.
    pub status: u16,
    /// The output with AWS's member names; an empty object where there is none. Timestamps are epoch seconds (JSON
    /// numbers, with milliseconds as fraction); the wire formats them as the protocol wants.
    pub body: Value,
    /// Members that travel in headers, by header name.
    pub headers: Vec<(String, String)>,
    /// The raw body of operations with a payload member; then `body` is not sent.
    pub payload: Option<Bytes>,
}

impl Output {
    /// 200 with `body`.
    pub fn json(body: Value) -> Output {
        Output { status: 200, body, headers: Vec::new(), payload: None }
    }

    /// 200 with nothing in it.
    pub fn empty() -> Output {
        Output::json(Value::Object(Map::new()))
    }

    /// The same output under another HTTP status.
    pub fn with_status(mut self, status: u16) -> Output {
        self.status = status;
        self
    }
}
