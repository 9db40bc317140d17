//! Names of an account, each type asked for in its own service.

use std::collections::BTreeSet;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};

use super::Clients;
use super::error::{AwsError, Kind, from_sdk};
use super::json::{DYNAMODB, LOGS, SSM};
use crate::plan::Names;

/// How many names are looked up at once.
const AT_ONCE: usize = 16;
/// More names than these are looked for in the account's list instead of one by one.
const FEW: usize = 3;
/// How many pages of such a list are read; with more, the names are looked up one by one after all.
const MAX_PAGES: usize = 20;

impl Names for Clients {
    async fn existing(&self, kind: &str, names: &[String]) -> Result<Vec<String>, AwsError> {
        let listed = match kind {
            "AWS::Lambda::Function" if names.len() > FEW => self.function_names().await?,
            "AWS::Logs::LogGroup" if names.len() > FEW => self.log_groups(&shared_prefix(names)).await?,
            "AWS::StepFunctions::StateMachine" => self.machine_names().await?,
            _ => None,
        };
        if let Some(listed) = listed {
            return Ok(names.iter().filter(|name| listed.contains(*name)).cloned().collect());
        }
        let looks = names.iter().cloned().map(|name| async move {
            match self.exists(kind, &name).await {
                Ok(exists) => Ok(exists.then_some(name)),
                // What may not be looked at counts as free.
                Err(error) if matches!(error.kind, Kind::Refused | Kind::Garbled) => Ok(None),
                Err(error) => Err(error),
            }
        });
        let found: Vec<Option<String>> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }
}

impl Clients {
    async fn exists(&self, kind: &str, name: &str) -> Result<bool, AwsError> {
        match kind {
            "AWS::DynamoDB::Table" => {
                let asked = self.json.call(DYNAMODB, "DescribeTable", &json!({"TableName": name})).await;
                there(asked.map(|_| ()), &["ResourceNotFoundException"])
            }
            "AWS::IAM::Role" => there(self.json.role(name).await, &["NoSuchEntity"]),
            "AWS::Lambda::Function" => {
                let asked = self.lambda.get_function_configuration().function_name(name).send().await;
                there(asked.map(|_| ()).map_err(from_sdk("GetFunctionConfiguration")), &["ResourceNotFoundException"])
            }
            "AWS::Logs::LogGroup" => {
                // The first page is in the order of names: the group itself comes before those that only begin with its name.
                let answer = self.json.call(LOGS, "DescribeLogGroups", &json!({"logGroupNamePrefix": name})).await?;
                Ok(group_names(&answer).any(|group| group == name))
            }
            "AWS::S3::Bucket" => {
                let asked = self.s3.head_bucket().bucket(name).send().await;
                match asked.map(|_| ()).map_err(from_sdk("HeadBucket")) {
                    // A bucket of another account is as taken as one's own.
                    Err(error) if matches!(error.code.as_str(), "HTTP 403" | "Forbidden" | "AccessDenied") => Ok(true),
                    asked => there(asked, &["NotFound", "NoSuchBucket", "HTTP 404"]),
                }
            }
            "AWS::SSM::Parameter" => {
                let asked = self.json.call(SSM, "GetParameter", &json!({"Name": name})).await;
                there(asked.map(|_| ()), &["ParameterNotFound"])
            }
            _ => Ok(false),
        }
    }

    /// The names of all functions; none when there are too many to list.
    async fn function_names(&self) -> Result<Option<BTreeSet<String>>, AwsError> {
        let (mut names, mut marker) = (BTreeSet::new(), None);
        for _ in 0..MAX_PAGES {
            let page = self.lambda.list_functions().set_marker(marker).send().await;
            let page = page.map_err(from_sdk("ListFunctions"))?;
            names.extend(page.functions.unwrap_or_default().into_iter().filter_map(|function| function.function_name));
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Ok(Some(names));
            }
        }
        Ok(None)
    }

    /// The log groups whose names begin with a prefix; none when there are too many to list.
    async fn log_groups(&self, prefix: &str) -> Result<Option<BTreeSet<String>>, AwsError> {
        let mut input = json!({});
        if !prefix.is_empty() {
            input["logGroupNamePrefix"] = Value::from(prefix);
        }
        let mut names = BTreeSet::new();
        for _ in 0..MAX_PAGES {
            let answer = self.json.call(LOGS, "DescribeLogGroups", &input).await?;
            names.extend(group_names(&answer).map(str::to_owned));
            match answer.get("nextToken").filter(|next| next.is_string()) {
                Some(next) => input["nextToken"] = next.clone(),
                None => return Ok(Some(names)),
            }
        }
        Ok(None)
    }

    /// The names of all state machines: there is no other way to look for one by its name.
    async fn machine_names(&self) -> Result<Option<BTreeSet<String>>, AwsError> {
        let mut names = BTreeSet::new();
        let mut pages = self.sfn.list_state_machines().into_paginator().send();
        while let Some(page) = pages.next().await {
            names.extend(page.map_err(from_sdk("ListStateMachines"))?.state_machines.into_iter().map(|one| one.name));
        }
        Ok(Some(names))
    }
}

fn group_names(answer: &Value) -> impl Iterator<Item = &str> {
    let groups = answer.get("logGroups").and_then(Value::as_array).into_iter().flatten();
    groups.filter_map(|group| group.get("logGroupName").and_then(Value::as_str))
}

/// What all names begin with.
fn shared_prefix(names: &[String]) -> String {
    let Some((first, rest)) = names.split_first() else { return String::new() };
    let shared = |one: &String| first.chars().zip(one.chars()).take_while(|(a, b)| a == b).count();
    let length = rest.iter().map(shared).min().unwrap_or(first.chars().count());
    first.chars().take(length).collect()
}

fn there(asked: Result<(), AwsError>, absent: &[&str]) -> Result<bool, AwsError> {
    match asked {
        Ok(()) => Ok(true),
        Err(error) if absent.contains(&error.code.as_str()) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_for_under_what_all_of_them_begin_with() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(shared_prefix(&names(&["/aws/lambda/shop-a", "/aws/lambda/shop-b"])), "/aws/lambda/shop-");
        assert_eq!(shared_prefix(&names(&["ä1", "ö1"])), "");
        assert_eq!(shared_prefix(&names(&["one"])), "one");
    }
}
