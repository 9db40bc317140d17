//! The first stages, which almost every command begins with: the project read, its variables resolved, its model typed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use local_aws::daemon;

use super::Context;
use crate::Failure;
use crate::artifact::BuildFailure;
use crate::aws::{Clients, Destination, LOCAL_ACCOUNT, Lookup, local_destination, unknown_profile};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::failure::MachineFailure;
use crate::plan::Deployed;
use crate::project::{self, Options, Target};
use crate::source::{Kind, Node, Sources};
use crate::stack::{self, Stack};
use crate::variables;

/// A project that is understood.
pub struct Session {
    pub stack: Stack,
    /// Every file that was read on the way.
    pub sources: Sources,
    profile: Option<String>,
    /// Values from secret sources, which no plan shows.
    pub secrets: Vec<String>,
}

impl Session {
    /// Reads the project, resolves its variables, types its model.
    ///
    /// # Errors
    /// Every mistake of the project at once.
    pub async fn open(context: &Context) -> Result<Session, Failure> {
        let project = project::read(options(context)?)?;
        let lookup = Lookup::new(&local_state(&project.root), &program()?);
        let world = variables::Machine::new(project.root.clone(), lookup);
        let resolved = variables::resolve(&project, &world).await?;
        let mut secrets = Vec::new();
        collect(&resolved.document, false, &mut secrets);
        let stack = stack::decode(&resolved);
        let stack = stack.map_err(|diagnostics| invalid(diagnostics, resolved.sources.clone()))?;
        Ok(Session { stack, sources: resolved.sources, profile: resolved.profile, secrets })
    }

    /// Clients for the stage's target; the local AWS is started when it does not run.
    ///
    /// # Errors
    /// The local AWS does not start. Bad credentials show at the first call.
    pub async fn clients(&self) -> Result<Clients, Failure> {
        let region = &self.stack.region;
        let destination = match self.stack.target {
            Target::Local => local_destination(&daemon::ensure(&self.state_dir(), &program()?).await?, region),
            Target::Aws => {
                if let Some(error) = self.profile.as_deref().and_then(unknown_profile) {
                    return Err(error.into());
                }
                Destination::Aws { region: region.clone(), profile: self.profile.clone(), endpoint: None }
            }
        };
        Ok(Clients::connect(&destination).await)
    }

    /// Whether a local AWS was ever used here; always true for AWS.
    pub fn has_cloud(&self) -> bool {
        self.stack.target == Target::Aws || self.state_dir().exists()
    }

    /// Where the local AWS of the project keeps its state.
    pub fn state_dir(&self) -> PathBuf {
        local_state(&self.stack.root)
    }

    /// `.deploy` of the project.
    pub fn deploy_dir(&self) -> PathBuf {
        self.stack.root.join(".deploy")
    }

    /// Tells stacks of one name apart on this machine: `aws-us-east-1`, `local-us-east-1`.
    pub fn at(&self) -> String {
        let target = if self.stack.target == Target::Local { "local" } else { "aws" };
        format!("{target}-{}", self.stack.region)
    }

    /// Whether the stage is `protected: true`.
    pub fn is_protected(&self) -> bool {
        let settings = |name: &str| self.stack.stages.entry(name).and_then(|stage| stage.value.protected);
        settings(&self.stack.stage).or_else(|| settings("default")).is_some_and(|flag| flag.value)
    }

    /// Refuses an account that `provider.allowedAccounts` does not name, and warns of tasks that call functions of another
    /// one. A stack's ARN tells the account; only without a stack it is asked for.
    ///
    /// # Errors
    /// [`Failure::WrongAccount`]; what STS answers.
    pub async fn check_account(
        &self,
        context: &Context,
        clients: &Clients,
        deployed: Option<&Deployed>,
    ) -> Result<(), Failure> {
        let account = match (deployed, self.stack.target) {
            (Some(stack), _) => stack.account().to_owned(),
            (None, Target::Local) => LOCAL_ACCOUNT.to_owned(),
            (None, Target::Aws) => clients.account().await?,
        };
        let allowed: Vec<String> =
            self.stack.provider.allowed_accounts.iter().map(|account| account.text.clone()).collect();
        if self.stack.target == Target::Aws && !allowed.is_empty() && !allowed.contains(&account) {
            return Err(Failure::WrongAccount { account, allowed, stage: self.stack.stage.clone() });
        }
        let found = stack::check::other_accounts(&self.stack, &account);
        context.report.diagnostics(&found, &self.sources);
        Ok(())
    }

    /// Mistakes as a failure of this project.
    pub fn invalid(&self, diagnostics: Diagnostics) -> Failure {
        invalid(diagnostics, self.sources.clone())
    }

    /// A build that failed, with the place of what it was made for. A handler that leads nowhere is a mistake of the project.
    pub fn unbuilt(&self, failure: BuildFailure) -> Failure {
        let owner = failure.owners().first().map(|owner| (*owner).to_owned());
        let function = owner.as_deref().and_then(|owner| self.stack.functions.entry(owner));
        let layer = owner.as_deref().and_then(|owner| self.stack.layers.entry(owner));
        if let (BuildFailure::UnknownHandler { owner, .. }, Some(function)) = (&failure, function) {
            let span = function.value.handler.as_ref().map_or(function.span, |handler| handler.span);
            let mut diagnostic = Diagnostic::error(Code::FileNotFound, span, failure.to_string());
            diagnostic = diagnostic.hint(failure.hint().unwrap_or_else(|| {
                format!("give `{owner}` the folder of its Cargo.toml, the name of a package or of a binary")
            }));
            return self.invalid(Diagnostics(vec![diagnostic]));
        }
        let span = function.map(|function| function.span).or(layer.map(|layer| layer.span));
        let place = span.map(|span| self.sources.place(span));
        Failure::Build { failure, place }
    }

    /// How the configuration calls the logical ids of functions and machines.
    pub fn keys(&self) -> BTreeMap<String, String> {
        let functions = self.stack.functions.names().map(|key| (self.stack.function_id(key), key.to_owned()));
        let machines = self.stack.machines.iter();
        functions.chain(machines.map(|machine| (self.stack.machine_id(machine), machine.name.clone()))).collect()
    }

    /// `dev on this machine`, `prod in us-east-1`.
    pub fn place(&self) -> String {
        match self.stack.target {
            Target::Local => format!("{} on this machine", self.stack.stage),
            Target::Aws => format!("{} in {}", self.stack.stage, self.stack.region),
        }
    }
}

fn invalid(diagnostics: Diagnostics, sources: Sources) -> Failure {
    Failure::Invalid { diagnostics, sources: Box::new(sources) }
}

/// A shorter text may stand anywhere by chance.
const SHORTEST_SECRET: usize = 4;

/// The texts that came from secret sources.
fn collect(node: &Node, within: bool, found: &mut Vec<String>) {
    let secret = within || node.secret;
    match &node.kind {
        Kind::String(text) if secret && text.len() >= SHORTEST_SECRET => found.push(text.clone()),
        Kind::Sequence(items) => items.iter().for_each(|item| collect(item, secret, found)),
        Kind::Mapping(entries) => entries.iter().for_each(|entry| collect(&entry.value, secret, found)),
        _ => {}
    }
}

/// Where the local AWS of a project keeps its state.
pub fn local_state(root: &Path) -> PathBuf {
    root.join(".deploy/local")
}

/// This program, as a path.
pub fn program() -> Result<PathBuf, MachineFailure> {
    std::env::current_exe().map_err(MachineFailure::while_doing("cannot find the program itself"))
}

/// What the command line says about the project.
pub fn options(context: &Context) -> Result<Options, MachineFailure> {
    let global = context.global.clone();
    let directory = std::env::current_dir().map_err(MachineFailure::while_doing("cannot find the current folder"))?;
    Ok(Options {
        directory,
        config: global.config,
        stage: global.stage,
        region: global.region,
        target: global.target.map(Target::from),
        profile: global.profile,
        params: global.params,
        others: Vec::new(),
    })
}
