//! Names that a template gives to new resources and that something in the account has already.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;

use super::cloud::Names;
use super::places::place_of;
use super::scope::Known;
use crate::aws::{AwsError, Kind};

/// How many names are looked up at once.
const AT_ONCE: usize = 16;
/// How many names are looked up for one plan; those beyond are CloudFormation's to find.
pub const MAX_LOOKUPS: usize = 200;

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

/// A name that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub logical_id: String,
    pub kind: String,
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

/// Those of `names` that something in the account has. What may not be looked at counts as free: CloudFormation will say.
///
/// # Errors
/// The cloud cannot be reached.
pub async fn taken(
    cloud: &(impl Names + Sync),
    names: Vec<Name>,
    places: &BTreeMap<String, String>,
) -> Result<Vec<Taken>, AwsError> {
    let looks = names.into_iter().take(MAX_LOOKUPS).map(|name| async move {
        match cloud.exists(&name.kind, &name.name).await {
            Ok(exists) => Ok(exists.then_some(name)),
            Err(error) if matches!(error.kind, Kind::Refused | Kind::Garbled) => Ok(None),
            Err(error) => Err(error),
        }
    });
    let found: Vec<Option<Name>> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
    let taken = found.into_iter().flatten().map(|name| Taken {
        place: place_of(places, &name.logical_id, name.property),
        logical_id: name.logical_id,
        kind: name.kind,
        name: name.name,
    });
    Ok(taken.collect())
}

impl Taken {
    /// A sentence about it.
    pub fn words(&self) -> String {
        format!("`{}` cannot be made: the account has a {} `{}` already", self.logical_id, self.kind, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Account(Vec<&'static str>);

    impl Names for Account {
        async fn exists(&self, kind: &str, name: &str) -> Result<bool, AwsError> {
            match name {
                "secret" => Err(AwsError::answered("HeadBucket", 403, "AccessDenied", "no")),
                _ => Ok(self.0.contains(&format!("{kind} {name}").as_str())),
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
            "`Users` cannot be made: the account has a AWS::DynamoDB::Table `users-us-east-1` already"
        );
        assert_eq!(found[0].place.as_deref(), Some("stack.yaml:9:5"));
    }
}
