//! Changes of buckets: `AWS::S3::Bucket` with its notifications.

use serde_json::{Map, Value, json};

use crate::stack::event::{S3Choice, S3Event};
use crate::stack::{Function, Named};
use crate::template::draft::{Draft, change, depend};
use crate::template::intrinsic::{account, arn};
use crate::template::naming::{alphanumeric_upper, upper_first};

use super::{id, missing};

/// Adds the bucket, the notification, and the bucket's right to call the function; nothing for a bucket that exists.
pub fn render(draft: &mut Draft, function: &Named<Function>, choice: &S3Choice) {
    let (bucket, details, span): (Option<String>, Option<&S3Event>, _) = match choice {
        S3Choice::Name(name) => (Some(name.text.clone()), None, name.span),
        S3Choice::Detailed(event) => {
            (event.bucket.as_ref().and_then(|name| name.as_str()).map(str::to_owned), Some(event), event.span)
        }
    };
    if details.and_then(|event| event.existing).is_some_and(|flag| flag.value) {
        return;
    }
    let Some(bucket) = bucket else {
        return missing(draft, span, "`bucket` that is a name (of another stack's bucket, add `existing: true`)");
    };
    let settings = draft.stack.provider.s3.get(&bucket).map(|settings| settings.to_json());
    let name = settings
        .as_ref()
        .and_then(|settings| settings.get("name"))
        .and_then(Value::as_str)
        .unwrap_or(&bucket)
        .to_owned();
    let bucket_id = format!("S3Bucket{}", alphanumeric_upper(&bucket));
    let permission_id = id(function, format_args!("LambdaPermission{}S3", alphanumeric_upper(&bucket)));
    let event =
        details.and_then(|event| event.event.as_ref()).map_or("s3:ObjectCreated:*", |event| event.text.as_str());
    let mut notification = json!({"Event": event, "Function": draft.function_arn(&function.name)});
    let rules = rules(details);
    if let (false, Some(map)) = (rules.is_empty(), notification.as_object_mut()) {
        map.insert("Filter".to_owned(), json!({"S3Key": {"Rules": rules}}));
    }
    if !draft.template.resources.contains_key(&bucket_id) {
        let bucket = bucket_properties(&name, settings.as_ref());
        draft.add(&bucket_id, span, "AWS::S3::Bucket", bucket);
    }
    if let Some(resource) = draft.template.resources.get_mut(&bucket_id) {
        change(resource, |properties| {
            let configuration = properties.entry("NotificationConfiguration").or_insert_with(|| json!({}));
            if let Some(configuration) = configuration.as_object_mut() {
                let list = configuration.entry("LambdaConfigurations").or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(notification);
                }
            }
        });
        depend(resource, [permission_id.clone()]);
    }
    let alias = draft.aliases.get(&function.name).cloned();
    let permission = json!({
        "FunctionName": draft.function_arn(&function.name),
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
        "SourceArn": arn(vec![json!(format!(":s3:::{name}"))]),
        "SourceAccount": account(),
    });
    depend(draft.add(permission_id, span, "AWS::Lambda::Permission", permission), alias);
}

/// `prefix` and `suffix` rules, each a mapping with one of them.
fn rules(details: Option<&S3Event>) -> Vec<Value> {
    let all = details.into_iter().flat_map(|event| &event.rules).flat_map(|rule| rule.0.entries());
    all.map(|entry| json!({"Name": entry.key.text, "Value": entry.value.to_json()})).collect()
}

/// A bucket with the settings of `provider.s3`, in CloudFormation's spelling.
fn bucket_properties(name: &str, settings: Option<&Value>) -> Value {
    let mut all = Map::new();
    all.insert("BucketName".into(), json!(name));
    for (key, value) in settings.and_then(Value::as_object).into_iter().flatten().filter(|(key, _)| *key != "name") {
        all.insert(upper_first(key), value.clone());
    }
    Value::Object(all)
}
