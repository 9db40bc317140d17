//! Member names of API Gateway v2: `ApiId` in the model, `apiId` on the wire.

use serde_json::{Map, Value};

/// Members that are maps with the user's own keys, which nobody may touch.
const MAPS: &[&str] = &[
    "RequestModels",
    "RequestTemplates",
    "ResponseModels",
    "ResponseParameters",
    "ResponseTemplates",
    "StageVariables",
    "Tags",
];

/// Maps with the user's own keys whose values are structures again.
const MAPS_OF_STRUCTURES: &[&str] = &["RequestParameters", "RouteSettings"];

/// `value` with member names in upper camel case.
pub fn upper(value: Value) -> Value {
    recase(value, str::to_ascii_uppercase)
}

/// `value` with member names in lower camel case.
pub fn lower(value: Value) -> Value {
    recase(value, str::to_ascii_lowercase)
}

fn recase(value: Value, first: fn(&str) -> String) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(|item| recase(item, first)).collect()),
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| {
                let model = with_first(&name, str::to_ascii_uppercase);
                let value = match value {
                    value if MAPS.contains(&model.as_str()) => value,
                    Value::Object(entries) if MAPS_OF_STRUCTURES.contains(&model.as_str()) => entries
                        .into_iter()
                        .map(|(key, value)| (key, recase(value, first)))
                        .collect::<Map<_, _>>()
                        .into(),
                    value => recase(value, first),
                };
                (with_first(&name, first), value)
            });
            Value::Object(members.collect())
        }
        other => other,
    }
}

fn with_first(name: &str, change: fn(&str) -> String) -> String {
    match name.char_indices().nth(1) {
        Some((second, _)) => change(&name[..second]) + &name[second..],
        None => change(name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_user_s_own_keys_keep_their_case_both_ways() {
        let wire = json!({
            "apiId": "a",
            "routeSettings": { "GET /pets": { "throttlingBurstLimit": 1 } },
            "stageVariables": { "lower": "x", "Upper": "y" },
            "corsConfiguration": { "allowOrigins": ["*"] },
        });
        let model = json!({
            "ApiId": "a",
            "RouteSettings": { "GET /pets": { "ThrottlingBurstLimit": 1 } },
            "StageVariables": { "lower": "x", "Upper": "y" },
            "CorsConfiguration": { "AllowOrigins": ["*"] },
        });
        assert_eq!(upper(wire.clone()), model);
        assert_eq!(lower(model), wire);
    }
}
