//! Names over AWS's limits.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::stack::Stack;

/// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>
const FUNCTION: usize = 64;
/// Source: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html>
const MACHINE: usize = 80;
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
const STACK: usize = 128;

/// Checks the names that AWS sees.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    let stack_name = stack.stack_name();
    let place = stack.provider.stack_name.as_ref().map_or(stack.span, |name| name.span);
    long("the stack", &stack_name, STACK, place, found);
    let begins = stack_name.starts_with(|first: char| first.is_ascii_alphabetic());
    if !begins || !stack_name.chars().all(|next| next.is_ascii_alphanumeric() || next == '-') {
        let message = format!(
            "the stack cannot be called `{stack_name}`: a name begins with a letter and has letters, digits and hyphens only"
        );
        let hint = "correct `service` or the stage, or set `provider.stackName`";
        found.push(Diagnostic::error(Code::OutOfRange, place, message).hint(hint));
    }
    for function in stack.functions.iter() {
        let name = stack.function_name(function);
        long("the function", &name, FUNCTION, function.span, found);
        if !name.chars().all(|next| next.is_ascii_alphanumeric() || matches!(next, '-' | '_')) {
            let message = format!(
                "the function cannot be called `{name}`: a name has letters, digits, hyphens and underscores only"
            );
            found.push(
                Diagnostic::error(Code::OutOfRange, function.span, message)
                    .hint("rename the function, or set its `name`"),
            );
        }
    }
    for machine in stack.machines.iter() {
        if let Some((name, span)) = machine.value.name.as_ref().and_then(|name| Some((name.as_str()?, name.span))) {
            long("the state machine", name, MACHINE, span, found);
        }
    }
}

fn long(what: &str, name: &str, limit: usize, span: Span, found: &mut Vec<Diagnostic>) {
    let length = name.chars().count();
    if length > limit {
        let message = format!("{what} would be called `{name}`, which has {length} characters, and AWS takes {limit}");
        found.push(Diagnostic::error(Code::OutOfRange, span, message).hint("choose a shorter name"));
    }
}
