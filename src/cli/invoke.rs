//! `deploy invoke`: calls a function, or starts a state machine and waits for it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::Context;
use super::info::deployed;
use super::session::Session;
use crate::apply::Operations;
use crate::aws::Clients;
use crate::failure::{ExecutionFailure, FunctionFailure, MachineFailure, Usage};
use crate::observe::{self, CallManner, Fault, Finished, Functions, Invocation, Machines, Started};
use crate::plan::Deployed;
use crate::project::Target;
use crate::{Failure, Outcome};

/// Call a function, or start a state machine with `invoke stepf`
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Invoke {
    #[command(subcommand)]
    machine: Option<InvokeCommand>,
    /// The function, as stack.yaml calls it
    #[arg(long, short, value_name = "FUNCTION", required = true)]
    function: Option<String>,
    #[command(flatten)]
    input: Input,
    /// Send the data as text instead of JSON
    #[arg(long)]
    raw: bool,
    /// Version or alias to call
    #[arg(long, short, value_name = "QUALIFIER")]
    qualifier: Option<String>,
    /// RequestResponse waits for the answer, Event does not, DryRun only asks whether the call would be taken
    #[arg(
        long = "type",
        short = 't',
        value_enum,
        value_name = "TYPE",
        ignore_case = true,
        default_value = "RequestResponse"
    )]
    kind: CallType,
    /// The same as --type Event
    #[arg(long = "async", conflicts_with = "kind")]
    asynchronous: bool,
    /// What the caller says about itself, as JSON: the function's client context
    #[arg(long, value_name = "JSON")]
    context: Option<String>,
    /// File with the client context
    #[arg(long, short = 'x', visible_alias = "contextPath", value_name = "FILE", conflicts_with = "context")]
    context_path: Option<PathBuf>,
    /// Show the end of the log, too
    #[arg(long, short)]
    log: bool,
}

/// What is done with the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "PascalCase")]
enum CallType {
    RequestResponse,
    Event,
    DryRun,
}

#[derive(Debug, clap::Subcommand)]
enum InvokeCommand {
    Stepf(Stepf),
}

/// Start a state machine, wait for it, print its output
#[derive(Debug, clap::Args)]
struct Stepf {
    /// The state machine, as stack.yaml calls it
    #[arg(long, short, value_name = "MACHINE")]
    name: String,
    #[command(flatten)]
    input: Input,
}

#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Input {
    /// Input, as JSON
    #[arg(long, short, value_name = "JSON")]
    data: Option<String>,
    /// File with the input; `-` for standard input
    #[arg(long, short, value_name = "FILE")]
    path: Option<PathBuf>,
}

impl Invoke {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            match (&self.machine, &self.function) {
                (Some(InvokeCommand::Stepf(machine)), _) => machine.start(context).await,
                (None, Some(function)) => self.call(context, function).await,
                (None, None) => Err(Usage::new("which function?").hint("`deploy invoke -f FUNCTION`").into()),
            }
        })
    }

    async fn call(&self, context: &Context, function: &str) -> Result<Outcome, Failure> {
        let text = self.input.text()?;
        let payload = match (self.raw, text) {
            (_, None) => b"{}".to_vec(),
            (true, Some(text)) => Value::String(text).to_string().into_bytes(),
            (false, Some(text)) => json(&text)?.to_string().into_bytes(),
        };
        let client_context = self.client_context()?;
        let session = Session::open(context).await?;
        let name = function_name(&session, function)?;
        let (clients, _) = deployed(&session).await?;
        let qualifier = self.qualifier.clone();
        let manner = match (self.kind, self.asynchronous) {
            (CallType::DryRun, _) => CallManner::Dry,
            (CallType::Event, _) | (_, true) => CallManner::Async,
            (CallType::RequestResponse, false) => CallManner::Wait,
        };
        let invocation = Invocation { function: name, payload, qualifier, manner, client_context };
        let answer = clients.invoke(&invocation).await?;
        if answer.error.is_some() {
            return Err(FunctionFailure { function: function.to_owned(), answer }.into());
        }
        context.report.answer(function, &answer, manner, self.log);
        Ok(Outcome::Done)
    }
}

impl Invoke {
    /// # Errors
    /// It is not JSON, or its file cannot be read.
    fn client_context(&self) -> Result<Option<String>, Failure> {
        let text = match (&self.context, &self.context_path) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) => read(path)?,
            (None, None) => return Ok(None),
        };
        Ok(Some(json(&text)?.to_string()))
    }
}

impl Stepf {
    async fn start(&self, context: &Context) -> Result<Outcome, Failure> {
        let input = self.input.text()?.map_or(Ok(Value::Object(Default::default())), |text| json(&text))?;
        let session = Session::open(context).await?;
        let machines = &session.stack.machines;
        let Some(machine) = machines.entry(&self.name) else {
            return Err(Usage::unknown("state machine", &self.name, machines.names()).into());
        };
        let id = session.stack.machine_id(machine);
        let (clients, stack) = deployed(&session).await?;
        let arn = physical_id(&clients, &stack, &id).await?;
        let machine = clients.machine(&arn).await?;
        let finished = match observe::start(&clients, &machine, &input).await? {
            Started::Ended(execution) => {
                let told = Fault { error: execution.error.clone(), cause: execution.cause.clone(), ..Fault::default() };
                let fault = (execution.status != "SUCCEEDED").then_some(told);
                Finished { execution: *execution, fault }
            }
            Started::Running(arn) => {
                context.report.started(&self.name, &arn);
                let (first, longest) = pauses(session.stack.target);
                observe::follow(&clients, &arn, first, longest).await?
            }
        };
        context.report.execution(&finished.execution);
        match finished.fault {
            None => Ok(Outcome::Done),
            Some(fault) => {
                let log = log_of(&clients, &fault, session.stack.target).await;
                let execution = finished.execution;
                Err(ExecutionFailure { machine: self.name.clone(), execution, fault, log }.into())
            }
        }
    }
}

impl Input {
    fn text(&self) -> Result<Option<String>, MachineFailure> {
        match (&self.data, &self.path) {
            (Some(data), _) => Ok(Some(data.clone())),
            (None, Some(path)) => read(path).map(Some),
            (None, None) => Ok(None),
        }
    }
}

fn read(path: &Path) -> Result<String, MachineFailure> {
    if path == Path::new("-") {
        let mut text = String::new();
        let read = std::io::stdin().lock().read_to_string(&mut text);
        return read.map(|_| text).map_err(MachineFailure::while_doing("cannot read standard input"));
    }
    std::fs::read_to_string(path).map_err(MachineFailure::while_doing(format!("cannot read {}", path.display())))
}

fn json(text: &str) -> Result<Value, Usage> {
    serde_json::from_str(text).map_err(|error| {
        Usage::new(format!("the input is not JSON: {error}")).hint("text must be quoted: --data '\"text\"'")
    })
}

/// The deployed name of a function.
///
/// # Errors
/// There is no such function: names the nearest.
pub fn function_name(session: &Session, function: &str) -> Result<String, Usage> {
    let functions = &session.stack.functions;
    match functions.entry(function) {
        Some(found) => Ok(session.stack.function_name(found)),
        None => Err(Usage::unknown("function", function, functions.names())),
    }
}

async fn physical_id(clients: &Clients, stack: &Deployed, logical_id: &str) -> Result<String, Failure> {
    let resources = clients.resources(&stack.id).await?;
    let found = resources.into_iter().find(|resource| resource.logical_id == logical_id);
    found.and_then(|resource| resource.physical_id).ok_or_else(|| {
        let message = format!("the stack `{}` has no `{logical_id}` yet", stack.name);
        Usage::new(message).hint("deploy it first: `deploy`").into()
    })
}

fn pauses(target: Target) -> (Duration, Duration) {
    match target {
        Target::Local => (Duration::from_millis(10), Duration::from_millis(250)),
        Target::Aws => (Duration::from_millis(300), Duration::from_secs(3)),
    }
}

/// How often the log of a failed function is asked for: CloudWatch takes some seconds to show a line.
const LOG_ATTEMPTS: u32 = 5;
/// How many of its last lines are shown.
const LOG_LINES: usize = 20;

/// The lines that the function wrote which failed; none when it cannot be said which did, or they do not come.
async fn log_of(clients: &Clients, fault: &Fault, target: Target) -> Vec<String> {
    let deepest = fault.after.as_deref().unwrap_or(fault);
    let (Some(function), Some((from, to))) = (&deepest.function, deepest.window) else { return Vec::new() };
    let to = to + Duration::from_secs(2);
    let group = observe::group_of(function);
    for attempt in 0..LOG_ATTEMPTS {
        if let Ok(Some(lines)) = observe::lines_between(clients, &group, from, Some(to), None).await
            && !lines.is_empty()
        {
            let said = lines.iter().filter_map(|line| match observe::shown(&line.message) {
                observe::Shown::Said(text) | observe::Shown::Around(text) => Some(text),
                observe::Shown::Dropped => None,
            });
            let said: Vec<String> = said.collect();
            return said[said.len().saturating_sub(LOG_LINES)..].to_vec();
        }
        if target == Target::Local && attempt > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
    }
    Vec::new()
}
