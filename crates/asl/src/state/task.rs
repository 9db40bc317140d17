//! The Task state.

use crate::data::text::shared;
use crate::effect::{Effect, EffectId, Failure, Invoke, Reply};
use crate::execution::context::Extra;
use crate::execution::history::{Event, TaskResource};
use crate::execution::strand::{Phase, Strand, StrandId, TaskRun};
use crate::execution::{Execution, Flow, Owner, Step};
use crate::machine::{Body, State, TaskBody};
use crate::raise::Raise;
use crate::resource::{Pattern, Resource};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What a Task's fields come to.
struct Request {
    payload: Value,
    credentials: Option<Value>,
    timeout_s: Option<u64>,
    heartbeat_s: Option<u64>,
    token: Option<String>,
}

impl Execution {
    pub(crate) fn task(&mut self, strand: &mut Strand, state: &State, task: &TaskBody) -> Step {
        let request = self.request(strand, state, task)?;
        if let Some(mocked) = self.inspection.as_mut().and_then(|inspection| inspection.mocked()) {
            return match mocked {
                Ok(result) => self.task_result(strand, state, result),
                Err(failure) => Err(failure.into()),
            };
        }
        if shared(&request.payload).len() > crate::limits::MAX_PAYLOAD {
            return Err(Raise::too_large(&state.name).into());
        }
        let event = self.scheduled(&task.resource, &request);
        strand.last_event = self.record(strand.last_event, event);
        let owner = Owner::Strand(strand.id);
        let invoke = self.ask(owner, |id| {
            Effect::Invoke(Invoke {
                id,
                state: state.name.to_string(),
                resource: task.resource.clone(),
                payload: request.payload,
                credentials: request.credentials,
                task_token: request.token,
                timeout_s: request.timeout_s,
                heartbeat_s: request.heartbeat_s,
            })
        });
        let timer = |execution: &mut Execution, seconds: Option<u64>| {
            let time = execution.now.plus_seconds(seconds? as f64);
            Some(execution.ask(owner, |id| Effect::WakeAt { id, time }))
        };
        let timeout = timer(self, request.timeout_s);
        let heartbeat = timer(self, request.heartbeat_s);
        let heartbeat_s = request.heartbeat_s;
        strand.phase = Phase::Task(TaskRun { invoke, timeout, heartbeat, heartbeat_s, started: false });
        Ok(Flow::Parked)
    }

    fn request(&mut self, strand: &Strand, state: &State, task: &TaskBody) -> Result<Request, Raise> {
        let input = self.effective_input(strand, state)?;
        let waits =
            task.resource.pattern() == Pattern::WaitForTaskToken || matches!(task.resource, Resource::Activity { .. });
        let token = waits.then(|| self.token());
        let extra = Extra { task_token: token.as_deref(), ..Extra::default() };
        let request = self.scoped_with(strand, &input, &extra, |scope| -> Result<Request, Raise> {
            Ok(Request {
                payload: match &state.arguments {
                    Some(template) => template.evaluate(scope)?,
                    None => input.clone(),
                },
                credentials: task.credentials.as_ref().map(|template| template.evaluate(scope)).transpose()?,
                timeout_s: task.timeout.as_ref().map(|s| s.number("TimeoutSeconds", scope)).transpose()?,
                heartbeat_s: task.heartbeat.as_ref().map(|s| s.number("HeartbeatSeconds", scope)).transpose()?,
                token: token.clone(),
            })
        })?;
        let name = match state.language {
            crate::machine::QueryLanguage::JsonPath => "afterParameters",
            crate::machine::QueryLanguage::Jsonata => "afterArguments",
        };
        self.note(name, &request.payload);
        Ok(request)
    }

    fn token(&mut self) -> String {
        let mut bytes = [0; 96];
        self.random.borrow_mut().fill(&mut bytes);
        STANDARD.encode(bytes)
    }

    fn scheduled(&self, resource: &Resource, request: &Request) -> Event {
        let credentials_role = request
            .credentials
            .as_ref()
            .and_then(|credentials| credentials.get("RoleArn")?.as_str().map(str::to_owned));
        let (timeout_s, heartbeat_s) = (request.timeout_s, request.heartbeat_s);
        let input = shared(&request.payload);
        match resource {
            Resource::Function { arn } => {
                Event::LambdaFunctionScheduled { resource: arn.clone(), input, timeout_s, credentials_role }
            }
            Resource::Activity { arn } => {
                Event::ActivityScheduled { resource: arn.clone(), input, timeout_s, heartbeat_s }
            }
            Resource::Service { .. } => Event::TaskScheduled {
                task: task_resource(resource),
                region: self.launch.execution_arn.split(':').nth(3).unwrap_or_default().to_owned(),
                parameters: input,
                timeout_s,
                heartbeat_s,
                credentials_role,
            },
        }
    }

    /// An answer to the call, or one of its clocks.
    pub(crate) fn task_answer(
        &mut self,
        strand: &mut Strand,
        state: &State,
        task: TaskRun,
        effect: EffectId,
        reply: Reply,
    ) -> Step {
        let Body::Task(body) = &state.body else { return Ok(Flow::Parked) };
        let resource = &body.resource;
        if effect != task.invoke {
            return self.task_clock(strand, resource, &task, effect);
        }
        match reply {
            Reply::Started { worker } => self.task_started(strand, resource, task, worker),
            Reply::Submitted { output } if matches!(resource, Resource::Service { .. }) => {
                let event = Event::TaskSubmitted(task_resource(resource), shared(&output));
                let task = self.ensure_started(strand, resource, task);
                strand.last_event = self.record(strand.last_event, event);
                strand.phase = Phase::Task(task);
                Ok(Flow::Parked)
            }
            Reply::Submitted { .. } => self.task_started(strand, resource, task, None),
            Reply::Heartbeat => self.task_heartbeat(strand, task),
            Reply::Woke | Reply::Items(_) => {
                strand.phase = Phase::Task(task);
                Ok(Flow::Parked)
            }
            closing => self.task_closed(strand, state, resource, task, closing),
        }
    }

    fn task_started(
        &mut self,
        strand: &mut Strand,
        resource: &Resource,
        mut task: TaskRun,
        worker: Option<String>,
    ) -> Step {
        if !task.started {
            task.started = true;
            let event = started(resource, worker);
            strand.last_event = self.record(strand.last_event, event);
        }
        strand.phase = Phase::Task(task);
        Ok(Flow::Parked)
    }

    /// AWS always shows the start of what has ended.
    fn ensure_started(&mut self, strand: &mut Strand, resource: &Resource, mut task: TaskRun) -> TaskRun {
        if !task.started {
            task.started = true;
            strand.last_event = self.record(strand.last_event, started(resource, None));
        }
        task
    }

    fn task_heartbeat(&mut self, strand: &mut Strand, mut task: TaskRun) -> Step {
        if let (Some(clock), Some(seconds)) = (task.heartbeat, task.heartbeat_s) {
            self.cancel(clock);
            let time = self.now.plus_seconds(seconds as f64);
            task.heartbeat = Some(self.ask(Owner::Strand(strand.id), |id| Effect::WakeAt { id, time }));
        }
        strand.phase = Phase::Task(task);
        Ok(Flow::Parked)
    }

    fn task_clock(&mut self, strand: &mut Strand, resource: &Resource, task: &TaskRun, effect: EffectId) -> Step {
        self.cancel(task.invoke);
        self.cancel_clocks(task);
        strand.missed_heartbeat = task.heartbeat == Some(effect);
        let failure = Failure { error: Some("States.Timeout".into()), cause: None };
        strand.last_event = self.record(strand.last_event, timed_out(resource, failure.clone()));
        self.ring_together(&failure);
        Err(failure.into())
    }

    /// Lets every other task time out whose time is over too.
    ///
    /// Observed: the events of all of them come before what follows from any.
    fn ring_together(&mut self, failure: &Failure) {
        let due = |(id, (owner, effect)): (&EffectId, &(Owner, Box<Effect>))| match (owner, &**effect) {
            (Owner::Strand(strand), Effect::WakeAt { time, .. }) if *time <= self.now => Some((*id, *strand)),
            _ => None,
        };
        let due: Vec<(EffectId, StrandId)> = self.waiting.iter().filter_map(due).collect();
        for (clock, id) in due {
            let Some(mut strand) = self.strands.get_mut(id.0).and_then(Option::take) else { continue };
            let phase = std::mem::replace(&mut strand.phase, Phase::Enter);
            let machine = self.machine.clone();
            match (phase, &machine.0.blocks[strand.block].states[strand.state].body) {
                (Phase::Task(task), Body::Task(body)) if [task.timeout, task.heartbeat].contains(&Some(clock)) => {
                    self.cancel(task.invoke);
                    self.cancel_clocks(&task);
                    strand.missed_heartbeat = task.heartbeat == Some(clock);
                    let event = timed_out(&body.resource, failure.clone());
                    strand.last_event = self.record(strand.last_event, event);
                    strand.phase = Phase::Failing(failure.clone());
                    self.wake(id);
                }
                (phase, _) => strand.phase = phase,
            }
            self.put(strand);
        }
    }

    fn cancel_clocks(&mut self, task: &TaskRun) {
        task.timeout.into_iter().chain(task.heartbeat).for_each(|clock| self.cancel(clock));
    }

    fn task_closed(
        &mut self,
        strand: &mut Strand,
        state: &State,
        resource: &Resource,
        task: TaskRun,
        reply: Reply,
    ) -> Step {
        self.cancel_clocks(&task);
        let reply = match reply {
            // What has started can only fail.
            Reply::ScheduleFailed(failure) | Reply::StartFailed(failure) if task.started => Reply::Failed(failure),
            reply => reply,
        };
        if !matches!(reply, Reply::ScheduleFailed(_) | Reply::StartFailed(_)) {
            self.ensure_started(strand, resource, task);
        }
        let (event, result) = match reply {
            Reply::Succeeded(value) => {
                let text = shared(&value);
                if text.len() > crate::limits::MAX_PAYLOAD {
                    let failure = Raise::too_large(origin(resource)).failure(&state.name, strand.entered);
                    (failed(resource, failure.clone()), Err(failure))
                } else {
                    (succeeded(resource, text), Ok(value))
                }
            }
            Reply::Failed(failure) => (failed(resource, failure.clone()), Err(failure)),
            Reply::TimedOut(failure) => (timed_out(resource, failure.clone()), Err(failure)),
            Reply::ScheduleFailed(failure) => (schedule_failed(resource, failure.clone()), Err(failure)),
            Reply::StartFailed(failure) => (start_failed(resource, failure.clone()), Err(failure)),
            Reply::SubmitFailed(failure) => (submit_failed(resource, failure.clone()), Err(failure)),
            _ => return Ok(Flow::Parked),
        };
        strand.last_event = self.record(strand.last_event, event);
        match result {
            Ok(value) => self.task_result(strand, state, value),
            Err(failure) => Err(failure.into()),
        }
    }

    fn task_result(&mut self, strand: &mut Strand, state: &State, result: Value) -> Step {
        self.note("result", &result);
        self.finish_with(strand, state, result)
    }
}

/// What a message calls the source of a result.
fn origin(resource: &Resource) -> &str {
    match resource {
        Resource::Service { service, .. } => service,
        _ => resource.arn(),
    }
}

fn task_resource(resource: &Resource) -> TaskResource {
    TaskResource { resource: resource.action_name(), resource_type: resource.service_type().to_owned() }
}

fn started(resource: &Resource, worker: Option<String>) -> Event {
    match resource {
        Resource::Function { .. } => Event::LambdaFunctionStarted,
        Resource::Activity { .. } => Event::ActivityStarted { worker },
        Resource::Service { .. } => Event::TaskStarted(task_resource(resource)),
    }
}

fn succeeded(resource: &Resource, output: std::sync::Arc<str>) -> Event {
    match resource {
        Resource::Function { .. } => Event::LambdaFunctionSucceeded { output },
        Resource::Activity { .. } => Event::ActivitySucceeded { output },
        Resource::Service { .. } => Event::TaskSucceeded(task_resource(resource), output),
    }
}

fn failed(resource: &Resource, failure: Failure) -> Event {
    match resource {
        Resource::Function { .. } => Event::LambdaFunctionFailed(failure),
        Resource::Activity { .. } => Event::ActivityFailed(failure),
        Resource::Service { .. } => Event::TaskFailed(task_resource(resource), failure),
    }
}

fn timed_out(resource: &Resource, failure: Failure) -> Event {
    match resource {
        Resource::Function { .. } => Event::LambdaFunctionTimedOut(failure),
        Resource::Activity { .. } => Event::ActivityTimedOut(failure),
        Resource::Service { .. } => Event::TaskTimedOut(task_resource(resource), failure),
    }
}

fn schedule_failed(resource: &Resource, failure: Failure) -> Event {
    match resource {
        Resource::Function { .. } => Event::LambdaFunctionScheduleFailed(failure),
        Resource::Activity { .. } => Event::ActivityScheduleFailed(failure),
        Resource::Service { .. } => Event::TaskStartFailed(task_resource(resource), failure),
    }
}

fn submit_failed(resource: &Resource, failure: Failure) -> Event {
    match resource {
        Resource::Service { .. } => Event::TaskSubmitFailed(task_resource(resource), failure),
        _ => failed(resource, failure),
    }
}

fn start_failed(resource: &Resource, failure: Failure) -> Event {
    match resource {
        Resource::Function { .. } => Event::LambdaFunctionStartFailed(failure),
        Resource::Activity { .. } => Event::ActivityFailed(failure),
        Resource::Service { .. } => Event::TaskStartFailed(task_resource(resource), failure),
    }
}
