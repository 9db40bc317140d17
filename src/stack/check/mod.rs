//! What no single key shows: references, limits, and things that contradict each other.

mod definition;
mod environment;
mod function;
mod image;
mod machine;
mod name;
mod plugin;
mod provider;
mod route;
mod schedule;
mod source;
mod task;

use crate::diagnostic::{Code, Diagnostic, Severity};

use super::Stack;

pub use machine::other_accounts;

/// Everything that the cross-checks find. In a file that is not strict all of it is warnings, as in Serverless v3.
pub fn all(stack: &Stack, strict: bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    plugin::check(stack, &mut found);
    provider::check(stack, &mut found);
    name::check(stack, &mut found);
    function::check(stack, &mut found);
    environment::check(stack, &mut found);
    schedule::check(stack, &mut found);
    source::check(stack, &mut found);
    image::check(stack, &mut found);
    route::check(stack, &mut found);
    machine::check(stack, &mut found);
    definition::check(stack, &mut found);
    found.into_iter().map(|diagnostic| weighed(diagnostic, strict)).collect()
}

/// What the cross-checks find in a stack of which parts could not be read: nothing that those parts may be the cause of.
pub fn alone(stack: &Stack, strict: bool) -> Vec<Diagnostic> {
    let mut found = all(stack, strict);
    found.retain(|diagnostic| {
        !matches!(diagnostic.code, Code::UnknownReference | Code::OtherStage | Code::MissingKey | Code::TimeoutMismatch)
    });
    found
}

/// As bad as the file takes it.
fn weighed(diagnostic: Diagnostic, strict: bool) -> Diagnostic {
    let stays = diagnostic.severity != Severity::Error || diagnostic.code == Code::UnsupportedKey;
    if strict || stays {
        return diagnostic;
    }
    Diagnostic { severity: Severity::Warning, ..diagnostic }
}
