//! Which states refer to which variables, for DescribeStateMachine.

use crate::data::path::{PathExpression, Root};
use crate::data::template::Template;
use crate::intrinsic::Call;
use crate::jsonata::Expression;
use crate::machine::{
    Batcher, Body, Distribution, Items, MapBody, Program, Reader, Selection, Source, State, WaitBody, Words,
};
use crate::state::choice::{Comparison, Condition, Operand, Test};
use std::collections::BTreeSet;

/// State name → variables, for the states that refer to any.
pub(crate) fn of_program(program: &Program) -> Vec<(String, Vec<String>)> {
    let states = program.blocks.iter().flat_map(|block| &block.states);
    states
        .filter_map(|state| {
            let mut found = Found::default();
            found.state(state);
            let names: Vec<String> = found.0.into_iter().collect();
            (!names.is_empty()).then(|| (state.name.to_string(), names))
        })
        .collect()
}

#[derive(Default)]
struct Found(BTreeSet<String>);

impl Found {
    fn path(&mut self, path: &PathExpression) {
        if let Root::Variable(name) = &path.root {
            self.0.insert(name.clone());
        }
    }

    fn expression(&mut self, expression: &Expression) {
        self.0.extend(expression.variables().map(str::to_owned));
    }

    fn call(&mut self, call: &Call) {
        call.paths().into_iter().for_each(|path| self.path(path));
    }

    fn template(&mut self, template: Option<&Template>) {
        let Some(template) = template else { return };
        template.visit(&mut |part| match part {
            Template::Path { path, .. } => self.path(path),
            Template::Call(call) => self.call(call),
            Template::Jsonata(expression) => self.expression(expression),
            _ => {}
        });
    }

    fn source<T>(&mut self, source: Option<&Source<T>>) {
        match source {
            Some(Source::Path(path)) => self.path(path),
            Some(Source::Jsonata(expression)) => self.expression(expression),
            _ => {}
        }
    }

    fn selection(&mut self, selection: &Selection) {
        if let Selection::Path(path) = selection {
            self.path(path);
        }
    }

    fn state(&mut self, state: &State) {
        self.selection(&state.input_path);
        self.selection(&state.output_path);
        let templates = [&state.arguments, &state.result_selector, &state.output, &state.assign];
        templates.into_iter().for_each(|template| self.template(template.as_ref()));
        for catcher in &state.catch {
            self.template(catcher.assign.as_ref());
            self.template(catcher.output.as_ref());
        }
        self.body(&state.body);
    }

    fn body(&mut self, body: &Body) {
        match body {
            Body::Task(task) => {
                self.source(task.timeout.as_ref());
                self.source(task.heartbeat.as_ref());
                self.template(task.credentials.as_ref());
            }
            Body::Choice { rules, .. } => {
                for rule in rules {
                    match &rule.condition {
                        Condition::Jsonata(expression) => self.expression(expression),
                        Condition::Test(test) => self.test(test),
                        Condition::Literal(_) => {}
                    }
                    self.template(rule.assign.as_ref());
                    self.template(rule.output.as_ref());
                }
            }
            Body::Wait(WaitBody::Seconds(source)) => self.source(Some(source)),
            Body::Wait(WaitBody::Until(source)) => self.source(Some(source)),
            Body::Fail(fail) => [&fail.error, &fail.cause].into_iter().flatten().for_each(|words| self.words(words)),
            Body::Map(map) => self.map(map),
            Body::Pass { .. } | Body::Succeed | Body::Parallel { .. } => {}
        }
    }

    fn words(&mut self, words: &Words) {
        match words {
            Words::Literal(_) => {}
            Words::Path(path) => self.path(path),
            Words::Intrinsic(call) => self.call(call),
            Words::Jsonata(expression) => self.expression(expression),
        }
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::And(tests) | Test::Or(tests) => tests.iter().for_each(|test| self.test(test)),
            Test::Not(test) => self.test(test),
            Test::Compare { variable, comparison } => {
                self.path(variable);
                if let Comparison::Order { operand: Operand::Path(path), .. } = comparison {
                    self.path(path);
                }
            }
        }
    }

    fn map(&mut self, map: &MapBody) {
        match &map.items {
            Items::Input => {}
            Items::Path(path) => self.path(path),
            Items::Template(template) => self.template(Some(template)),
            Items::Reader(reader) => self.reader(reader),
        }
        self.template(map.selector.as_ref());
        self.source(map.max_concurrency.as_ref());
        self.source(map.tolerated_count.as_ref());
        self.source(map.tolerated_percentage.as_ref());
        let Some(Distribution { batcher, writer, .. }) = &map.distributed else { return };
        if let Some(Batcher { max_items, max_bytes, input }) = batcher {
            self.source(max_items.as_ref());
            self.source(max_bytes.as_ref());
            self.template(input.as_ref());
        }
        if let Some(writer) = writer {
            self.template(writer.arguments.as_ref());
            self.template(writer.config.as_ref());
        }
    }

    fn reader(&mut self, reader: &Reader) {
        self.template(reader.arguments.as_ref());
        self.template(reader.config.as_ref());
        self.source(reader.max_items.as_ref());
    }
}
