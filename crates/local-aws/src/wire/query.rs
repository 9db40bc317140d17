//! awsQuery: form-encoded input with an `Action`, XML output.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>.

use bytes::Bytes;
use http::{Response, StatusCode};
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::protocol::namespace;
use super::{Blame, Fault, Output, timestamp, uri, xml};

/// How deep a key such as `A.member.1.B` may go; AWS's own shapes stay below ten.
const DEEPEST: usize = 32;

/// Members that are integers in AWS's models; everything else arrives and stays text.
const INTEGERS: &[&str] = &[
    "DurationSeconds",
    "MaxItems",
    "MaxResults",
    "MaxSessionDuration",
    "MonitoringTimeInMinutes",
    "ThresholdInMinutes",
    "TimeoutInMinutes",
];

/// Members that are booleans in AWS's models.
const BOOLEANS: &[&str] = &[
    "CascadeDeletion",
    "DisableRollback",
    "EnableTerminationProtection",
    "ImportExistingResources",
    "IncludeNestedStacks",
    "IncludePropertyValues",
    "OnlyAttached",
    "RetainExceptOnCreate",
    "RetainStacks",
    "SetAsDefault",
    "UsePreviousTemplate",
    "UsePreviousValue",
];

/// Members that are lists in AWS's models: an empty one is sent as `Name=`.
const LISTS: &[&str] = &[
    "Capabilities",
    "NotificationARNs",
    "Parameters",
    "PolicyArns",
    "PolicyInputList",
    "ResourceTypes",
    "ResourcesToImport",
    "ResourcesToSkip",
    "RetainResources",
    "RollbackTriggers",
    "StackStatusFilter",
    "TagKeys",
    "Tags",
    "TransitiveTagKeys",
];

/// Members that are maps in AWS's models.
const MAPS: &[&str] = &["Attributes", "SummaryMap"];

/// Members that are timestamps in AWS's models.
const TIMESTAMPS: &[&str] = &[
    "AlarmConfigurationUpdatedTimestamp",
    "CreateDate",
    "CreationTime",
    "DeletionTime",
    "Expiration",
    "LastCheckTimestamp",
    "LastDriftCheckTimestamp",
    "LastOperationTime",
    "LastUpdatedTime",
    "LastUpdatedTimestamp",
    "LastUsedDate",
    "PasswordLastUsed",
    "StateTransitionedTimestamp",
    "StateUpdatedTimestamp",
    "Timestamp",
    "UpdateDate",
];

/// The action and its input from a form body (or a GET's query).
///
/// # Errors
/// `MissingAction` without an `Action`, `MalformedQueryString` for a key that is both a value and a group, or that goes
/// deeper than any of AWS's shapes.
pub fn input(body: &Bytes, query: &str) -> Result<(String, Value), Fault> {
    let text = String::from_utf8_lossy(body);
    let mut root = Node::default();
    let mut action = None;
    for (name, value) in form_pairs(query).chain(form_pairs(&text)) {
        match name.as_str() {
            "Action" => action = Some(value),
            "Version" => {}
            name if name.starts_with("X-Amz-") => {}
            _ => root.insert(&name, value)?,
        }
    }
    let action = action
        .ok_or_else(|| Fault::sender("MissingAction", "The request is missing an action or a required parameter."))?;
    match root.into_value("") {
        value @ Value::Object(_) => Ok((action, value)),
        _ => Ok((action, Value::Object(Map::new()))),
    }
}

/// Names and values of a form, where a `+` is a space.
fn form_pairs(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    uri::query_pairs_raw(text)
        .map(|(name, value)| (uri::decode_text(&name.replace('+', " ")), uri::decode_text(&value.replace('+', " "))))
}

/// A tree of dotted keys on its way to a JSON value.
#[derive(Debug, Default)]
struct Node {
    text: Option<String>,
    children: IndexMap<String, Node>,
}

impl Node {
    fn insert(&mut self, key: &str, text: String) -> Result<(), Fault> {
        let malformed = || Fault::sender("MalformedQueryString", format!("the key `{key}` cannot be read"));
        let mut node = self;
        for (depth, part) in key.split('.').enumerate() {
            if depth > DEEPEST || part.is_empty() || node.text.is_some() {
                return Err(malformed());
            }
            node = node.children.entry(part.to_owned()).or_default();
        }
        if !node.children.is_empty() || node.text.is_some() {
            return Err(malformed());
        }
        node.text = Some(text);
        Ok(())
    }

    fn into_value(mut self, name: &str) -> Value {
        if let Some(text) = self.text {
            return leaf(name, text);
        }
        if self.children.len() == 1 {
            if let Some(members) = self.children.shift_remove("member") {
                return members.into_list(name);
            }
            if let Some(entries) = self.children.shift_remove("entry") {
                return entries.into_map();
            }
        }
        Value::Object(self.children.into_iter().map(|(name, node)| (name.clone(), node.into_value(&name))).collect())
    }

    fn into_list(self, name: &str) -> Value {
        if self.text.is_some() {
            return json!([]);
        }
        Value::Array(self.ordered().map(|node| node.into_value(name)).collect())
    }

    fn into_map(self) -> Value {
        let mut map = Map::new();
        for mut entry in self.ordered() {
            // SNS's message attributes spell the two with a capital.
            let mut part = |name: &str, other: &str| {
                entry.children.shift_remove(name).or_else(|| entry.children.shift_remove(other))
            };
            let key = part("key", "Name").and_then(|node| node.text);
            let value = part("value", "Value");
            if let (Some(key), Some(value)) = (key, value) {
                map.insert(key, value.into_value(""));
            }
        }
        Value::Object(map)
    }

    /// The children by the number that is their name.
    fn ordered(self) -> impl Iterator<Item = Node> {
        let mut numbered: Vec<(u64, Node)> =
            self.children.into_iter().map(|(name, node)| (name.parse::<u64>().unwrap_or(u64::MAX), node)).collect();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, node)| node)
    }
}

fn leaf(name: &str, text: String) -> Value {
    if BOOLEANS.contains(&name) {
        match text.as_str() {
            "true" | "True" | "1" => return Value::Bool(true),
            "false" | "False" | "0" => return Value::Bool(false),
            _ => {}
        }
    }
    if INTEGERS.contains(&name)
        && let Ok(number) = text.parse::<i64>()
    {
        return json!(number);
    }
    if text.is_empty() && LISTS.contains(&name) {
        return json!([]);
    }
    Value::String(text)
}

/// The answer to an action that went well.
pub fn answer(service: &str, action: &str, output: &Output, request_id: &str) -> Response<Bytes> {
    let mut out = String::with_capacity(512);
    out.push_str(&format!("<{action}Response xmlns=\"{}\">", namespace(service)));
    let result = format!("{action}Result");
    if output.body.as_object().is_some_and(Map::is_empty) {
        out.push_str(&format!("<{result}/>"));
    } else {
        write(&mut out, &result, &output.body);
    }
    xml::open(&mut out, "ResponseMetadata");
    xml::element(&mut out, "RequestId", request_id);
    xml::close(&mut out, "ResponseMetadata");
    xml::close(&mut out, &format!("{action}Response"));
    let mut response = document(output.status, out);
    super::front::add_headers(&mut response, &output.headers);
    response
}

/// The answer to an action that failed.
pub fn refuse(service: &str, fault: &Fault, request_id: &str) -> Response<Bytes> {
    let blame = match fault.blame {
        Blame::Sender => "Sender",
        Blame::Receiver => "Receiver",
    };
    let mut out = format!("<ErrorResponse xmlns=\"{}\"><Error>", namespace(service));
    xml::element(&mut out, "Type", blame);
    xml::element(&mut out, "Code", &fault.code);
    xml::element(&mut out, "Message", &fault.message);
    for (name, value) in &fault.members {
        write(&mut out, name, value);
    }
    xml::close(&mut out, "Error");
    xml::element(&mut out, "RequestId", request_id);
    xml::close(&mut out, "ErrorResponse");
    document(fault.status, out)
}

fn document(status: u16, text: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    super::front::add_headers(&mut response, &[("content-type".to_owned(), "text/xml".to_owned())]);
    response
}

/// Appends `value` as the element `name`: lists as `member`s, maps as `entry`s, timestamps in ISO 8601.
fn write(out: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(items) => {
            xml::open(out, name);
            items.iter().for_each(|item| write_as(out, "member", name, item));
            xml::close(out, name);
        }
        Value::Object(entries) if MAPS.contains(&name) => {
            xml::open(out, name);
            for (key, value) in entries {
                xml::open(out, "entry");
                xml::element(out, "key", key);
                write(out, "value", value);
                xml::close(out, "entry");
            }
            xml::close(out, name);
        }
        _ => write_as(out, name, name, value),
    }
}

/// As [`write`], under another element than the member's name.
fn write_as(out: &mut String, element: &str, member: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            xml::open(out, element);
            members.iter().for_each(|(name, value)| write(out, name, value));
            xml::close(out, element);
        }
        Value::String(text) => xml::element(out, element, text),
        Value::Number(_) if TIMESTAMPS.contains(&member) => {
            let text = timestamp::iso8601(value).unwrap_or_else(|| value.to_string());
            xml::element(out, element, &text);
        }
        Value::Array(_) => {
            xml::open(out, element);
            write(out, "member", value);
            xml::close(out, element);
        }
        Value::Null => {}
        other => xml::element(out, element, &other.to_string()),
    }
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
