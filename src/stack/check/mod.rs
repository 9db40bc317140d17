//! What no single key shows: references, limits, and things that contradict each other.

mod definition;
mod function;
mod machine;
mod name;
mod plugin;
mod route;
mod task;

use crate::diagnostic::{Diagnostic, Severity};
use crate::project::Dialect;

use super::Stack;

pub use machine::other_accounts;

/// Everything that the cross-checks find. In a file that is not strict all of it is warnings, as in Serverless v3.
pub fn all(stack: &Stack, strict: bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    name::check(stack, &mut found);
    function::check(stack, &mut found);
    route::check(stack, &mut found);
    machine::check(stack, &mut found);
    definition::check(stack, &mut found);
    let found = found.into_iter().map(|diagnostic| weighed(diagnostic, strict));
    // `configValidationMode` speaks of the file's keys: a framework's file names the framework's plugins, however strict it is.
    let is_own = stack.dialect == Dialect::Stack;
    plugins(stack).into_iter().map(|diagnostic| weighed(diagnostic, is_own && strict)).chain(found).collect()
}

fn plugins(stack: &Stack) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    plugin::check(stack, &mut found);
    found
}

/// As bad as the file takes it.
fn weighed(diagnostic: Diagnostic, strict: bool) -> Diagnostic {
    if strict { diagnostic } else { Diagnostic { severity: Severity::Warning, ..diagnostic } }
}
