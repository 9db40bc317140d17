//! The `Rules` section: what parameters must be together before anything is done.

use serde_json::Value;

use crate::evaluate::{Scope, evaluate, scalar};
use crate::{Template, TemplateError};

/// How deep functions of a rule may stand in each other.
const MAX_DEPTH: usize = 32;

/// Checks every rule of `template` whose condition holds. `scope` answers for parameters.
///
/// # Errors
/// [`TemplateError::Parameter`] with the description of the first assertion that does not hold;
/// [`TemplateError::Content`] for a rule that is malformed or uses `Fn::RefAll`, `Fn::ValueOf` or `Fn::ValueOfAll`,
/// which ask for the attributes of an account's resources.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html>
pub fn check(template: &Template, scope: &dyn Scope) -> Result<(), TemplateError> {
    for (name, rule) in &template.rules {
        let applies = match rule.get("RuleCondition") {
            Some(condition) => holds(name, condition, scope, 0)?,
            None => true,
        };
        let assertions = rule.get("Assertions").and_then(Value::as_array).filter(|listed| !listed.is_empty());
        for assertion in assertions.ok_or_else(|| malformed(name, "has no list of Assertions"))? {
            let assert = assertion.get("Assert").ok_or_else(|| malformed(name, "has an assertion without Assert"))?;
            if applies && !holds(name, assert, scope, 0)? {
                let said = assertion.get("AssertDescription").and_then(Value::as_str);
                let said = said.unwrap_or("an assertion does not hold");
                return Err(TemplateError::Parameter(format!("Rule {name} failed: {said}")));
            }
        }
    }
    Ok(())
}

fn malformed(rule: &str, what: &str) -> TemplateError {
    TemplateError::content(format!("the rule {rule} {what}"))
}

fn holds(rule: &str, value: &Value, scope: &dyn Scope, depth: usize) -> Result<bool, TemplateError> {
    let one = value.as_object().filter(|object| object.len() == 1 && depth < MAX_DEPTH);
    let Some((name, argument)) = one.and_then(|object| object.iter().next()) else {
        return Err(malformed(rule, "must be made of functions that hold or do not"));
    };
    let each = |items: &[Value]| -> Result<Vec<bool>, TemplateError> {
        items.iter().map(|item| holds(rule, item, scope, depth + 1)).collect()
    };
    match (name.as_str(), argument.as_array().map(Vec::as_slice)) {
        ("Fn::And", Some(items)) if (2..=10).contains(&items.len()) => Ok(each(items)?.iter().all(|holds| *holds)),
        ("Fn::Or", Some(items)) if (2..=10).contains(&items.len()) => Ok(each(items)?.iter().any(|holds| *holds)),
        ("Fn::Not", Some([item])) => Ok(!holds(rule, item, scope, depth + 1)?),
        ("Fn::Equals", Some([left, right])) => Ok(text(rule, left, scope)? == text(rule, right, scope)?),
        ("Fn::Contains", Some([listed, wanted])) => {
            Ok(texts(rule, listed, scope)?.contains(&text(rule, wanted, scope)?))
        }
        ("Fn::EachMemberEquals", Some([listed, wanted])) => {
            let wanted = text(rule, wanted, scope)?;
            Ok(texts(rule, listed, scope)?.iter().all(|member| *member == wanted))
        }
        ("Fn::EachMemberIn", Some([listed, allowed])) => {
            let allowed = texts(rule, allowed, scope)?;
            Ok(texts(rule, listed, scope)?.iter().all(|member| allowed.contains(member)))
        }
        (other, _) => Err(malformed(rule, &format!("uses {other}, or uses it with other arguments than it takes"))),
    }
}

fn text(rule: &str, value: &Value, scope: &dyn Scope) -> Result<String, TemplateError> {
    let found = evaluate(value, scope)?;
    found.as_ref().and_then(scalar).ok_or_else(|| malformed(rule, "compares something that is no text"))
}

fn texts(rule: &str, value: &Value, scope: &dyn Scope) -> Result<Vec<String>, TemplateError> {
    match evaluate(value, scope)? {
        Some(Value::Array(items)) => items.iter().map(|item| text(rule, item, scope)).collect(),
        _ => Err(malformed(rule, "looks into something that is no list")),
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::evaluate::Mapped;

    struct Parameters(IndexMap<&'static str, Value>);

    impl Scope for Parameters {
        fn reference(&self, name: &str) -> Result<Option<Value>, TemplateError> {
            self.0.get(name).cloned().map(Some).ok_or_else(|| TemplateError::content(format!("no {name}")))
        }
        fn attribute(&self, resource: &str, _: &str) -> Result<Value, TemplateError> {
            Err(TemplateError::content(format!("no {resource}")))
        }
        fn condition(&self, name: &str) -> Result<bool, TemplateError> {
            Err(TemplateError::content(format!("no {name}")))
        }
        fn mapping(&self, _: &str, _: &str, _: &str) -> Mapped {
            Mapped::NoMap
        }
        fn import(&self, name: &str) -> Result<Value, TemplateError> {
            Err(TemplateError::NoExport(name.to_owned()))
        }
        fn zones(&self, _: &str) -> Vec<String> {
            Vec::new()
        }
        fn dynamic(&self, text: &str) -> Result<String, TemplateError> {
            Ok(text.to_owned())
        }
    }

    fn checked(stage: &str, rule: Value) -> Result<(), TemplateError> {
        let template = Template { rules: IndexMap::from([("Size".to_owned(), rule)]), ..Template::default() };
        check(&template, &Parameters(IndexMap::from([("Stage", json!(stage)), ("Zones", json!(["a", "b"]))])))
    }

    #[test]
    fn a_rule_is_asked_only_where_its_condition_holds() {
        let rule = json!({
            "RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "Assertions": [{
                "Assert": {"Fn::Contains": [["c"], {"Fn::Select": ["0", {"Ref": "Zones"}]}]},
                "AssertDescription": "prod runs in zone c",
            }],
        });
        assert_eq!(checked("dev", rule.clone()), Ok(()));
        assert_eq!(checked("prod", rule).unwrap_err().to_string(), "Rule Size failed: prod runs in zone c");
    }

    #[test]
    fn members_of_lists_are_compared_one_by_one() {
        let assert = |function: Value| checked("dev", json!({"Assertions": [{"Assert": function}]}));
        assert_eq!(assert(json!({"Fn::EachMemberIn": [{"Ref": "Zones"}, ["a", "b", "c"]]})), Ok(()));
        assert!(assert(json!({"Fn::EachMemberIn": [{"Ref": "Zones"}, ["a"]]})).is_err());
        assert!(assert(json!({"Fn::EachMemberEquals": [{"Ref": "Zones"}, "a"]})).is_err());
        let not = json!({"Fn::Not": [{"Fn::EachMemberEquals": [{"Ref": "Zones"}, "a"]}]});
        assert_eq!(assert(json!({"Fn::And": [not.clone(), not]})), Ok(()));
    }

    #[test]
    fn a_function_that_asks_for_an_accounts_resources_is_refused_by_name() {
        let refused = checked("dev", json!({"Assertions": [{"Assert": {"Fn::RefAll": "AWS::EC2::VPC::Id"}}]}));
        assert!(refused.unwrap_err().to_string().contains("Fn::RefAll"));
    }

    proptest! {
        #[test]
        fn whatever_a_rule_says_it_is_checked_or_refused(text in "[\\[\\]{}\":,a-cFn&]{0,40}", deep in 0usize..60) {
            let mut value: Value = serde_json::from_str(&text).unwrap_or(json!(text));
            for _ in 0..deep {
                value = json!({"Fn::Not": [value]});
            }
            let refused = checked("dev", json!({"Assertions": [{"Assert": value}]}));
            prop_assert!(refused.is_err());
        }
    }
}
