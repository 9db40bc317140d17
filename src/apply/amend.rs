//! Gives a stack that stands another template of its own, with everything else as it has it.

use serde_json::Value;

use super::deploy::{deployment_bucket, execute, made};
use super::failure::{ApplyFailure, Doing};
use super::{Manner, Objects, Operations};
use crate::plan::{ChangeSetKind, ChangeSetRequest, Deployed, INLINE_TEMPLATE_LIMIT, StackSettings, TemplateSource};
use crate::template::Bucket;

/// Gives a stack another template; its parameters and tags stay. `what` names the change set and, in the bucket, the
/// template that is too long for a call.
///
/// # Errors
/// Those of every update of a stack.
pub async fn amend<C: Operations + Objects>(
    cloud: &C,
    stack: &Deployed,
    template: &Value,
    what: &str,
    (bucket, prefix): (&Bucket, &str),
    role_arn: Option<&str>,
    manner: &Manner<'_>,
) -> Result<(), ApplyFailure> {
    let text = template.to_string();
    let source = match text.len() {
        0..=INLINE_TEMPLATE_LIMIT => TemplateSource::Inline(text),
        _ => {
            let bucket = deployment_bucket(cloud, bucket, Some(stack), &stack.name).await?;
            let key = format!("{prefix}/{what}/template.json");
            cloud.put_text(&bucket, &key, &text).await?;
            TemplateSource::Url(cloud.object_url(&bucket, &key))
        }
    };
    let request = ChangeSetRequest {
        stack: stack.name.clone(),
        name: format!("deploy-{what}-{}", manner.now.as_millisecond()),
        kind: ChangeSetKind::Update,
        template: source,
        settings: StackSettings {
            previous_parameters: stack.parameters.keys().cloned().collect(),
            tags: stack.tags.clone(),
            capabilities: ["IAM", "NAMED_IAM", "AUTO_EXPAND"].map(|word| format!("CAPABILITY_{word}")).to_vec(),
            role_arn: role_arn.map(str::to_owned),
            ..StackSettings::default()
        },
        imports: Vec::new(),
    };
    let made = made(cloud, &request, manner).await?;
    let doing = (stack.name.as_str(), Doing::Update);
    execute(cloud, made, Some(stack), doing, &request.settings, &Default::default(), manner).await.map(|_| ())
}
