//! What names in a template stand for, as far as that can be known without asking CloudFormation.

use std::collections::BTreeMap;

use cfn::evaluate::{Mapped, scalar};
use cfn::{Scope, TemplateError};
use serde_json::Value;

use super::{Deployed, StackResource};

/// A template with what is known around it.
pub struct Known<'a> {
    pub template: &'a Value,
    pub region: &'a str,
    /// None before anything was asked of the account.
    pub account: Option<&'a str>,
    pub partition: &'a str,
    pub stack_name: &'a str,
    pub stack_id: Option<&'a str>,
    pub parameters: &'a BTreeMap<String, String>,
    /// The resources that stand.
    pub resources: &'a [StackResource],
}

impl<'a> Known<'a> {
    /// A template of a stack that stands.
    pub fn of(
        template: &'a Value,
        stack: &'a Deployed,
        region: &'a str,
        parameters: &'a BTreeMap<String, String>,
        resources: &'a [StackResource],
    ) -> Known<'a> {
        Known {
            template,
            region,
            account: Some(stack.account()),
            partition: stack.partition(),
            stack_name: &stack.name,
            stack_id: Some(&stack.id),
            parameters,
            resources,
        }
    }
}

impl Known<'_> {
    /// A value with its functions worked out.
    ///
    /// # Errors
    /// It refers to something that only CloudFormation knows: which, in words.
    pub fn value(&self, value: &Value) -> Result<Option<Value>, TemplateError> {
        cfn::evaluate(value, self)
    }

    /// The physical id of a resource that stands.
    pub fn physical(&self, logical_id: &str) -> Option<&str> {
        let resource = self.resources.iter().find(|resource| resource.logical_id == logical_id)?;
        resource.physical_id.as_deref().filter(|id| !id.is_empty())
    }

    fn kind(&self, logical_id: &str) -> Option<&str> {
        self.template.get("Resources")?.get(logical_id)?.get("Type")?.as_str()
    }

    fn property(&self, logical_id: &str, name: &str) -> Option<&Value> {
        self.template.get("Resources")?.get(logical_id)?.get("Properties")?.get(name)
    }

    fn pseudo(&self, name: &str) -> Option<Option<Value>> {
        let suffix = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let text = match name {
            "AWS::NoValue" => return Some(None),
            "AWS::Region" => self.region,
            "AWS::AccountId" => self.account?,
            "AWS::Partition" => self.partition,
            "AWS::StackName" => self.stack_name,
            "AWS::StackId" => self.stack_id?,
            "AWS::URLSuffix" => suffix,
            _ => return None,
        };
        Some(Some(Value::from(text)))
    }

    /// The ARN of a resource whose physical id says all of it.
    ///
    /// Source: AWS CloudFormation Template Reference, the return values of each type.
    fn arn(&self, kind: &str, physical: &str) -> Option<String> {
        let (partition, region) = (self.partition, self.region);
        if physical.starts_with("arn:") {
            return Some(physical.to_owned());
        }
        if kind == "AWS::S3::Bucket" {
            return Some(format!("arn:{partition}:s3:::{physical}"));
        }
        let account = self.account?;
        if kind == "AWS::IAM::Role" {
            return Some(format!("arn:{partition}:iam::{account}:role/{physical}"));
        }
        let path = match kind {
            "AWS::Lambda::Function" => format!("lambda:{region}:{account}:function:{physical}"),
            "AWS::DynamoDB::Table" => format!("dynamodb:{region}:{account}:table/{physical}"),
            "AWS::Logs::LogGroup" => format!("logs:{region}:{account}:log-group:{physical}:*"),
            "AWS::SQS::Queue" => format!("sqs:{region}:{account}:{}", physical.rsplit('/').next()?),
            "AWS::Kinesis::Stream" => format!("kinesis:{region}:{account}:stream/{physical}"),
            _ => return None,
        };
        Some(format!("arn:{partition}:{path}"))
    }
}

fn only_cloudformation(what: &str) -> TemplateError {
    TemplateError::content(format!("only CloudFormation knows {what}"))
}

impl Scope for Known<'_> {
    fn reference(&self, name: &str) -> Result<Option<Value>, TemplateError> {
        if let Some(value) = self.pseudo(name) {
            return Ok(value);
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(Some(Value::from(value.clone())));
        }
        let default = self.template.get("Parameters").and_then(|all| all.get(name)?.get("Default"));
        if let Some(default) = default {
            return Ok(Some(Value::from(scalar(default).unwrap_or_default())));
        }
        self.physical(name).map(|id| Some(Value::from(id))).ok_or_else(|| only_cloudformation(name))
    }

    fn attribute(&self, resource: &str, attribute: &str) -> Result<Value, TemplateError> {
        let unknown = || only_cloudformation(&format!("{resource}.{attribute}"));
        let (kind, physical) = self.kind(resource).zip(self.physical(resource)).ok_or_else(unknown)?;
        match (kind, attribute) {
            ("AWS::IAM::Role", "Arn") if self.property(resource, "Path").is_some() => Err(unknown()),
            (_, "Arn") => self.arn(kind, physical).map(Value::from).ok_or_else(unknown),
            ("AWS::StepFunctions::StateMachine", "Name") => {
                Ok(Value::from(physical.rsplit(':').next().unwrap_or(physical)))
            }
            ("AWS::SQS::Queue", "QueueName") => Ok(Value::from(physical.rsplit('/').next().unwrap_or(physical))),
            ("AWS::SNS::Topic", "TopicName") => Ok(Value::from(physical.rsplit(':').next().unwrap_or(physical))),
            _ => Err(unknown()),
        }
    }

    fn condition(&self, name: &str) -> Result<bool, TemplateError> {
        Err(only_cloudformation(&format!("whether the condition {name} holds")))
    }

    fn mapping(&self, map: &str, top: &str, second: &str) -> Mapped {
        let Some(map) = self.template.get("Mappings").and_then(|maps| maps.get(map)) else { return Mapped::NoMap };
        map.get(top).and_then(|entry| entry.get(second)).map_or(Mapped::NoEntry, |value| Mapped::Value(value.clone()))
    }

    fn import(&self, name: &str) -> Result<Value, TemplateError> {
        Err(only_cloudformation(&format!("the export {name}")))
    }

    fn zones(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn dynamic(&self, text: &str) -> Result<String, TemplateError> {
        Err(only_cloudformation(text))
    }
}

#[cfg(test)]
pub(super) mod fixture {
    use super::*;

    static NOTHING: BTreeMap<String, String> = BTreeMap::new();

    /// Resources that stand: logical id, physical id, type.
    pub fn resources(all: &[(&str, &str, &str)]) -> Vec<StackResource> {
        let resource = |(id, physical, kind): &(&str, &str, &str)| StackResource {
            logical_id: (*id).into(),
            physical_id: Some((*physical).into()),
            kind: (*kind).into(),
            status: "CREATE_COMPLETE".into(),
        };
        all.iter().map(resource).collect()
    }

    /// A template in the account 000000000000 and the region us-east-1.
    pub fn known<'a>(template: &'a Value, resources: &'a [StackResource]) -> Known<'a> {
        Known {
            template,
            region: "us-east-1",
            account: Some("000000000000"),
            partition: "aws",
            stack_name: "s",
            stack_id: None,
            parameters: &NOTHING,
            resources,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixture;
    use serde_json::json;

    #[test]
    fn what_stands_is_known_and_what_does_not_is_named() {
        let template = json!({"Resources": {
            "Users": {"Type": "AWS::DynamoDB::Table"}, "Api": {"Type": "AWS::ApiGateway::RestApi"},
        }});
        let resources = fixture::resources(&[
            ("Users", "users-dev", "AWS::DynamoDB::Table"),
            ("Api", "a1", "AWS::ApiGateway::RestApi"),
        ]);
        let known = fixture::known(&template, &resources);
        let value = json!({"Fn::Sub": "${Users} ${Users.Arn} ${AWS::Region}"});
        assert_eq!(
            known.value(&value).unwrap(),
            Some(json!("users-dev arn:aws:dynamodb:us-east-1:000000000000:table/users-dev us-east-1"))
        );
        let error = known.value(&json!({"Fn::GetAtt": ["Api", "RootResourceId"]})).unwrap_err();
        assert!(error.to_string().contains("only CloudFormation knows Api.RootResourceId"), "{error}");
        assert!(known.value(&json!({"Ref": "Nobody"})).is_err());
    }
}
