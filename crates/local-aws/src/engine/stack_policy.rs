//! Stack policies: which resources an update may touch.

use serde_json::Value;

/// Why the policy does not let an update do `action` (`Update:Modify`, `Update:Replace` or `Update:Delete`) to a
/// resource, if it does not. Once a stack has a policy, what no statement allows is denied; a denial wins.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>
pub fn denied(policy: &str, action: &str, logical: &str, kind: &str) -> Option<String> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let statements = policy.get("Statement").and_then(Value::as_array)?;
    let applies = |statement: &&Value| {
        action_matches(statement, action) && resource_matches(statement, logical) && condition_matches(statement, kind)
    };
    let effect = |statement: &Value| statement.get("Effect").and_then(Value::as_str).map(str::to_owned);
    let deny =
        statements.iter().position(|statement| effect(statement).as_deref() == Some("Deny") && applies(&statement));
    let allow = statements.iter().any(|statement| effect(statement).as_deref() == Some("Allow") && applies(&statement));
    match (deny, allow) {
        (Some(at), _) => Some(format!(
            "Action denied by stack policy: Statement [#{}] does not allow [{action}] for resource [LogicalResourceId/{logical}]",
            at + 1
        )),
        (None, true) => None,
        (None, false) => Some(format!(
            "Action denied by stack policy: no statement allows [{action}] for resource [LogicalResourceId/{logical}]"
        )),
    }
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn action_matches(statement: &Value, action: &str) -> bool {
    let any = |member: &str| texts(statement.get(member)).iter().any(|pattern| matches(pattern, action));
    if statement.get("NotAction").is_some() { !any("NotAction") } else { any("Action") }
}

fn resource_matches(statement: &Value, logical: &str) -> bool {
    let resource = format!("LogicalResourceId/{logical}");
    let any = |member: &str| texts(statement.get(member)).iter().any(|pattern| matches(pattern, &resource));
    if statement.get("NotResource").is_some() { !any("NotResource") } else { any("Resource") }
}

fn condition_matches(statement: &Value, kind: &str) -> bool {
    let Some(conditions) = statement.get("Condition").and_then(Value::as_object) else { return true };
    conditions.iter().all(|(operator, keys)| {
        let patterns = texts(keys.get("ResourceType"));
        match operator.as_str() {
            "StringEquals" => patterns.contains(&kind),
            "StringLike" => patterns.iter().any(|pattern| matches(pattern, kind)),
            // An operator that is not known must not open what it was meant to close.
            _ => statement.get("Effect").and_then(Value::as_str) == Some("Deny"),
        }
    })
}

/// Whether `text` is `pattern`, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"{"Statement": [
        {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["Update:Replace", "Update:Delete"], "Principal": "*",
         "Resource": "*", "Condition": {"StringLike": {"ResourceType": ["AWS::DynamoDB::*"]}}}
    ]}"#;

    #[test]
    fn a_denial_wins_over_what_is_allowed() {
        assert_eq!(denied(POLICY, "Update:Modify", "Table", "AWS::DynamoDB::Table"), None);
        assert_eq!(denied(POLICY, "Update:Replace", "Files", "AWS::S3::Bucket"), None);
        assert_eq!(
            denied(POLICY, "Update:Replace", "Table", "AWS::DynamoDB::Table").as_deref(),
            Some(
                "Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/Table]"
            )
        );
    }

    #[test]
    fn what_no_statement_allows_is_denied() {
        let policy =
            r#"{"Statement": [{"Effect": "Allow", "Action": "Update:Modify", "Resource": "LogicalResourceId/A*"}]}"#;
        assert_eq!(denied(policy, "Update:Modify", "App", "T"), None);
        assert!(denied(policy, "Update:Modify", "Table", "T").is_some());
        assert!(denied(policy, "Update:Delete", "App", "T").is_some());
    }
}
