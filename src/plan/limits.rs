//! What CloudFormation takes in one stack at most.

use std::collections::BTreeMap;

use serde_json::Value;

/// The most that one stack may have.
///
/// Source: AWS CloudFormation User Guide, "Understand CloudFormation quotas".
const MOST: [(&str, &str, usize); 4] = [
    ("Resources", "resources", 500),
    ("Outputs", "outputs", 200),
    ("Parameters", "parameters", 200),
    ("Mappings", "mappings", 200),
];

/// How many bytes a template may have that is read from S3.
///
/// Observed: CloudFormation says of a larger one that it `may not exceed 1000000 bytes in size`; the page says 1 MB.
const MOST_BYTES: usize = 1_000_000;

/// How many kinds of resources are named among those that fill a template.
const KINDS_NAMED: usize = 4;

/// A template that is more than CloudFormation takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    /// `resources`, `outputs`, `bytes`.
    pub what: &'static str,
    pub count: usize,
    pub most: usize,
    /// What there is most of, with its number.
    pub mostly: Vec<(String, usize)>,
}

/// What of a template is more than CloudFormation takes. `text` is the template as it is sent.
pub fn excess(template: &Value, text: &str) -> Vec<Excess> {
    let counted = MOST.iter().map(|(section, what, most)| {
        let count = template.get(section).and_then(Value::as_object).map_or(0, serde_json::Map::len);
        (*what, count, *most)
    });
    let all = counted.chain([("bytes", text.len(), MOST_BYTES)]);
    let over = all.filter(|(_, count, most)| count > most);
    over.map(|(what, count, most)| Excess { what, count, most, mostly: mostly(template, what) }).collect()
}

/// The kinds of resources that there are most of, by number or by bytes.
fn mostly(template: &Value, what: &str) -> Vec<(String, usize)> {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in template.get("Resources").and_then(Value::as_object).into_iter().flat_map(|all| all.values()) {
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        *kinds.entry(kind).or_default() += if what == "bytes" { resource.to_string().len() } else { 1 };
    }
    let mut kinds: Vec<(String, usize)> = kinds.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect();
    kinds.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    kinds.truncate(if matches!(what, "resources" | "bytes") { KINDS_NAMED } else { 0 });
    kinds
}

impl Excess {
    /// A sentence with the count and the limit.
    pub fn words(&self) -> String {
        let Excess { what, count, most, .. } = self;
        let mut words = format!("the template has {count} {what}; CloudFormation takes {most} in one stack");
        if !self.mostly.is_empty() {
            let mostly = self.mostly.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>();
            words.push_str(&format!(" (mostly {})", mostly.join(", ")));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template(resources: usize) -> Value {
        let resources: serde_json::Map<String, Value> =
            (0..resources).map(|n| (format!("R{n}"), json!({"Type": "AWS::SNS::Topic"}))).collect();
        json!({ "Resources": resources })
    }

    #[test]
    fn five_hundred_resources_are_taken_and_one_more_is_not() {
        assert_eq!(excess(&template(500), ""), []);
        let found = excess(&template(501), "");
        assert_eq!(
            found[0].words(),
            "the template has 501 resources; CloudFormation takes 500 in one stack (mostly 501 AWS::SNS::Topic)"
        );
    }

    #[test]
    fn a_megabyte_is_taken_and_one_byte_more_is_not() {
        assert_eq!(excess(&template(1), &" ".repeat(MOST_BYTES)), []);
        assert_eq!(excess(&template(1), &" ".repeat(MOST_BYTES + 1))[0].what, "bytes");
    }
}
