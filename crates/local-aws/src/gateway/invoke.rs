//! Calls functions for integrations and authorizers, if they permit it.

use std::sync::Arc;

use bytes::Bytes;
use regex::Regex;
use serde_json::{Value, json};

use super::answer::Refusal;
use crate::Cloud;
use crate::wire::Call;

/// What a function answered.
pub struct Answered {
    pub payload: Bytes,
    /// Its result is an error document.
    pub failed: bool,
}

/// The function in `arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations`.
///
/// # Errors
/// 500 when the address names none.
pub fn function_of(uri: &str) -> Result<&str, Refusal> {
    let arn = uri.split_once("/functions/").and_then(|(_, rest)| rest.strip_suffix("/invocations"));
    arn.filter(|arn| !arn.is_empty()).ok_or_else(|| Refusal::misconfigured(format!("no function in `{uri}`")))
}

/// Refuses a function that does not permit API Gateway to call it from `source_arn`.
///
/// # Errors
/// 500, as AWS answers "Invalid permissions on Lambda function".
pub async fn check_permission(
    cloud: &Arc<Cloud>,
    region: &str,
    function: &str,
    source_arn: &str,
) -> Result<(), Refusal> {
    let policy = cloud.invoke("lambda", "GetPolicy", region, json!({"FunctionName": function})).await;
    let document = policy.ok().and_then(|output| output.body["Policy"].as_str().map(str::to_owned));
    let document: Value = document.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let statements = document["Statement"].as_array().cloned().unwrap_or_default();
    if statements.iter().any(|statement| permits(statement, source_arn, &cloud.config.account)) {
        return Ok(());
    }
    Err(Refusal::misconfigured(format!(
        "Invalid permissions on Lambda function: {function} does not permit apigateway.amazonaws.com to invoke it from \
         {source_arn} (AWS::Lambda::Permission)"
    )))
}

fn permits(statement: &Value, source_arn: &str, account: &str) -> bool {
    let principal = &statement["Principal"];
    let service = principal == "*" || principal["Service"] == "apigateway.amazonaws.com" || principal["AWS"] == "*";
    let action = ["lambda:InvokeFunction", "lambda:*", "lambda:Invoke*", "*"].iter().any(|a| statement["Action"] == *a);
    let condition = &statement["Condition"];
    let account_fits = match condition["StringEquals"]["AWS:SourceAccount"].as_str() {
        Some(wanted) => wanted == account,
        None => true,
    };
    let source_fits = match condition["ArnLike"]["AWS:SourceArn"].as_str() {
        Some(pattern) => matches(pattern, source_arn),
        None => true,
    };
    statement["Effect"] == "Allow" && service && action && account_fits && source_fits
}

/// Whether `text` is what a policy's pattern with `*` and `?` means.
pub fn matches(pattern: &str, text: &str) -> bool {
    let escaped = regex::escape(pattern).replace("\\*", ".*").replace("\\?", ".");
    Regex::new(&format!("^(?s:{escaped})$")).is_ok_and(|pattern| pattern.is_match(text))
}

/// Calls a function and waits for its result.
///
/// # Errors
/// 500 when there is no such function or it cannot be called.
pub async fn call(cloud: &Arc<Cloud>, region: &str, function: &str, event: String) -> Result<Answered, Refusal> {
    invoke(cloud, region, function, "RequestResponse", event).await
}

/// Calls a function in the given way.
///
/// # Errors
/// As [`call`].
pub async fn invoke(
    cloud: &Arc<Cloud>,
    region: &str,
    function: &str,
    kind: &str,
    event: String,
) -> Result<Answered, Refusal> {
    let input = json!({"FunctionName": function, "InvocationType": kind});
    let call = Call::internal("lambda", "Invoke", region, input, Bytes::from(event));
    match cloud.answer(call).await {
        Ok(output) => Ok(Answered {
            failed: output.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("x-amz-function-error")),
            payload: output.payload.unwrap_or_default(),
        }),
        Err(fault) => Err(Refusal::misconfigured(format!("the function {function} cannot be called: {fault}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_holds_for_its_source_only() {
        let arn = "arn:aws:execute-api:us-east-1:000000000000:abc/dev/POST/signup";
        let statement = |source: &str| {
            json!({
                "Effect": "Allow",
                "Principal": {"Service": "apigateway.amazonaws.com"},
                "Action": "lambda:InvokeFunction",
                "Condition": {"ArnLike": {"AWS:SourceArn": source}},
            })
        };
        assert!(permits(&statement("arn:aws:execute-api:us-east-1:000000000000:abc/*/*"), arn, "000000000000"));
        assert!(permits(
            &statement("arn:aws:execute-api:us-east-1:000000000000:abc/*/POST/signup"),
            arn,
            "000000000000"
        ));
        assert!(!permits(&statement("arn:aws:execute-api:us-east-1:000000000000:other/*/*"), arn, "000000000000"));
        assert!(!permits(
            &json!({"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "*"}),
            arn,
            "0"
        ));
    }
}
