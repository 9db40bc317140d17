//! Variables of the environment, as Lambda takes them.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>,
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html>

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::{Expr, Map, Stack};

/// Names that Lambda sets itself and refuses.
const RESERVED: &[&str] = &[
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// Checks the names of every environment.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    names(&stack.provider.environment, found);
    for function in stack.functions.iter() {
        names(&function.value.environment, found);
    }
}

fn names(environment: &Map<Option<Expr>>, found: &mut Vec<Diagnostic>) {
    for variable in environment.iter() {
        let name = variable.name.as_str();
        if RESERVED.contains(&name) {
            let message = format!("Lambda sets the variable `{name}` itself and refuses another value");
            let hint = "take it out: the function finds Lambda's own value under this name";
            found.push(Diagnostic::error(Code::OutOfRange, variable.span, message).hint(hint));
        } else if !is_name(name) {
            let message = format!("`{name}` cannot be the name of a variable");
            let hint = "begin with a letter and go on with letters, digits and underscores, at least two in all";
            found.push(Diagnostic::error(Code::OutOfRange, variable.span, message).hint(hint));
        }
    }
}

fn is_name(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic());
    begins && name.len() > 1 && name.chars().all(|next| next.is_ascii_alphanumeric() || next == '_')
}
