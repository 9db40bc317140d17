//! What `deploy`, `plan` and their kin begin with: artifacts, template, plan.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::deploy::render;
use super::session::Session;
use super::{Context, settings};
use crate::Failure;
use crate::apply::{Interrupt, Manner, Objects, Tell, Unless};
use crate::artifact::Artifact;
use crate::aws::{AwsError, Clients};
use crate::failure::MachineFailure;
use crate::plan::{self, Memory, Plan, Record, Records, StackSettings, Wanted, Way, record_key};
use crate::template::Rendered;

/// A project that is built and rendered.
pub struct Prepared {
    pub artifacts: Vec<Artifact>,
    pub rendered: Rendered,
    pub places: BTreeMap<String, String>,
    pub settings: StackSettings,
}

impl Prepared {
    /// Builds and renders a project; asks nobody.
    ///
    /// # Errors
    /// A failed build, mistakes of the project.
    pub fn of(context: &Context, session: &Session) -> Result<Prepared, Failure> {
        let (artifacts, rendered) = render(context, session, false)?;
        let settings = settings::settings(session, &rendered.template)?;
        let places = plan::places(&rendered, &session.stack, &session.sources);
        Ok(Prepared { artifacts, rendered, places, settings })
    }

    /// What there is to do in the cloud.
    ///
    /// # Errors
    /// A stack that cannot be updated, an account that does not answer.
    pub async fn plan(&self, session: &Session, clients: &Clients, way: Way) -> Result<Plan, Failure> {
        let record = record(session);
        let wanted = Wanted {
            region: &session.stack.region,
            rendered: &self.rendered,
            artifacts: &self.artifacts,
            places: &self.places,
            settings: &self.settings,
            keep_deployments: session.stack.kept_deployments(),
            record: record.as_ref(),
            way,
        };
        Ok(plan::prepare(clients, wanted).await?)
    }
}

/// How a plan is carried out.
pub fn manner<'a>(clients: &Clients, tell: Tell<'a>, interrupt: Interrupt, waits: bool) -> Manner<'a> {
    Manner { pace: clients.pace(), tell, interrupt, now: Timestamp::now(), who: who(), waits }
}

/// Who runs this program: `ann@laptop`.
pub fn who() -> String {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let user = variable("GITHUB_ACTOR").or_else(|| variable("USER")).or_else(|| variable("LOGNAME"));
    let named =
        ["/proc/sys/kernel/hostname", "/etc/hostname"].iter().find_map(|file| std::fs::read_to_string(file).ok());
    let host = variable("HOSTNAME").or(named).unwrap_or_default();
    let host = if host.trim().is_empty() { "this-machine" } else { host.trim() };
    format!("{}@{host}", user.as_deref().unwrap_or("somebody"))
}

/// What this machine remembers of the session's stack.
pub fn record(session: &Session) -> Option<Record> {
    Records::of(&session.deploy_dir()).read(&session.at(), &session.stack.stack_name())
}

/// Remembers how the session's stack stands.
///
/// # Errors
/// The file cannot be written.
pub fn remember(session: &Session, record: &Record) -> Result<(), MachineFailure> {
    let written = Records::of(&session.deploy_dir()).write(&session.at(), &session.stack.stack_name(), record);
    written.map_err(MachineFailure::while_doing("cannot write under .deploy/stacks"))
}

/// Tells everybody how a stack stands: writes its record beside its artifacts, unless somebody else has written it since it
/// was read. Its new tag; none when there is no bucket for it.
///
/// # Errors
/// `PreconditionFailed` when somebody else has; what else the cloud answers.
pub async fn share(
    clients: &Clients,
    prefix: &str,
    memory: &Memory,
    record: &Record,
) -> Result<Option<String>, AwsError> {
    let Some(bucket) = &memory.bucket else { return Ok(None) };
    let unless = memory.tag.clone().map_or(Unless::There, Unless::Changed);
    // The tag is of the record without it.
    let text = serde_json::to_string(&Record { tag: None, ..record.clone() }).unwrap_or_default();
    clients.put_text_unless(bucket, &record_key(prefix), &text, &unless).await
}
