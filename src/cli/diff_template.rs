//! `deploy diff-template`: the project's template beside another one.

use std::path::PathBuf;

use cfn::Template;

use super::Context;
use super::deploy::render;
use super::session::Session;
use crate::failure::MachineFailure;
use crate::project::Dialect;
use crate::template;
use crate::{Failure, Outcome};

/// Compare the project's template with another one, by what they mean
///
/// Ends with 0 when both make the same stack and with 2 when they do not. Artifact keys, content hashes in logical ids,
/// descriptions and everything whose order says nothing make no difference. Needs no account.
#[derive(Debug, clap::Args)]
pub struct DiffTemplate {
    /// The other template, JSON or YAML: one of `serverless package`, of `deploy package`, or of a running stack
    #[arg(value_name = "TEMPLATE")]
    other: PathBuf,
}

impl DiffTemplate {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let other = self.read()?;
        context.block_on(async {
            let session = Session::open(context).await?;
            let (_, rendered) = render(context, &session, session.stack.dialect == Dialect::Serverless)?;
            let comparison = template::compare(&other, &rendered.template);
            context.report.compared(&self.other, &comparison);
            Ok(if comparison.difference.is_empty() { Outcome::Done } else { Outcome::Changes })
        })
    }

    fn read(&self) -> Result<Template, Failure> {
        // Not a wrong usage: its exit code says that the templates differ.
        let failed = || MachineFailure::while_doing(format!("cannot read the template {}", self.other.display()));
        let text = std::fs::read_to_string(&self.other).map_err(failed())?;
        Ok(Template::parse(&text).map_err(std::io::Error::other).map_err(failed())?)
    }
}
