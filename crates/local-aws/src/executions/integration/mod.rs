//! What a Task state calls: Lambda functions, activities, and services through one table.
//!
//! Each service integration is one entry of [`INTEGRATIONS`]: service, action, the patterns it has, and its work. The
//! `aws-sdk:` integrations follow from the operations that the services have, see [`sdk`].

use std::sync::Arc;

use asl::problem::Problem;
use asl::resource::{Pattern, Resource};
use asl::{Failure, Invoke, Reply};
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::activity;
use super::drive::{self, Progress};
use super::record::Entry;
use crate::Cloud;

mod api;
mod lambda;
mod nested;
mod sdk;

/// A task that is under way.
#[derive(Clone)]
pub struct Task {
    pub cloud: Arc<Cloud>,
    pub entry: Arc<Entry>,
    pub invoke: Invoke,
    pub progress: Progress,
}

impl Task {
    /// The region of the execution.
    pub fn region(&self) -> &str {
        &self.entry.program.region
    }

    /// Carries `reply` into the execution; false when nobody waits for it any more.
    pub fn tell(&self, reply: Reply) -> bool {
        drive::reply(&self.cloud, &self.entry, self.invoke.id, reply)
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task").field("invoke", &self.invoke).finish_non_exhaustive()
    }
}

/// The answer of a request to a service.
pub type Answer = Result<Value, Failure>;

/// How a request is made.
pub type Request = for<'a> fn(&'a Task) -> BoxFuture<'a, Answer>;

/// How the end of a started job is waited for, from what the service answered.
pub type Await = for<'a> fn(&'a Task, Value) -> BoxFuture<'a, Answer>;

/// One action of one service.
pub struct Integration {
    /// As in `arn:aws:states:::SERVICE:ACTION`.
    pub service: &'static str,
    pub action: &'static str,
    pub request: Request,
    /// For `.sync` and `.sync:2`.
    pub finish: Option<Await>,
    /// Whether it can carry a task token.
    pub takes_token: bool,
}

/// Every optimised integration.
pub const INTEGRATIONS: &[Integration] = &[
    Integration { service: "lambda", action: "invoke", request: lambda::request, finish: None, takes_token: true },
    Integration {
        service: "states",
        action: "startExecution",
        request: nested::request,
        finish: Some(nested::finish),
        takes_token: true,
    },
    Integration { service: "dynamodb", action: "getItem", request: api::request, finish: None, takes_token: false },
    Integration { service: "dynamodb", action: "putItem", request: api::request, finish: None, takes_token: false },
    Integration { service: "dynamodb", action: "updateItem", request: api::request, finish: None, takes_token: false },
    Integration { service: "dynamodb", action: "deleteItem", request: api::request, finish: None, takes_token: false },
    Integration { service: "sns", action: "publish", request: api::request, finish: None, takes_token: true },
    Integration { service: "sqs", action: "sendMessage", request: api::request, finish: None, takes_token: true },
];

/// What `service:action` is made of, if the local AWS has it with that pattern.
fn find(service: &str, action: &str, pattern: Pattern) -> Option<(Request, Option<Await>)> {
    if let Some(sdk_service) = service.strip_prefix("aws-sdk:") {
        let known = sdk::operation(sdk_service, action).is_some() && sdk::takes(pattern);
        return known.then_some((sdk::request as Request, None));
    }
    let found = INTEGRATIONS.iter().find(|entry| entry.service == service && entry.action == action)?;
    match pattern {
        Pattern::RequestResponse => Some((found.request, None)),
        Pattern::WaitForTaskToken => found.takes_token.then_some((found.request, None)),
        Pattern::Sync | Pattern::Sync2 => found.finish.map(|finish| (found.request, Some(finish))),
    }
}

/// The integrations of `definition` that the local AWS does not have, each by name and place.
pub fn absent(definition: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Ok(document) = serde_json::from_str::<Value>(definition) {
        look(&document, "", &mut problems);
    }
    problems
}

/// Why a Task's resource is refused: AWS knows no such thing, or the local AWS does not have it.
fn refusal(arn: &str) -> Option<String> {
    let resource = Resource::parse(arn)?;
    if !resource.is_known() {
        return Some("Value is not a valid resource ARN".to_owned());
    }
    let Resource::Service { service, action, pattern, .. } = resource else {
        return None;
    };
    let words = || format!("The local AWS does not support the service integration '{arn}'; see docs/local-aws.md");
    find(&service, &action, pattern).is_none().then(words)
}

fn look(value: &Value, place: &str, problems: &mut Vec<Problem>) {
    let Some(states) = value.get("States").and_then(Value::as_object) else {
        return;
    };
    for (name, state) in states {
        let place = format!("{place}/States/{name}");
        let arn = state.get("Resource").and_then(Value::as_str).filter(|_| state["Type"] == "Task");
        if let Some(words) = arn.and_then(refusal) {
            problems.push(Problem::schema(format!("{place}/Resource"), words));
        }
        if state.pointer("/ItemReader/ReaderConfig/InputType").is_some_and(|kind| kind == "PARQUET") {
            let words = "The local AWS does not read items of the InputType 'PARQUET'; see docs/local-aws.md";
            problems.push(Problem::schema(format!("{place}/ItemReader/ReaderConfig/InputType"), words));
        }
        for block in ["Iterator", "ItemProcessor"] {
            if let Some(inner) = state.get(block) {
                look(inner, &format!("{place}/{block}"), problems);
            }
        }
        let branches = state.get("Branches").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (index, branch) in branches.iter().enumerate() {
            look(branch, &format!("{place}/Branches[{index}]"), problems);
        }
    }
}

/// Makes the call of a task that belongs to no execution, and answers what came of it.
pub async fn once(cloud: &Arc<Cloud>, region: &str, invoke: Invoke) -> Answer {
    let entry = Arc::new(Entry::nowhere(region, &cloud.config.account));
    let task = Task { cloud: Arc::clone(cloud), entry, invoke, progress: Progress::default() };
    match task.invoke.resource.clone() {
        Resource::Function { arn } => lambda::function(&task, &arn).await,
        Resource::Service { arn, service, action, pattern } => match find(&service, &action, pattern) {
            Some((request, _)) => request(&task).await,
            None => Err(unsupported(&arn)),
        },
        Resource::Activity { arn } => Err(unsupported(&arn)),
    }
}

fn unsupported(arn: &str) -> Failure {
    Failure::new("States.Runtime", format!("The local AWS does not support the service integration '{arn}'"))
}

/// Does the work of a task to its end.
pub async fn run(task: Task) {
    match task.invoke.resource.clone() {
        Resource::Activity { arn } => activity::schedule(task, &arn),
        Resource::Function { arn } => {
            task.tell(Reply::Started { worker: None });
            let answer = lambda::function(&task, &arn).await;
            task.tell(closing(answer));
        }
        Resource::Service { arn, service, action, pattern } => match find(&service, &action, pattern) {
            Some((request, finish)) => integrate(&task, pattern, request, finish).await,
            None => {
                task.tell(Reply::Failed(unsupported(&arn)));
            }
        },
    }
}

async fn integrate(task: &Task, pattern: Pattern, request: Request, finish: Option<Await>) {
    if !task.progress.started {
        task.tell(Reply::Started { worker: None });
    }
    if pattern == Pattern::RequestResponse {
        let answer = request(task).await;
        task.tell(closing(answer));
        return;
    }
    let output = match &task.progress.submitted {
        Some(output) => output.clone(),
        None => match request(task).await {
            Ok(output) => {
                task.tell(Reply::Submitted { output: output.clone() });
                output
            }
            Err(failure) => {
                task.tell(Reply::SubmitFailed(failure));
                return;
            }
        },
    };
    if let Some(finish) = finish {
        let answer = finish(task, output).await;
        task.tell(closing(answer));
    }
}

fn closing(answer: Answer) -> Reply {
    match answer {
        Ok(output) => Reply::Succeeded(output),
        Err(failure) => Reply::Failed(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integration_that_is_not_there_is_named_with_its_place() {
        let definition = r#"{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
            {"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::batch:submitJob.sync","End":true}}},
            {"StartAt":"L","States":{"L":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true}}}]}}}"#;
        let problems = absent(definition);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].location.as_deref(), Some("/States/P/Branches[0]/States/T/Resource"));
        assert!(problems[0].message.contains("batch:submitJob.sync"));
        assert_eq!(refusal("foo:bar").as_deref(), Some("Value is not a valid resource ARN"));
        assert_eq!(refusal("arn:aws:states:::sqs:sendMessage"), None);
    }

    #[test]
    fn a_format_that_is_not_read_is_named_with_its_place() {
        let definition = r#"{"StartAt":"M","States":{"M":{"Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject",
            "ReaderConfig":{"InputType":"PARQUET"}},"ItemProcessor":{"StartAt":"P","States":{}}}}}"#;
        let problems = absent(definition);
        assert_eq!(problems[0].location.as_deref(), Some("/States/M/ItemReader/ReaderConfig/InputType"));
        assert!(problems[0].message.contains("PARQUET"));
        assert!(absent(&definition.replace("PARQUET", "MANIFEST")).is_empty());
    }

    #[test]
    fn a_function_cannot_be_run_as_a_job() {
        assert!(find("lambda", "invoke", Pattern::WaitForTaskToken).is_some());
        assert!(find("lambda", "invoke", Pattern::Sync).is_none());
        assert!(find("states", "startExecution", Pattern::Sync2).is_some());
        assert!(find("dynamodb", "putItem", Pattern::WaitForTaskToken).is_none());
    }
}
