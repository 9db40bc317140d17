//! `deploy schema`: a JSON Schema of the configuration, for editors.

use super::Context;
use crate::{Failure, Outcome, stack};

/// Print a JSON Schema of stack.yaml, for completion and hover text in editors
#[derive(Debug, clap::Args)]
pub struct Schema {}

impl Schema {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let schema = stack::schema::json_schema(stack::table());
        if context.report.is_json() {
            context.report.object(&schema);
        } else {
            context.report.out(&format!("{schema:#}"));
        }
        Ok(Outcome::Done)
    }
}
