//! ARNs: the engine knows one region and account, clients see their own.

use serde_json::Value;

const ENGINE: &str = "arn:aws:dynamodb:dynoxide:000000000000:";

/// Members of requests that hold an ARN, or a name in place of which an ARN may stand.
const INPUTS: &[&str] = &["ResourceArn", "StreamArn", "ExclusiveStartStreamArn", "TableName"];

/// Rewrites the ARNs of a request for the engine; items are not touched.
pub fn to_engine(input: &mut Value, region: &str, account: &str) {
    let own = own(region, account);
    rewrite(input, &|name| INPUTS.contains(&name), &own, ENGINE);
    // A table may be named by its ARN, for which the engine wants the name.
    if let Some(Value::String(table)) = input.get_mut("TableName")
        && let Some(name) = table.strip_prefix(ENGINE).and_then(|rest| rest.strip_prefix("table/"))
    {
        *table = name.to_owned();
    }
}

/// Rewrites the ARNs of an answer for the client; items are not touched, since their texts stand under `S`.
pub fn from_engine(output: &mut Value, region: &str, account: &str) {
    rewrite(output, &|name| name.ends_with("Arn") || name.ends_with("ARN"), ENGINE, &own(region, account));
}

/// Rewrites the ARNs in a message.
pub fn text_from_engine(text: &str, region: &str, account: &str) -> String {
    text.replace(ENGINE, &own(region, account))
}

fn own(region: &str, account: &str) -> String {
    format!("arn:aws:dynamodb:{region}:{account}:")
}

fn rewrite(value: &mut Value, wanted: &dyn Fn(&str) -> bool, from: &str, to: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, wanted, from, to)),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match member {
                    Value::String(text) if wanted(name) => {
                        if let Some(rest) = text.strip_prefix(from) {
                            *text = format!("{to}{rest}");
                        }
                    }
                    other => rewrite(other, wanted, from, to),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arns_of_the_table_are_rewritten_and_texts_of_items_are_not() {
        let arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/t";
        let mut input = json!({ "TableName": arn, "Item": { "TableName": { "S": arn } } });
        to_engine(&mut input, "eu-west-1", "123456789012");
        assert_eq!(input, json!({ "TableName": "t", "Item": { "TableName": { "S": arn } } }));
        let engine = format!("{ENGINE}table/t");
        let mut output = json!({ "Table": { "TableArn": engine }, "Item": { "TableArn": { "S": engine } } });
        from_engine(&mut output, "eu-west-1", "123456789012");
        assert_eq!(output, json!({ "Table": { "TableArn": arn }, "Item": { "TableArn": { "S": engine } } }));
    }
}
