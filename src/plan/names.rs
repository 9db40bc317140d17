//! Names that a template gives to new resources and that something in the account has already.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;

use super::cloud::Names;
use super::places::place_of;
use super::scope::Known;
use crate::aws::{AwsError, Kind};

/// How many types of resources are asked about at once.
const AT_ONCE: usize = 8;

/// Types whose names must be free, with the property that names them.
///
/// Source: AWS CloudFormation Template Reference, each type's name property.
const NAMED: &[(&str, &str)] = &[
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::SSM::Parameter", "Name"),
    ("AWS::StepFunctions::StateMachine", "StateMachineName"),
];

/// The types that a stack can take in.
///
/// Source: AWS CloudFormation User Guide, "Resource type support for imports".
const IMPORTABLE: &[&str] = &["AWS::DynamoDB::Table", "AWS::Logs::LogGroup", "AWS::S3::Bucket"];

/// The property that names resources of a type, when their names must be free.
pub(super) fn naming(kind: &str) -> Option<&'static str> {
    NAMED.iter().find(|(known, _)| *known == kind).map(|(_, property)| *property)
}

/// A name that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub logical_id: String,
    pub kind: String,
    /// The property that gives it.
    pub property: &'static str,
    pub name: String,
    /// Where the configuration gives it.
    pub place: Option<String>,
}

/// A name that a resource will have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub logical_id: String,
    pub kind: String,
    pub property: &'static str,
    pub name: String,
}

/// The names of the resources of a template that `wanted` takes, as far as they are known before.
pub fn names(known: &Known<'_>, wanted: impl Fn(&str) -> bool) -> Vec<Name> {
    let resources = known.template.get("Resources").and_then(Value::as_object).into_iter().flatten();
    let names = resources.filter(|(id, _)| wanted(id)).filter_map(|(id, resource)| {
        let kind = resource.get("Type")?.as_str()?;
        let (kind, property) = NAMED.iter().find(|(known, _)| *known == kind)?;
        let name = known.value(resource.get("Properties")?.get(*property)?).ok()??;
        let name = name.as_str()?.to_owned();
        Some(Name { logical_id: id.clone(), kind: (*kind).to_owned(), property, name })
    });
    names.collect()
}

/// Those of `names` that something in the account has. What may not be looked at, or is not answered, counts as free:
/// CloudFormation will say.
///
/// # Errors
/// The cloud cannot be reached.
pub async fn taken(
    cloud: &(impl Names + Sync),
    names: Vec<Name>,
    places: &BTreeMap<String, String>,
) -> Result<Vec<Taken>, AwsError> {
    let mut kinds: BTreeMap<String, Vec<Name>> = BTreeMap::new();
    names.into_iter().for_each(|name| kinds.entry(name.kind.clone()).or_default().push(name));
    let looks = kinds.into_iter().map(|(kind, names)| async move {
        let asked: Vec<String> = names.iter().map(|name| name.name.clone()).collect();
        match cloud.existing(&kind, &asked).await {
            Ok(existing) => Ok(names.into_iter().filter(|name| existing.contains(&name.name)).collect()),
            Err(error) if matches!(error.kind, Kind::Refused | Kind::Garbled | Kind::Throttled | Kind::Broken) => {
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    });
    let found: Vec<Vec<Name>> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
    let taken = found.into_iter().flatten().map(|name| Taken {
        place: place_of(places, &name.logical_id, name.property),
        logical_id: name.logical_id,
        kind: name.kind,
        property: name.property,
        name: name.name,
    });
    Ok(taken.collect())
}

impl Taken {
    /// Whether `deploy repair` can take it into the stack.
    pub fn is_importable(&self) -> bool {
        IMPORTABLE.contains(&self.kind.as_str())
    }

    /// What has the name: ``AWS::Logs::LogGroup `/aws/lambda/x` ``.
    pub fn thing(&self) -> String {
        format!("{} `{}`", self.kind, self.name)
    }

    /// The same as [`Taken::words`] with its place, and what helps.
    pub fn advice(&self) -> String {
        let place = self.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        let helps = match self.is_importable() {
            true => "`deploy repair` can take it into the stack",
            false => "remove it, or give the resource another name",
        };
        format!("{}{place}; {helps}", self.words())
    }

    /// A sentence about it.
    pub fn words(&self) -> String {
        format!("`{}` cannot be made: the account has an {} `{}` already", self.logical_id, self.kind, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Account(Vec<&'static str>);

    impl Names for Account {
        async fn existing(&self, kind: &str, names: &[String]) -> Result<Vec<String>, AwsError> {
            match names {
                [secret] if secret == "secret" => Err(AwsError::answered("HeadBucket", 403, "AccessDenied", "no")),
                _ => {
                    let there = |name: &&String| self.0.contains(&format!("{kind} {name}").as_str());
                    Ok(names.iter().filter(there).cloned().collect())
                }
            }
        }
    }

    #[tokio::test]
    async fn a_name_that_is_taken_is_told_with_its_place_and_one_that_may_not_be_seen_is_not() {
        let template = json!({"Resources": {
            "Users": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": {"Fn::Sub": "users-${AWS::Region}"}}},
            "Old": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "old"}},
            "Files": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "secret"}},
            "Free": {"Type": "AWS::S3::Bucket"},
        }});
        let known = Known {
            template: &template,
            region: "us-east-1",
            account: None,
            partition: "aws",
            stack_name: "s",
            stack_id: None,
            parameters: &BTreeMap::new(),
            resources: &[],
        };
        let places = BTreeMap::from([("Users".to_owned(), "stack.yaml:9:5".to_owned())]);
        let account = Account(vec!["AWS::DynamoDB::Table users-us-east-1", "AWS::DynamoDB::Table old"]);
        let found = taken(&account, names(&known, |id| id != "Old"), &places).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].words(),
            "`Users` cannot be made: the account has an AWS::DynamoDB::Table `users-us-east-1` already"
        );
        assert_eq!(found[0].place.as_deref(), Some("stack.yaml:9:5"));
    }
}
