//! The surroundings of a strand: the context object and its variables.

use super::Execution;
use super::strand::Strand;
use crate::scope::{Context, Scope, Variables};
use serde_json::{Map, Value, json};

/// The variables of a strand and of the strands around it.
struct Chain<'a> {
    execution: &'a Execution,
    strand: &'a Strand,
}

impl Variables for Chain<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        let mut strand = self.strand;
        loop {
            if let Some(value) = strand.variables.get(name) {
                return Some(value);
            }
            strand = self.execution.strands.get(strand.parent?.0.0)?.as_ref()?;
        }
    }
}

/// What the context object says beyond the execution and the state.
#[derive(Default)]
pub(crate) struct Extra<'a> {
    pub task_token: Option<&'a str>,
    /// The item that an ItemSelector is making the input of.
    pub item: Option<(u64, &'a Value)>,
    /// A Task state's context has a retry count.
    pub retries: bool,
}

impl Execution {
    /// Runs `evaluate` where `$` is `input`.
    pub(crate) fn scoped<R>(&self, strand: &Strand, input: &Value, evaluate: impl FnOnce(&Scope<'_>) -> R) -> R {
        self.scoped_with(strand, input, &Extra::default(), evaluate)
    }

    /// The same with more in the context object.
    pub(crate) fn scoped_with<R>(
        &self,
        strand: &Strand,
        input: &Value,
        extra: &Extra<'_>,
        evaluate: impl FnOnce(&Scope<'_>) -> R,
    ) -> R {
        let make = |section: Option<&str>| self.context(strand, extra, section);
        let context = Context::new(&make);
        let variables = Chain { execution: self, strand };
        evaluate(&Scope {
            input,
            result: None,
            error_output: None,
            variables: &variables,
            context: &context,
            now: self.now,
            random: &self.random,
        })
    }

    fn context(&self, strand: &Strand, extra: &Extra<'_>, section: Option<&str>) -> Value {
        if let Some(given) = self.inspection.as_ref().and_then(|inspection| inspection.context.as_ref()) {
            return given.clone();
        }
        let wanted = |name: &str| section.is_none_or(|section| section == name);
        let mut context = Map::new();
        if wanted("Execution") {
            context.insert("Execution".into(), self.execution_entry());
        }
        if wanted("State") {
            context.insert("State".into(), self.state_entry(strand, extra));
        }
        if wanted("StateMachine") {
            let launch = &self.launch;
            context.insert("StateMachine".into(), json!({"Id": launch.machine_arn, "Name": launch.machine_name}));
        }
        if let Some(token) = extra.task_token.filter(|_| wanted("Task")) {
            context.insert("Task".into(), json!({"Token": token}));
        }
        if wanted("Map")
            && let Some((index, value)) = extra.item.or_else(|| self.item_of(strand))
        {
            context.insert("Map".into(), json!({"Item": {"Index": index, "Value": value}}));
        }
        Value::Object(context)
    }

    fn execution_entry(&self) -> Value {
        let launch = &self.launch;
        let mut execution = json!({
            "Id": launch.execution_arn,
            "Input": launch.input,
            "StartTime": self.started_at().rfc3339(),
            "Name": launch.execution_name,
            "RoleArn": Some(launch.role_arn.as_str()).filter(|arn| !arn.is_empty()),
        });
        if self.inspection.is_none() {
            execution["RedriveCount"] = json!(self.redrive_count);
        }
        if let Some(at) = self.redriven_at {
            execution["RedriveTime"] = at.rfc3339().into();
        }
        execution
    }

    fn state_entry(&self, strand: &Strand, extra: &Extra<'_>) -> Value {
        let state = &self.machine.0.blocks[strand.block].states[strand.state];
        // Observed: TestState calls every state so, whatever its definition's name for it.
        let name = if self.inspection.is_some() { "StateName" } else { &*state.name };
        let mut entry = json!({"Name": name, "EnteredTime": strand.entered_at.rfc3339()});
        if matches!(state.body, crate::machine::Body::Task(_)) || extra.retries {
            entry["RetryCount"] = json!(strand.retry_count);
        }
        entry
    }

    /// The item of the nearest Map around the strand.
    fn item_of<'a>(&'a self, strand: &'a Strand) -> Option<(u64, &'a Value)> {
        let mut strand = strand;
        loop {
            if let Some((index, value)) = &strand.item {
                return Some((*index, value));
            }
            strand = self.strands.get(strand.parent?.0.0)?.as_ref()?;
        }
    }
}
