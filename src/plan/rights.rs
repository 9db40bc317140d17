//! Who may do what: how a change of the template changes rights, in words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::phrase::phrase;

/// A right that is given or taken away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// It is given; else taken away.
    pub given: bool,
    /// Whose it is: a role's or policy's logical id, or who calls (`apigateway.amazonaws.com`).
    pub who: String,
    /// It forbids instead of allowing.
    pub denies: bool,
    pub actions: Vec<String>,
    /// On what: `Users.Arn`; none for trust and managed policies.
    pub on: Option<String>,
    /// Under which condition, as JSON.
    pub condition: Option<String>,
    /// It is given to all, for all actions, or on everything.
    pub is_wide: bool,
}

impl Right {
    /// A sentence about it.
    pub fn words(&self) -> String {
        let may = match (self.denies, self.given) {
            (false, true) => "may now",
            (false, false) => "may no longer",
            (true, true) => "is now forbidden to",
            (true, false) => "is no longer forbidden to",
        };
        let mut words = format!("`{}` {may} {}", self.who, self.actions.join(", "));
        if let Some(on) = &self.on {
            words.push_str(&format!(" on {on}"));
        }
        if let Some(condition) = &self.condition {
            words.push_str(&format!(" if {condition}"));
        }
        words
    }
}

/// What a right is, apart from its actions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Subject {
    who: String,
    denies: bool,
    on: Option<String>,
    condition: Option<String>,
}

type Rights = BTreeMap<Subject, BTreeSet<String>>;

/// The rights that `after` gives and `before` did not, and the other way round; those given first.
pub fn changed(before: &Value, after: &Value) -> Vec<Right> {
    let (before, after) = (rights(before), rights(after));
    let mut found = missing(&after, &before, true);
    found.extend(missing(&before, &after, false));
    found
}

/// The rights of `all` that `other` has not.
fn missing(all: &Rights, other: &Rights, given: bool) -> Vec<Right> {
    let none = BTreeSet::new();
    let rights = all.iter().filter_map(|(subject, actions)| {
        let known = other.get(subject).unwrap_or(&none);
        let actions: Vec<String> = actions.difference(known).cloned().collect();
        (!actions.is_empty()).then(|| Right {
            given,
            is_wide: !subject.denies
                && (subject.who == "*"
                    || actions.iter().any(|action| action == "*" || action.ends_with(":*"))
                    || subject.on.as_deref() == Some("*")),
            who: subject.who.clone(),
            denies: subject.denies,
            actions,
            on: subject.on.clone(),
            condition: subject.condition.clone(),
        })
    });
    rights.collect()
}

fn rights(template: &Value) -> Rights {
    let mut rights = Rights::new();
    for (id, resource) in template.get("Resources").and_then(Value::as_object).into_iter().flatten() {
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        let Some(properties) = resource.get("Properties") else { continue };
        match kind {
            "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => identity(&mut rights, id, properties),
            "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => policy(&mut rights, id, properties),
            "AWS::Lambda::Permission" => permission(&mut rights, properties),
            "AWS::S3::BucketPolicy" | "AWS::SNS::TopicPolicy" | "AWS::SQS::QueuePolicy" => {
                document(&mut rights, None, properties.get("PolicyDocument"));
            }
            _ => {}
        }
    }
    rights
}

fn identity(rights: &mut Rights, id: &str, properties: &Value) {
    for policy in items(properties.get("Policies")) {
        document(rights, Some(id), policy.get("PolicyDocument"));
    }
    for arn in items(properties.get("ManagedPolicyArns")) {
        add(rights, id, false, None, None, vec![format!("do what the policy {} allows", phrase(arn))]);
    }
    for statement in statements(properties.get("AssumeRolePolicyDocument")) {
        let denies = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
        for who in principals(statement) {
            add(rights, &who, denies, Some(id.to_owned()), condition(statement), actions(statement));
        }
    }
}

/// A policy of its own counts for whom it is attached to.
fn policy(rights: &mut Rights, id: &str, properties: &Value) {
    let attached = ["Roles", "Users", "Groups"].iter().flat_map(|key| items(properties.get(*key)));
    let attached: Vec<String> = attached.map(phrase).collect();
    for who in if attached.is_empty() { vec![id.to_owned()] } else { attached } {
        document(rights, Some(&who), properties.get("PolicyDocument"));
    }
}

fn permission(rights: &mut Rights, properties: &Value) {
    let text = |key: &str| properties.get(key).map(phrase);
    let who = text("Principal").unwrap_or_default();
    let from = text("SourceArn").map(|arn| format!("the call comes from {arn}"));
    add(rights, &who, false, text("FunctionName"), from, text("Action").into_iter().collect());
}

/// The statements of a policy; in one of a resource's own each statement names who it is for.
fn document(rights: &mut Rights, who: Option<&str>, document: Option<&Value>) {
    for statement in statements(document) {
        let denies = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
        let owners = who.map_or_else(|| principals(statement), |who| vec![who.to_owned()]);
        let targets = match statement.get("NotResource") {
            Some(all_but) => vec![format!("all but {}", phrase(all_but))],
            None => items(statement.get("Resource")).into_iter().map(phrase).collect(),
        };
        for who in &owners {
            for on in &targets {
                add(rights, who, denies, Some(on.clone()), condition(statement), actions(statement));
            }
        }
    }
}

fn add(
    rights: &mut Rights,
    who: &str,
    denies: bool,
    on: Option<String>,
    condition: Option<String>,
    actions: Vec<String>,
) {
    let subject = Subject { who: who.to_owned(), denies, on, condition };
    rights.entry(subject).or_default().extend(actions);
}

fn statements(document: Option<&Value>) -> Vec<&Value> {
    items(document.and_then(|document| document.get("Statement")))
}

fn actions(statement: &Value) -> Vec<String> {
    match statement.get("NotAction") {
        Some(all_but) => vec![format!("all but {}", phrase(all_but))],
        None => items(statement.get("Action")).into_iter().map(phrase).collect(),
    }
}

fn condition(statement: &Value) -> Option<String> {
    statement.get("Condition").map(Value::to_string)
}

fn principals(statement: &Value) -> Vec<String> {
    match statement.get("Principal") {
        Some(Value::Object(kinds)) if cfn::reference::function(&Value::Object(kinds.clone())).is_none() => {
            kinds.values().flat_map(|value| items(Some(value))).map(phrase).collect()
        }
        principal => items(principal).into_iter().map(phrase).collect(),
    }
}

/// The items of a list; one value counts as a list of one.
fn items(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().collect(),
        Some(one) => vec![one],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn role(statement: Value) -> Value {
        json!({"Resources": {"Worker": {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": {"Statement": [{
                "Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com"]}, "Action": ["sts:AssumeRole"],
            }]},
            "Policies": [{"PolicyDocument": {"Statement": [statement]}}],
        }}}})
    }

    fn words(before: &Value, after: &Value) -> Vec<String> {
        changed(before, after).iter().map(Right::words).collect()
    }

    #[test]
    fn an_action_more_is_told_alone() {
        let table = json!({"Fn::GetAtt": ["Users", "Arn"]});
        let before = role(json!({"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": table}));
        let after =
            role(json!({"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": [table]}));
        assert_eq!(words(&before, &after), ["`Worker` may now dynamodb:PutItem on Users.Arn"]);
        assert_eq!(words(&after, &before), ["`Worker` may no longer dynamodb:PutItem on Users.Arn"]);
        assert_eq!(words(&after, &after), Vec::<String>::new());
    }

    #[test]
    fn who_may_take_a_role_and_wide_rights_are_told() {
        let after = role(json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}));
        let found = changed(&json!({}), &after);
        assert_eq!(found[0].words(), "`Worker` may now s3:* on *");
        assert!(found[0].is_wide);
        assert_eq!(found[1].words(), "`lambda.amazonaws.com` may now sts:AssumeRole on Worker");
        assert!(!found[1].is_wide);
    }

    #[test]
    fn a_function_that_everybody_may_call_is_told() {
        let after = json!({"Resources": {"Open": {"Type": "AWS::Lambda::Permission", "Properties": {
            "FunctionName": {"Fn::GetAtt": ["HelloLambdaFunction", "Arn"]}, "Action": "lambda:InvokeFunctionUrl",
            "Principal": "*",
        }}}});
        let found = changed(&json!({}), &after);
        assert_eq!(found[0].words(), "`*` may now lambda:InvokeFunctionUrl on HelloLambdaFunction.Arn");
        assert!(found[0].is_wide);
    }
}
