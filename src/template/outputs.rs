//! Exports of outputs.

use serde_json::json;

use super::draft::Draft;

/// Gives every output of the stack's own making its export, `sls-SERVICE-STAGE-NAME`, by which other stacks of the service find it.
pub fn export(draft: &mut Draft) {
    let (service, stage) = (&draft.stack.service, &draft.stack.stage);
    for (name, output) in &mut draft.template.outputs {
        if output.export.is_none() {
            output.export = Some(json!({"Name": format!("sls-{service}-{stage}-{name}")}));
        }
    }
}
