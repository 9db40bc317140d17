//! What a stack consists of for those who use it: endpoints, functions, machines, tables.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::endpoint::{Endpoint, Protocol, endpoints};
use crate::apply::{Operations, StackResource};
use crate::aws::AwsError;
use crate::plan::Deployed;

/// What a stack consists of for those who use it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    pub stack: String,
    pub status: String,
    pub endpoints: Vec<Address>,
    pub functions: Vec<Named>,
    pub machines: Vec<Named>,
    pub tables: Vec<Named>,
    pub buckets: Vec<Named>,
    pub outputs: BTreeMap<String, String>,
}

/// An endpoint with its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Address {
    pub method: String,
    pub url: String,
    /// What it leads to, as the configuration calls it.
    pub target: Option<String>,
    /// `function` or `state machine`.
    pub target_kind: Option<&'static str>,
    /// Id and stage of the REST API behind it.
    #[serde(skip)]
    pub rest_stage: Option<(String, String)>,
}

/// A resource with its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// As the configuration calls it; the logical id where it does not.
    pub key: String,
    pub name: String,
    pub arn: String,
}

/// What a stack consists of. `keys` tells how the configuration calls a logical id.
///
/// # Errors
/// What the cloud answers.
pub async fn overview(
    cloud: &impl Operations,
    stack: &Deployed,
    region: &str,
    local_endpoint: Option<&str>,
    keys: &BTreeMap<String, String>,
) -> Result<Overview, AwsError> {
    let (resources, template) = tokio::try_join!(cloud.resources(&stack.id), cloud.template(&stack.id))?;
    let template: Value = serde_json::from_str(&template).unwrap_or_default();
    Ok(overview_of(stack, &resources, &template, region, local_endpoint, keys))
}

/// The same, of resources and a template that are known.
pub fn overview_of(
    stack: &Deployed,
    resources: &[StackResource],
    template: &Value,
    region: &str,
    local_endpoint: Option<&str>,
    keys: &BTreeMap<String, String>,
) -> Overview {
    let view = View { stack, region, local_endpoint, keys, resources };
    Overview {
        stack: stack.name.clone(),
        status: stack.status.to_string(),
        endpoints: view.endpoints(template),
        functions: view.named("AWS::Lambda::Function"),
        machines: view.named("AWS::StepFunctions::StateMachine"),
        tables: view.named("AWS::DynamoDB::Table"),
        buckets: view.named("AWS::S3::Bucket"),
        outputs: stack.outputs.iter().map(|output| (output.key.clone(), output.value.clone())).collect(),
    }
}

struct View<'a> {
    stack: &'a Deployed,
    region: &'a str,
    local_endpoint: Option<&'a str>,
    keys: &'a BTreeMap<String, String>,
    resources: &'a [StackResource],
}

impl View<'_> {
    fn endpoints(&self, template: &Value) -> Vec<Address> {
        let found = endpoints(template);
        // A stack whose update was rolled back has a template with more than what stands.
        found.iter().filter_map(|endpoint| self.address(endpoint)).collect()
    }

    fn address(&self, endpoint: &Endpoint) -> Option<Address> {
        let api = self.physical(&endpoint.api)?;
        let base = self.base(endpoint.protocol, api, &endpoint.stage);
        let target = endpoint.target.as_ref();
        Some(Address {
            method: endpoint.method.clone(),
            url: match endpoint.protocol {
                Protocol::Websocket => base,
                _ => format!("{base}{}", endpoint.path),
            },
            target: target.map(|(id, _)| self.key(id)),
            target_kind: target.map(|(_, kind)| match kind.as_str() {
                "AWS::StepFunctions::StateMachine" => "state machine",
                _ => "function",
            }),
            rest_stage: (endpoint.protocol == Protocol::Rest).then(|| (api.to_owned(), endpoint.stage.clone())),
        })
    }

    fn base(&self, protocol: Protocol, api: &str, stage: &str) -> String {
        let scheme = if protocol == Protocol::Websocket { "wss" } else { "https" };
        let base = match self.local_endpoint {
            Some(endpoint) => format!("{endpoint}/_aws/execute-api/{api}"),
            None => {
                let suffix = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
                format!("{scheme}://{api}.execute-api.{}.{suffix}", self.region)
            }
        };
        match (stage, self.local_endpoint) {
            ("$default", None) => base,
            _ => format!("{base}/{stage}"),
        }
    }

    fn named(&self, kind: &str) -> Vec<Named> {
        let of_kind = self.resources.iter().filter(|resource| resource.kind == kind && stands(resource));
        of_kind
            .filter_map(|resource| {
                let physical = resource.physical_id.as_deref()?;
                let name = if physical.starts_with("arn:") { physical.rsplit(':').next()? } else { physical };
                let (name, arn) = (name.to_owned(), self.arn(kind, physical));
                Some(Named { key: self.key(&resource.logical_id), name, arn })
            })
            .collect()
    }

    fn arn(&self, kind: &str, physical: &str) -> String {
        if physical.starts_with("arn:") {
            return physical.to_owned();
        }
        let (partition, region, account) = (self.stack.partition(), self.region, self.stack.account());
        match kind {
            "AWS::Lambda::Function" => format!("arn:{partition}:lambda:{region}:{account}:function:{physical}"),
            "AWS::DynamoDB::Table" => format!("arn:{partition}:dynamodb:{region}:{account}:table/{physical}"),
            _ => format!("arn:{partition}:s3:::{physical}"),
        }
    }

    fn key(&self, logical_id: &str) -> String {
        self.keys.get(logical_id).cloned().unwrap_or_else(|| logical_id.to_owned())
    }

    fn physical(&self, logical_id: &str) -> Option<&str> {
        let resource = self.resources.iter().find(|resource| resource.logical_id == logical_id && stands(resource))?;
        resource.physical_id.as_deref()
    }
}

fn stands(resource: &StackResource) -> bool {
    !matches!(resource.status.as_str(), "DELETE_COMPLETE" | "CREATE_FAILED") && resource.physical_id.is_some()
}
