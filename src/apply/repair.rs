//! Mends stacks that take no deployment any more.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::begun_by::token;
use super::deploy::{deployment_bucket, execute, failure, made, watch};
use super::failure::{ApplyFailure, Doing};
use super::history::deployment_key;
use super::keep::DEPLOYMENT_BUCKET;
use super::remove::empty;
use super::{Event, Manner, Objects, Operations, ResourceEvent, Since};
use crate::aws::AwsError;
use crate::plan::{
    ChangeSetKind, ChangeSetRequest, Condition, Deployed, INLINE_TEMPLATE_LIMIT, Import, Plan, StackSettings, Taken,
    TemplateSource,
};

/// How many pages of events are read to find why resources failed; a page has a hundred.
const MAX_PAGES: usize = 10;

/// What a stack suffers from, with what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A change set was made for a stack that was never created: both go.
    DropReview,
    /// Its creation failed: what is left of it is deleted.
    DeleteStillborn,
    /// Its deletion failed: it is deleted again, and these resources stay behind.
    DeleteAgain { retain: Vec<Stuck> },
    /// An update failed and so did going back: going back goes on, and these resources count as gone back.
    ContinueRollback { skip: Vec<Stuck>, retry: Vec<Stuck> },
    /// Something in the account has the name of a new resource: the stack takes it in.
    Import(Vec<Taken>),
    /// Something in the account has the name of a new resource, and a stack cannot take it in.
    InTheWay(Vec<Taken>),
}

/// A resource that does not move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    pub logical_id: String,
    pub kind: String,
    /// In the cloud's words.
    pub reason: String,
}

/// What the status of a stack calls for. `skip` names resources to be left out of the way back, beside those that are
/// gone.
///
/// # Errors
/// What the cloud answers.
pub async fn remedy(cloud: &impl Operations, stack: &Deployed, skip: &[String]) -> Result<Option<Remedy>, AwsError> {
    Ok(match stack.status.condition() {
        Condition::OnlyReviewed => Some(Remedy::DropReview),
        Condition::Stillborn => Some(Remedy::DeleteStillborn),
        Condition::HalfDeleted => {
            let mut retain = stuck(cloud, stack, "DELETE_FAILED").await?;
            // The bucket of artifacts is emptied and goes: nobody would ever look into it again.
            retain.retain(|one| one.logical_id != DEPLOYMENT_BUCKET);
            Some(Remedy::DeleteAgain { retain })
        }
        Condition::Stuck => {
            let failed = stuck(cloud, stack, "UPDATE_FAILED").await?;
            let (skip, retry) =
                failed.into_iter().partition(|one| skip.contains(&one.logical_id) || is_gone(&one.reason));
            Some(Remedy::ContinueRollback { skip, retry })
        }
        Condition::Ready | Condition::Busy | Condition::Gone => None,
    })
}

/// Whether a reason says that there is nothing any more that could go back.
fn is_gone(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    ["not found", "does not exist", "notfound", "nosuch", "no longer exists", "404"]
        .iter()
        .any(|words| reason.contains(words))
}

/// The resources of a stack that have a status, with the newest reason for a failure.
async fn stuck(cloud: &impl Operations, stack: &Deployed, status: &str) -> Result<Vec<Stuck>, AwsError> {
    let mut reasons: BTreeMap<String, String> = BTreeMap::new();
    let mut page = None;
    for _ in 0..MAX_PAGES {
        let answer = cloud.events(&stack.id, page.as_deref()).await?;
        let failed = answer.events.iter().filter(|event| event.status.ends_with("_FAILED") && !event.of_stack);
        for ResourceEvent { logical_id, reason, .. } in failed {
            // The newest event comes first.
            reasons.entry(logical_id.clone()).or_insert_with(|| reason.clone().unwrap_or_default());
        }
        page = answer.next;
        if page.is_none() {
            break;
        }
    }
    let resources = cloud.resources(&stack.id).await?.into_iter().filter(|resource| resource.status == status);
    let stuck = resources.map(|resource| Stuck {
        reason: reasons.get(&resource.logical_id).cloned().unwrap_or_default(),
        logical_id: resource.logical_id,
        kind: resource.kind,
    });
    Ok(stuck.collect())
}

/// Carries out what the status of a stack calls for.
///
/// # Errors
/// [`ApplyFailure::Stack`] with the first cause when it does not help.
pub async fn mend<C: Operations + Objects>(
    cloud: &C,
    stack: &Deployed,
    remedy: &Remedy,
    role_arn: Option<&str>,
    manner: &Manner<'_>,
) -> Result<(), ApplyFailure> {
    match remedy {
        Remedy::DropReview | Remedy::DeleteStillborn => delete(cloud, stack, &[], role_arn, manner).await,
        Remedy::DeleteAgain { retain } => delete(cloud, stack, retain, role_arn, manner).await,
        Remedy::ContinueRollback { skip, .. } => go_back(cloud, stack, skip, role_arn, manner).await,
        Remedy::Import(_) | Remedy::InTheWay(_) => Ok(()),
    }
}

fn ids(stuck: &[Stuck]) -> Vec<String> {
    stuck.iter().map(|one| one.logical_id.clone()).collect()
}

async fn delete<C: Operations + Objects>(
    cloud: &C,
    stack: &Deployed,
    retain: &[Stuck],
    role_arn: Option<&str>,
    manner: &Manner<'_>,
) -> Result<(), ApplyFailure> {
    if stack.termination_protection {
        return Err(ApplyFailure::Protected { stack: stack.name.clone() });
    }
    if stack.status.condition() != Condition::OnlyReviewed {
        empty_deployment_bucket(cloud, stack, manner).await?;
    }
    let since = Since::now(cloud, &stack.id).await?;
    cloud.delete_stack(&stack.id, &token(&manner.who, "Repair", manner.now), &ids(retain), role_arn).await?;
    if stack.status.condition() == Condition::OnlyReviewed {
        // Nothing was made, so there is nothing to follow.
        return Ok(());
    }
    (manner.tell)(Event::Begun { stack: stack.name.clone(), resources: None });
    let ended = watch(cloud, &stack.id, since, false, manner).await?;
    match ended.status.condition() {
        Condition::Gone => Ok(()),
        _ => Err(failure(&stack.name, Doing::Delete, ended, &BTreeMap::new())),
    }
}

/// A bucket that is not empty would stop the deletion.
async fn empty_deployment_bucket<C: Operations + Objects>(
    cloud: &C,
    stack: &Deployed,
    manner: &Manner<'_>,
) -> Result<(), ApplyFailure> {
    let resources = cloud.resources(&stack.id).await?;
    let own = resources.into_iter().find(|one| one.logical_id == DEPLOYMENT_BUCKET && one.status != "DELETE_COMPLETE");
    let Some(bucket) = own.and_then(|one| one.physical_id).filter(|id| !id.is_empty()) else { return Ok(()) };
    (manner.tell)(Event::Emptying { buckets: vec![bucket.clone()] });
    let objects = empty(cloud, &bucket, "").await?;
    (manner.tell)(Event::Emptied { bucket, objects });
    Ok(())
}

async fn go_back<C: Operations>(
    cloud: &C,
    stack: &Deployed,
    skip: &[Stuck],
    role_arn: Option<&str>,
    manner: &Manner<'_>,
) -> Result<(), ApplyFailure> {
    let since = Since::now(cloud, &stack.id).await?;
    cloud.continue_rollback(&stack.id, &token(&manner.who, "Repair", manner.now), &ids(skip), role_arn).await?;
    (manner.tell)(Event::Begun { stack: stack.name.clone(), resources: None });
    let ended = watch(cloud, &stack.id, since, false, manner).await?;
    match ended.status.condition() {
        Condition::Ready => Ok(()),
        _ => Err(failure(&stack.name, Doing::Update, ended, &BTreeMap::new())),
    }
}

/// Takes what stands in the way into the stack; the next deployment makes it as the template says.
///
/// # Errors
/// Those of every change set.
///
/// Source: AWS CloudFormation User Guide, "Import AWS resources into a CloudFormation stack": nothing else may change,
/// and every imported resource needs a DeletionPolicy.
pub async fn import<C: Operations + Objects>(
    cloud: &C,
    plan: &Plan,
    taken: &[Taken],
    manner: &Manner<'_>,
) -> Result<(), ApplyFailure> {
    let standing = plan.deployed.as_ref().filter(|stack| stack.status.condition() == Condition::Ready);
    let wanted: Value = serde_json::from_str(&plan.template).unwrap_or_default();
    let text = importing(standing.and(plan.before.as_ref()), &wanted, taken).to_string();
    let template = match text.len() {
        0..=INLINE_TEMPLATE_LIMIT => TemplateSource::Inline(text),
        _ => {
            let bucket = deployment_bucket(cloud, &plan.bucket, standing, &plan.stack_name).await?;
            let key = deployment_key(&format!("{}/import", plan.prefix), manner.now);
            cloud.put_text(&bucket, &key, &text).await?;
            TemplateSource::Url(cloud.object_url(&bucket, &key))
        }
    };
    let settings = match standing {
        Some(stack) => StackSettings {
            previous_parameters: stack.parameters.keys().cloned().collect(),
            tags: stack.tags.clone(),
            ..StackSettings::default()
        },
        None => StackSettings { tags: plan.settings.tags.clone(), ..StackSettings::default() },
    };
    let request = ChangeSetRequest {
        stack: plan.stack_name.clone(),
        name: format!("deploy-import-{}", manner.now.as_millisecond()),
        kind: ChangeSetKind::Import,
        template,
        settings: StackSettings {
            capabilities: plan.settings.capabilities.clone(),
            role_arn: plan.settings.role_arn.clone(),
            ..settings
        },
        imports: taken.iter().map(identified).collect(),
    };
    let made = made(cloud, &request, manner).await?;
    let (doing, settings) = ((plan.stack_name.as_str(), Doing::Update), &request.settings);
    execute(cloud, made, standing, doing, settings, &plan.places, manner).await.map(|_| ())
}

fn identified(taken: &Taken) -> Import {
    Import {
        logical_id: taken.logical_id.clone(),
        kind: taken.kind.clone(),
        identifier: BTreeMap::from([(taken.property.to_owned(), taken.name.clone())]),
    }
}

/// The template of a stack, with the resources that it takes in and nothing else new.
fn importing(before: Option<&Value>, wanted: &Value, taken: &[Taken]) -> Value {
    let mut template = before.cloned().unwrap_or_else(|| json!({"Resources": {}}));
    for one in taken {
        let Some(mut resource) = wanted.pointer(&format!("/Resources/{}", one.logical_id)).cloned() else { continue };
        if let Some(attributes) = resource.as_object_mut() {
            attributes.remove("DependsOn");
            attributes.entry("DeletionPolicy").or_insert_with(|| json!("Retain"));
        }
        template["Resources"][&one.logical_id] = resource;
    }
    template
}

impl Remedy {
    /// Whether it leaves resources out of the way back that the one before did not.
    pub fn skips_more_than(&self, before: &Remedy) -> bool {
        match (self, before) {
            (Remedy::ContinueRollback { skip, .. }, Remedy::ContinueRollback { skip: before, .. }) => {
                skip.iter().any(|one| before.iter().all(|known| known.logical_id != one.logical_id))
            }
            _ => false,
        }
    }

    /// What counts as gone back without having gone back.
    pub fn skipped(&self) -> &[Stuck] {
        match self {
            Remedy::ContinueRollback { skip, .. } => skip,
            _ => &[],
        }
    }

    /// What is done, a line each.
    pub fn words(&self) -> Vec<String> {
        match self {
            Remedy::DropReview => vec!["drop a change set that was never executed, and the empty stack around it".to_owned()],
            Remedy::DeleteStillborn => {
                vec!["delete what is left of a creation that failed; what a DeletionPolicy keeps stays".to_owned()]
            }
            Remedy::DeleteAgain { retain } => std::iter::once("delete the stack again".to_owned())
                .chain(retain.iter().map(|one| format!("leave behind {} ({}): {}", one.logical_id, one.kind, one.reason)))
                .collect(),
            Remedy::ContinueRollback { skip, retry } => std::iter::once("continue the way back".to_owned())
                .chain(skip.iter().map(|one| format!("skip {} ({}): {}", one.logical_id, one.kind, one.reason)))
                .chain(retry.iter().map(|one| format!("try {} ({}) again: {}", one.logical_id, one.kind, one.reason)))
                .collect(),
            Remedy::Import(taken) => taken
                .iter()
                .map(|one| format!("take the {} `{}` into the stack as `{}`", one.kind, one.name, one.logical_id))
                .collect(),
            Remedy::InTheWay(taken) => taken
                .iter()
                .map(|one| {
                    format!(
                        "left alone: the {} `{}` has the name of `{}`, and a stack cannot take it in; remove or rename it",
                        one.kind, one.name, one.logical_id
                    )
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_resources_in_the_way_are_imported_and_nothing_else_changes() {
        let before = json!({"Resources": {"F": {"Type": "AWS::Lambda::Function"}}});
        let wanted = json!({"Resources": {
            "F": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 9}},
            "Users": {"Type": "AWS::DynamoDB::Table", "DependsOn": "F", "Properties": {"TableName": "users"}},
        }});
        let taken = Taken {
            logical_id: "Users".into(),
            kind: "AWS::DynamoDB::Table".into(),
            property: "TableName",
            name: "users".into(),
            place: None,
        };
        let template = importing(Some(&before), &wanted, std::slice::from_ref(&taken));
        assert_eq!(
            template,
            json!({"Resources": {
                "F": {"Type": "AWS::Lambda::Function"},
                "Users": {
                    "Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "users"}, "DeletionPolicy": "Retain",
                },
            }})
        );
        assert_eq!(identified(&taken).identifier["TableName"], "users");
    }

    #[test]
    fn what_is_gone_is_skipped_and_what_may_work_again_is_not() {
        assert!(is_gone("Function not found: arn:aws:lambda:… (Status Code: 404)"));
        assert!(!is_gone("User is not authorized to perform: lambda:UpdateFunctionCode"));
    }
}
