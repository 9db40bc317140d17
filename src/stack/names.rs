//! Names that the stack gives: of functions, of machines, of the stack itself.

use super::provider::DeploymentBucketChoice;
use super::state_machine::StateMachine;
use super::{Function, Named, Stack};

/// A key as part of a logical id: the first letter upper case, `-` as `Dash`, `_` as `Underscore`.
pub fn normalized(key: &str) -> String {
    let text = key.replace('-', "Dash").replace('_', "Underscore");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

impl Stack {
    /// The stack's name: `provider.stackName`, else the service and the stage.
    pub fn stack_name(&self) -> String {
        match &self.provider.stack_name {
            Some(name) => name.text.clone(),
            None => format!("{}-{}", self.service, self.stage),
        }
    }

    /// How many deployments before the current one keep their files in the deployment bucket.
    ///
    /// Source: the Serverless Framework's documentation of `maxPreviousDeploymentArtifacts`, 5 unless given.
    pub fn kept_deployments(&self) -> usize {
        let given = match &self.provider.deployment_bucket {
            Some(DeploymentBucketChoice::Settings(settings)) => settings.max_previous,
            _ => self.provider.deployment_bucket_object.as_ref().and_then(|settings| settings.max_previous),
        };
        given.and_then(|whole| usize::try_from(whole.value).ok()).unwrap_or(5)
    }

    /// The deployed name of a function.
    pub fn function_name(&self, function: &Named<Function>) -> String {
        match &function.value.name {
            Some(name) => name.text.clone(),
            None => format!("{}-{}-{}", self.service, self.stage, function.name),
        }
    }

    /// The logical id of a function.
    pub fn function_id(&self, key: &str) -> String {
        format!("{}LambdaFunction", normalized(key))
    }

    /// The logical id of a machine: its `id`, its `name`, else made from its key.
    pub fn machine_id(&self, machine: &Named<StateMachine>) -> String {
        let named = machine.value.name.as_ref().and_then(|name| name.as_str());
        match (&machine.value.id, named) {
            (Some(id), _) => normalized(&id.text),
            (None, Some(name)) => alphanumeric(&normalized(name)),
            (None, None) => format!("{}StepFunctionsStateMachine", normalized(&machine.name)),
        }
    }

    /// The name of the stack's output that holds a machine's ARN.
    pub fn machine_output(&self, machine: &Named<StateMachine>) -> String {
        format!("{}Arn", self.machine_id(machine))
    }
}

fn alphanumeric(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}
