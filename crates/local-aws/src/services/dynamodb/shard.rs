//! Shard ids: clients refuse those under 28 characters before they send them, and the engine's have 20 and more.

use serde_json::Value;

const ENGINE: &str = "shardId-00000001-";
const OWN: &str = "shardId-00000000000000000001-";

const MEMBERS: &[&str] = &["ShardId", "ParentShardId", "ExclusiveStartShardId", "LastEvaluatedShardId"];

/// Shortens the shard ids of a request.
pub fn to_engine(input: &mut Value) {
    rewrite(input, OWN, ENGINE);
}

/// Lengthens the shard ids of an answer.
pub fn from_engine(output: &mut Value) {
    rewrite(output, ENGINE, OWN);
}

fn rewrite(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, from, to)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(text) if MEMBERS.contains(&name.as_str()) => {
                        if let Some(rest) = text.strip_prefix(from) {
                            *text = format!("{to}{rest}");
                        }
                    }
                    other => rewrite(other, from, to),
                }
            }
        }
        _ => {}
    }
}
