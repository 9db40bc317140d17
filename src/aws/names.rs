//! Names of an account, each type asked for in its own service.

use serde_json::json;

use super::Clients;
use super::error::{AwsError, from_sdk};
use super::json::{DYNAMODB, LOGS, SSM};
use crate::plan::Names;

impl Names for Clients {
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
            "AWS::Logs::LogGroup" => self.log_group(name).await,
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
            "AWS::StepFunctions::StateMachine" => self.has_machine(name).await,
            _ => Ok(false),
        }
    }
}

impl Clients {
    async fn log_group(&self, name: &str) -> Result<bool, AwsError> {
        let answer = self.json.call(LOGS, "DescribeLogGroups", &json!({"logGroupNamePrefix": name})).await?;
        let groups = answer.get("logGroups").and_then(serde_json::Value::as_array).into_iter().flatten();
        // The first page is in the order of names, so the group itself comes before those that only begin with its name.
        Ok(groups.into_iter().any(|group| group.get("logGroupName").and_then(|name| name.as_str()) == Some(name)))
    }

    async fn has_machine(&self, name: &str) -> Result<bool, AwsError> {
        let mut pages = self.sfn.list_state_machines().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(from_sdk("ListStateMachines"))?;
            if page.state_machines.iter().any(|machine| machine.name == name) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn there(asked: Result<(), AwsError>, absent: &[&str]) -> Result<bool, AwsError> {
    match asked {
        Ok(()) => Ok(true),
        Err(error) if absent.contains(&error.code.as_str()) => Ok(false),
        Err(error) => Err(error),
    }
}
