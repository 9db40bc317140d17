//! CloudFormation, as planning and applying see it.

use aws_sdk_cloudformation::types;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::Clients;
use super::error::{AwsError, from_sdk};
use crate::apply::{EventPage, Operations, ResourceEvent};
use crate::plan::{
    Action, Change, ChangeSetKind, ChangeSetPage, ChangeSetRequest, Deployed, Detail, Import, Replacement,
    RollbackTriggers, StackOutput, StackResource, Stacks, Status, TemplateSource,
};

/// How many pages of a list are read at most.
pub(super) const MAX_PAGES: usize = 100;

impl Stacks for Clients {
    async fn stack(&self, stack: &str) -> Result<Option<Deployed>, AwsError> {
        let answer = match self.cloudformation.describe_stacks().stack_name(stack).send().await {
            Ok(answer) => answer,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(from_sdk("DescribeStacks")(error)),
        };
        Ok(answer.stacks.unwrap_or_default().into_iter().next().map(deployed))
    }

    async fn template(&self, stack: &str) -> Result<String, AwsError> {
        let request = self.cloudformation.get_template().stack_name(stack);
        let request = request.template_stage(types::TemplateStage::Original);
        let answer = request.send().await.map_err(from_sdk("GetTemplate"))?;
        answer.template_body.ok_or_else(|| AwsError::garbled("GetTemplate", "no template in it"))
    }

    async fn stack_policy(&self, stack: &str) -> Result<Option<String>, AwsError> {
        let answer = self.cloudformation.get_stack_policy().stack_name(stack).send().await;
        Ok(answer.map_err(from_sdk("GetStackPolicy"))?.stack_policy_body)
    }

    async fn create_change_set(&self, request: &ChangeSetRequest) -> Result<String, AwsError> {
        let ChangeSetRequest { stack, name, kind, template, settings, imports } = request;
        let call = self.cloudformation.create_change_set().stack_name(stack).change_set_name(name);
        // A call whose answer was lost is sent again and must not make a second one; a change set's name comes once.
        let call = call.client_token(name).change_set_type(match kind {
            ChangeSetKind::Create => types::ChangeSetType::Create,
            ChangeSetKind::Update => types::ChangeSetType::Update,
            ChangeSetKind::Import => types::ChangeSetType::Import,
        });
        let call = match template {
            TemplateSource::Inline(text) => call.template_body(text),
            TemplateSource::Url(url) => call.template_url(url),
        };
        let parameters = settings
            .parameters
            .iter()
            .map(|(key, value)| types::Parameter::builder().parameter_key(key).parameter_value(value).build());
        let kept = settings.previous_parameters.iter();
        let kept = kept.map(|key| types::Parameter::builder().parameter_key(key).use_previous_value(true).build());
        let parameters = parameters.chain(kept);
        let tags = settings.tags.iter().map(|(key, value)| types::Tag::builder().key(key).value(value).build());
        let capabilities = settings.capabilities.iter().map(|word| types::Capability::from(word.as_str()));
        let topics = (!settings.notification_arns.is_empty()).then(|| settings.notification_arns.clone());
        let imports: Vec<types::ResourceToImport> = imports.iter().map(import).collect();
        let call = call
            .set_resources_to_import((!imports.is_empty()).then_some(imports))
            .set_parameters(Some(parameters.collect()))
            .set_tags(Some(tags.collect()))
            .set_capabilities(Some(capabilities.collect()))
            .set_role_arn(settings.role_arn.clone())
            .set_notification_arns(topics)
            .set_rollback_configuration(settings.rollback.as_ref().map(triggers));
        let answer = call.send().await.map_err(from_sdk("CreateChangeSet"))?;
        answer.id.ok_or_else(|| AwsError::garbled("CreateChangeSet", "no id in it"))
    }

    async fn change_set(&self, change_set: &str, page: Option<&str>) -> Result<ChangeSetPage, AwsError> {
        let call = self.cloudformation.describe_change_set().change_set_name(change_set);
        let call = call.include_property_values(true).set_next_token(page.map(str::to_owned));
        let answer = call.send().await.map_err(from_sdk("DescribeChangeSet"))?;
        let changes = answer.changes.unwrap_or_default();
        Ok(ChangeSetPage {
            stack_id: answer.stack_id,
            status: answer.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
            status_reason: answer.status_reason,
            execution_status: answer.execution_status.map(|status| status.as_str().to_owned()),
            changes: changes.into_iter().filter_map(|entry| entry.resource_change).map(change).collect(),
            next: answer.next_token,
        })
    }

    async fn change_set_failures(&self, change_set: &str) -> Result<Vec<String>, AwsError> {
        let mut reasons = Vec::new();
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let call = self.cloudformation.describe_events().change_set_name(change_set).set_next_token(next);
            let answer = call.send().await.map_err(from_sdk("DescribeEvents"))?;
            reasons.extend(answer.operation_events.unwrap_or_default().iter().filter_map(validation_failure));
            next = answer.next_token;
            if next.is_none() {
                break;
            }
        }
        Ok(reasons)
    }

    async fn delete_change_set(&self, change_set: &str) -> Result<(), AwsError> {
        let call = self.cloudformation.delete_change_set().change_set_name(change_set);
        match call.send().await {
            // It is what was wanted: an answer was lost, or the stack went first.
            Err(error) if error.as_service_error().is_some_and(|error| error.code() == Some("ChangeSetNotFound")) => {
                Ok(())
            }
            answer => answer.map(|_| ()).map_err(from_sdk("DeleteChangeSet")),
        }
    }
}

impl Operations for Clients {
    async fn execute_change_set(&self, change_set: &str, token: &str, disable_rollback: bool) -> Result<(), AwsError> {
        let call = self.cloudformation.execute_change_set().change_set_name(change_set).client_request_token(token);
        let call = call.set_disable_rollback(disable_rollback.then_some(true));
        call.send().await.map(|_| ()).map_err(from_sdk("ExecuteChangeSet"))
    }

    async fn delete_stack(
        &self,
        stack: &str,
        token: &str,
        retain: &[String],
        role_arn: Option<&str>,
    ) -> Result<(), AwsError> {
        let call = self.cloudformation.delete_stack().stack_name(stack).client_request_token(token);
        let retain = (!retain.is_empty()).then(|| retain.to_vec());
        let call = call.set_retain_resources(retain).set_role_arn(role_arn.map(str::to_owned));
        call.send().await.map(|_| ()).map_err(from_sdk("DeleteStack"))
    }

    async fn cancel_update(&self, stack: &str) -> Result<(), AwsError> {
        let call = self.cloudformation.cancel_update_stack().stack_name(stack);
        call.send().await.map(|_| ()).map_err(from_sdk("CancelUpdateStack"))
    }

    async fn continue_rollback(
        &self,
        stack: &str,
        token: &str,
        skip: &[String],
        role_arn: Option<&str>,
    ) -> Result<(), AwsError> {
        let call = self.cloudformation.continue_update_rollback().stack_name(stack).client_request_token(token);
        let skip = (!skip.is_empty()).then(|| skip.to_vec());
        let call = call.set_resources_to_skip(skip).set_role_arn(role_arn.map(str::to_owned));
        call.send().await.map(|_| ()).map_err(from_sdk("ContinueUpdateRollback"))
    }

    async fn set_stack_policy(&self, stack: &str, policy: &str) -> Result<(), AwsError> {
        let call = self.cloudformation.set_stack_policy().stack_name(stack).stack_policy_body(policy);
        call.send().await.map(|_| ()).map_err(from_sdk("SetStackPolicy"))
    }

    async fn set_termination_protection(&self, stack: &str, protected: bool) -> Result<(), AwsError> {
        let call = self.cloudformation.update_termination_protection().stack_name(stack);
        let call = call.enable_termination_protection(protected);
        call.send().await.map(|_| ()).map_err(from_sdk("UpdateTerminationProtection"))
    }

    async fn events(&self, stack: &str, page: Option<&str>) -> Result<EventPage, AwsError> {
        let call = self.cloudformation.describe_stack_events().stack_name(stack);
        let answer = match call.set_next_token(page.map(str::to_owned)).send().await {
            Ok(answer) => answer,
            // A stack that only has a change set may have no events yet.
            Err(error) if is_absent(&error) && page.is_none() => return Ok(EventPage::default()),
            Err(error) => return Err(from_sdk("DescribeStackEvents")(error)),
        };
        let events = answer.stack_events.unwrap_or_default().into_iter().map(event).collect();
        Ok(EventPage { events, next: answer.next_token })
    }

    async fn resources(&self, stack: &str) -> Result<Vec<StackResource>, AwsError> {
        let mut resources = Vec::new();
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let call = self.cloudformation.list_stack_resources().stack_name(stack).set_next_token(next);
            let answer = call.send().await.map_err(from_sdk("ListStackResources"))?;
            resources.extend(answer.stack_resource_summaries.unwrap_or_default().into_iter().map(resource));
            next = answer.next_token;
            if next.is_none() {
                return Ok(resources);
            }
        }
        Err(AwsError::garbled("ListStackResources", format!("more than {MAX_PAGES} pages")))
    }
}

impl Clients {
    /// The names of all stacks of the account and region.
    ///
    /// # Errors
    /// What the cloud answers.
    pub async fn stacks(&self) -> Result<Vec<String>, AwsError> {
        let mut names = Vec::new();
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let call = self.cloudformation.describe_stacks().set_next_token(next);
            let answer = call.send().await.map_err(from_sdk("DescribeStacks"))?;
            names.extend(answer.stacks.unwrap_or_default().into_iter().filter_map(|stack| stack.stack_name));
            next = answer.next_token;
            if next.is_none() {
                return Ok(names);
            }
        }
        Err(AwsError::garbled("DescribeStacks", format!("more than {MAX_PAGES} pages")))
    }
}

/// Observed: a name that no stack has is answered as a `ValidationError` that ends in `does not exist`.
fn is_absent<E: ProvideErrorMetadata, R>(error: &aws_smithy_runtime_api::client::result::SdkError<E, R>) -> bool {
    let Some(error) = error.as_service_error() else { return false };
    error.code() == Some("ValidationError") && error.message().is_some_and(|message| message.contains("does not exist"))
}

fn deployed(stack: types::Stack) -> Deployed {
    let outputs = stack.outputs.unwrap_or_default().into_iter().map(|output| StackOutput {
        key: output.output_key.unwrap_or_default(),
        value: output.output_value.unwrap_or_default(),
        description: output.description,
    });
    let parameters = stack.parameters.unwrap_or_default().into_iter();
    let tags = stack.tags.unwrap_or_default().into_iter();
    let changed_at = stack.last_updated_time.or(stack.creation_time);
    Deployed {
        changed_at: changed_at.map(|_| timestamp(changed_at.as_ref()).to_string()),
        change_set_id: stack.change_set_id,
        id: stack.stack_id.unwrap_or_default(),
        name: stack.stack_name.unwrap_or_default(),
        status: Status::new(stack.stack_status.map(|status| status.as_str().to_owned()).unwrap_or_default()),
        status_reason: stack.stack_status_reason,
        outputs: outputs.collect(),
        parameters: parameters.filter_map(|entry| Some((entry.parameter_key?, entry.parameter_value?))).collect(),
        tags: tags.filter_map(|tag| Some((tag.key?, tag.value?))).collect(),
        termination_protection: stack.enable_termination_protection.unwrap_or_default(),
    }
}

fn import(import: &Import) -> types::ResourceToImport {
    types::ResourceToImport::builder()
        .resource_type(&import.kind)
        .logical_resource_id(&import.logical_id)
        .set_resource_identifier(Some(import.identifier.clone().into_iter().collect()))
        .build()
}

fn triggers(rollback: &RollbackTriggers) -> types::RollbackConfiguration {
    let triggers =
        rollback.triggers.iter().map(|(arn, kind)| types::RollbackTrigger::builder().arn(arn).r#type(kind).build());
    types::RollbackConfiguration::builder()
        .set_monitoring_time_in_minutes(rollback.monitoring_minutes)
        .set_rollback_triggers(Some(triggers.collect()))
        .build()
}

fn change(entry: types::ResourceChange) -> Change {
    Change {
        action: match entry.action {
            Some(types::ChangeAction::Add) => Action::Add,
            Some(types::ChangeAction::Remove) => Action::Remove,
            Some(types::ChangeAction::Import) => Action::Import,
            Some(types::ChangeAction::Dynamic) => Action::Dynamic,
            _ => Action::Modify,
        },
        logical_id: entry.logical_resource_id.unwrap_or_default(),
        physical_id: entry.physical_resource_id,
        kind: entry.resource_type.unwrap_or_default(),
        replacement: match entry.replacement {
            Some(types::Replacement::True) => Replacement::Yes,
            Some(types::Replacement::Conditional) => Replacement::Conditional,
            _ => Replacement::No,
        },
        policy_action: entry.policy_action.map(|policy| policy.as_str().to_owned()),
        details: entry.details.unwrap_or_default().into_iter().map(detail).collect(),
    }
}

fn detail(entry: types::ResourceChangeDetail) -> Detail {
    let source = entry.change_source.map(|source| source.as_str().to_owned());
    let causing_entity = entry.causing_entity;
    let Some(target) = entry.target else { return Detail { source, causing_entity, ..Detail::default() } };
    Detail {
        attribute: target.attribute.map(|attribute| attribute.as_str().to_owned()).unwrap_or_default(),
        name: target.name,
        path: target.path,
        requires_recreation: target.requires_recreation.map(|word| word.as_str().to_owned()),
        source,
        causing_entity,
        before: target.before_value,
        after: target.after_value,
    }
}

/// What a validation of a change set found, in CloudFormation's words.
fn validation_failure(event: &types::OperationEvent) -> Option<String> {
    let failed = matches!(event.validation_status, Some(types::ValidationStatus::Failed))
        || event.resource_status.as_ref().is_some_and(|status| status.as_str().ends_with("_FAILED"));
    if !failed {
        return None;
    }
    let reason = event.validation_status_reason.as_ref().or(event.resource_status_reason.as_ref())?;
    let what = [event.logical_resource_id.as_deref(), event.validation_path.as_deref()];
    let what: Vec<&str> = what.into_iter().flatten().collect();
    Some(match what.is_empty() {
        true => reason.clone(),
        false => format!("{}: {reason}", what.join(" ")),
    })
}

fn event(entry: types::StackEvent) -> ResourceEvent {
    let of_stack = entry.physical_resource_id == entry.stack_id;
    ResourceEvent {
        id: entry.event_id.unwrap_or_default(),
        logical_id: entry.logical_resource_id.unwrap_or_default(),
        physical_id: entry.physical_resource_id,
        kind: entry.resource_type.unwrap_or_default(),
        status: entry.resource_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        reason: entry.resource_status_reason,
        at: timestamp(entry.timestamp.as_ref()),
        token: entry.client_request_token,
        of_stack,
    }
}

fn resource(entry: types::StackResourceSummary) -> StackResource {
    StackResource {
        logical_id: entry.logical_resource_id.unwrap_or_default(),
        physical_id: entry.physical_resource_id,
        kind: entry.resource_type.unwrap_or_default(),
        status: entry.resource_status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
    }
}

/// A time of AWS; the epoch when there is none or it is out of range.
pub(super) fn timestamp(time: Option<&aws_smithy_types::DateTime>) -> Timestamp {
    let millis = time.and_then(|time| time.to_millis().ok());
    millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()).unwrap_or_default()
}
