//! Notifications about executions.

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::{Named, StateMachine};
use crate::template::draft::Draft;

/// Refuses notifications, by name.
pub fn render(draft: &mut Draft, machine: &Named<StateMachine>) {
    if let Some(notifications) = &machine.value.notifications {
        let message = format!("`stepFunctions.stateMachines.{}.notifications` is not supported yet", machine.name);
        draft.diagnostics.push(Diagnostic::error(Code::UnsupportedKey, notifications.0.span, message));
    }
}
