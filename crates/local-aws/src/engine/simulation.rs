//! Operations on stacks against a scripted world: failures at every step, cuts at every moment.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll, Waker};

use futures_util::future::BoxFuture;
use indexmap::IndexMap;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::journal::{Action, Entry, Live, OnFailure, Operation, Record, Spec};
use super::names::{self, Letters};
use super::provider::{Context, Found, Made, Provider, World};
use super::run::Engine;
use super::schema::{Property, Schema, TAGS};
use super::stacks::{Cell, Stacks, append};
use super::status::StackStatus;
use crate::wire::{Fault, Output};
use crate::{Clock, Store};

const REGION: &str = "us-east-1";

/// A world of things that have a name and a value, where a step can be made to fail.
#[derive(Default)]
struct Script {
    store: Store,
    clock: Clock,
    things: Mutex<BTreeMap<String, Value>>,
    /// `create A`, `update B`, `delete C`: steps that fail.
    faults: Mutex<BTreeSet<String>>,
    log: Mutex<Vec<String>>,
    made: Mutex<u64>,
}

static SCHEMA: Schema = Schema {
    kind: "Test::Thing",
    properties: &[
        Property::text("Name").replaces(),
        Property::text("Frozen").replaces(),
        Property::text("Value"),
        Property::texts("Needs"),
        TAGS,
    ],
    attributes: &["Arn"],
    volatile: &[],
    identifier: Some("Name"),
    taggable: true,
};

/// Things with an id of the service's choice.
static NAMELESS: Schema = Schema { kind: "Test::Nameless", identifier: None, taggable: false, ..SCHEMA };

struct Things {
    script: Arc<Script>,
    schema: &'static Schema,
}

/// Lets everything else go on once.
struct Yield(bool);

impl Future for Yield {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Script {
    fn fails(&self, step: &str) -> Result<(), Fault> {
        self.log.lock().unwrap().push(step.to_owned());
        match self.faults.lock().unwrap().contains(step) {
            true => Err(Fault::sender("InvalidRequest", format!("{step} refused"))),
            false => Ok(()),
        }
    }

    fn things(&self) -> BTreeMap<String, Value> {
        self.things.lock().unwrap().clone()
    }
}

impl World for Arc<Script> {
    fn invoke<'a>(
        &'a self,
        service: &'a str,
        operation: &'a str,
        _region: &'a str,
        _input: Value,
    ) -> BoxFuture<'a, Result<Output, Fault>> {
        Box::pin(async move { Err(Fault::unknown_operation(service, operation)) })
    }
    fn store(&self) -> &Store {
        &self.store
    }
    fn clock(&self) -> &Clock {
        &self.clock
    }
    fn account(&self) -> &str {
        "000000000000"
    }
    fn endpoint(&self) -> &str {
        "http://127.0.0.1:4566"
    }
    fn provider(&self, kind: &str) -> Option<Arc<dyn Provider>> {
        let schema = [&SCHEMA, &NAMELESS].into_iter().find(|schema| schema.kind == kind)?;
        Some(Arc::new(Things { script: Arc::clone(self), schema }))
    }
}

fn made(physical: &str) -> Made {
    Made::new(physical).with("Arn", format!("arn:{physical}"))
}

impl Provider for Things {
    fn schema(&self) -> &Schema {
        self.schema
    }
    fn name(&self, context: &Context, properties: &Value) -> Option<String> {
        self.schema.identifier?;
        let name = properties.get("Name").and_then(Value::as_str).map(str::to_owned);
        Some(name.unwrap_or_else(|| {
            let seed = format!("{}{}{}", context.stack_id, context.logical, context.generation);
            names::physical(&context.stack_name, &context.logical, &seed, 64, Letters::Upper)
        }))
    }
    fn create(&self, context: Context, properties: Value) -> BoxFuture<'static, Result<Made, Fault>> {
        let script = Arc::clone(&self.script);
        let name = self.name(&context, &properties);
        Box::pin(async move {
            Yield(false).await;
            script.fails(&format!("create {}", context.logical))?;
            let physical = name.unwrap_or_else(|| {
                let mut made = script.made.lock().unwrap();
                *made += 1;
                format!("id-{made}")
            });
            let before = script.things.lock().unwrap().insert(physical.clone(), properties);
            assert!(before.is_none(), "{physical} was made twice");
            Yield(false).await;
            Ok(made(&physical))
        })
    }
    fn update(&self, context: Context, live: Live, properties: Value) -> BoxFuture<'static, Result<Made, Fault>> {
        let script = Arc::clone(&self.script);
        Box::pin(async move {
            Yield(false).await;
            script.fails(&format!("update {}", context.logical))?;
            script.things.lock().unwrap().insert(live.physical.clone(), properties);
            Yield(false).await;
            Ok(made(&live.physical))
        })
    }
    fn delete(&self, context: Context, live: Live) -> BoxFuture<'static, Result<(), Fault>> {
        let script = Arc::clone(&self.script);
        Box::pin(async move {
            Yield(false).await;
            script.fails(&format!("delete {}", context.logical))?;
            script.things.lock().unwrap().remove(&live.physical);
            Yield(false).await;
            Ok(())
        })
    }
    fn read(
        &self,
        _context: Context,
        physical: String,
        _properties: Value,
    ) -> BoxFuture<'static, Result<Option<Found>, Fault>> {
        let found = self.script.things.lock().unwrap().get(&physical).cloned();
        Box::pin(async move {
            Ok(found.map(|found| Found {
                made: made(&physical),
                properties: found.as_object().cloned().unwrap_or_else(Map::new),
            }))
        })
    }
}

/// A stack in a scripted world.
struct Bench {
    script: Arc<Script>,
    engine: Engine,
    cell: Arc<Cell>,
}

fn spec(body: &str) -> Spec {
    Spec { body: body.to_owned(), ..Spec::default() }
}

fn operation(action: Action, spec: Option<Spec>) -> Operation {
    Operation {
        action,
        id: "operation".to_owned(),
        token: Some("token".to_owned()),
        spec,
        on_failure: OnFailure::Rollback,
        skip: BTreeSet::new(),
        retain_except_on_create: false,
        imports: IndexMap::new(),
    }
}

impl Bench {
    fn new() -> Bench {
        let script = Arc::new(Script {
            clock: Clock::fixed(Timestamp::from_second(1_700_000_000).unwrap()),
            ..Script::default()
        });
        let engine = Engine { world: Arc::new(Arc::clone(&script)), stacks: Arc::default() };
        let record = Record::Born {
            id: "arn:aws:cloudformation:us-east-1:000000000000:stack/app/1".to_owned(),
            name: "app".to_owned(),
            region: REGION.to_owned(),
            description: None,
            parent: None,
            root: None,
        };
        let cell = engine.stacks.add(&script.store, &Entry { at_ms: 0, record }).unwrap();
        Bench { script, engine, cell }
    }

    fn begin(&self, operation: Operation, status: StackStatus) {
        for record in [Record::Began(Box::new(operation)), Record::Stack { status, reason: None }] {
            let entry = Entry { at_ms: 1, record };
            append(&self.script.store, &mut self.cell.lock(), &entry).unwrap();
        }
    }

    fn fail(&self, steps: &[&str]) {
        *self.script.faults.lock().unwrap() = steps.iter().map(|step| (*step).to_owned()).collect();
    }

    /// Runs to the end; the number of times that everything stood still.
    fn finish(&self) -> usize {
        drive(self.engine.run(&self.cell), usize::MAX)
    }

    fn create(&self, body: &str) -> StackStatus {
        self.begin(operation(Action::Create, Some(spec(body))), StackStatus::CreateInProgress);
        self.finish();
        self.cell.lock().status()
    }

    fn update(&self, body: &str) -> StackStatus {
        self.begin(operation(Action::Update, Some(spec(body))), StackStatus::UpdateInProgress);
        self.finish();
        self.cell.lock().status()
    }

    fn delete(&self) -> StackStatus {
        self.begin(operation(Action::Delete, None), StackStatus::DeleteInProgress);
        self.finish();
        self.cell.lock().status()
    }

    /// The process ends and begins anew: only the store and the world are left.
    fn restart(&mut self) {
        let id = self.cell.lock().id.clone();
        self.engine.stacks = Arc::new(Stacks::open(&self.script.store).unwrap());
        self.cell = self.engine.stacks.find(REGION, &id).unwrap();
    }

    fn events(&self) -> Vec<String> {
        let stack = self.cell.lock();
        stack.events.iter().map(|event| format!("{} {}", event.logical, event.status)).collect()
    }

    fn reason(&self, logical: &str, status: &str) -> Option<String> {
        let stack = self.cell.lock();
        let event = stack.events.iter().find(|event| event.logical == logical && event.status == status)?;
        event.reason.clone()
    }

    /// What each resource's thing holds.
    fn values(&self) -> Vec<(String, Value)> {
        let things = self.script.things();
        let stack = self.cell.lock();
        let mut values: Vec<(String, Value)> = stack
            .living()
            .map(|(id, live)| (id.clone(), things.get(&live.physical).cloned().unwrap_or_default()))
            .collect();
        values.sort_by(|left, right| left.0.cmp(&right.0));
        assert_eq!(values.len(), things.len(), "things that no resource knows: {things:?}");
        values
    }
}

/// Polls until the end, or `most` times; how often it was polled.
fn drive<T>(future: impl Future<Output = Result<T, Fault>>, most: usize) -> usize {
    let mut future = pin!(future);
    let mut context = TaskContext::from_waker(Waker::noop());
    for polls in 1..=most.min(100_000) {
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut context) {
            outcome.unwrap();
            return polls;
        }
    }
    most
}

const CHAIN: &str = r#"{"Resources": {
    "A": {"Type": "Test::Thing", "Properties": {"Value": "a"}},
    "B": {"Type": "Test::Thing", "Properties": {"Value": {"Ref": "A"}}},
    "C": {"Type": "Test::Thing", "Properties": {"Value": {"Fn::GetAtt": ["B", "Arn"]}}}
}, "Outputs": {"C": {"Value": {"Ref": "C"}, "Export": {"Name": "c"}}}}"#;

/// `A` changes in place, `B` is replaced, `C` goes, `D` comes.
const CHANGED: &str = r#"{"Resources": {
    "A": {"Type": "Test::Thing", "Properties": {"Value": "a2"}},
    "B": {"Type": "Test::Thing", "Properties": {"Value": {"Ref": "A"}, "Frozen": "yes"}},
    "D": {"Type": "Test::Thing", "Properties": {"Value": {"Ref": "B"}}}
}}"#;

#[test]
fn resources_come_in_order_and_go_in_reverse() {
    let bench = Bench::new();
    assert_eq!(bench.create(CHAIN), StackStatus::CreateComplete);
    assert_eq!(*bench.script.log.lock().unwrap(), ["create A", "create B", "create C"]);
    let output = bench.cell.lock().outputs[0].clone();
    assert!(output.value.starts_with("app-C-"), "{output:?}");
    assert_eq!(bench.delete(), StackStatus::DeleteComplete);
    assert_eq!(bench.script.log.lock().unwrap()[3..], ["delete C", "delete B", "delete A"]);
    assert!(bench.script.things().is_empty());
    assert_eq!(bench.engine.stacks.exports(REGION, ""), BTreeMap::new());
}

#[test]
fn every_resource_tells_its_steps() {
    let bench = Bench::new();
    bench.create(r#"{"Resources": {"A": {"Type": "Test::Thing"}}}"#);
    assert_eq!(
        bench.events(),
        [
            "app CREATE_IN_PROGRESS",
            "A CREATE_IN_PROGRESS",
            "A CREATE_IN_PROGRESS",
            "A CREATE_COMPLETE",
            "app CREATE_COMPLETE"
        ]
    );
    assert!(bench.cell.lock().events.iter().all(|event| event.token.as_deref() == Some("token")));
}

#[test]
fn a_failed_creation_is_taken_back() {
    let bench = Bench::new();
    bench.fail(&["create C"]);
    assert_eq!(bench.create(CHAIN), StackStatus::RollbackComplete);
    assert!(bench.script.things().is_empty());
    let reason = bench.reason("C", "CREATE_FAILED").unwrap();
    assert!(reason.starts_with("Resource handler returned message: \"create C refused"), "{reason}");
    assert_eq!(
        bench.reason("app", "ROLLBACK_IN_PROGRESS").unwrap(),
        "The following resource(s) failed to create: [C]. Rollback requested by user."
    );
}

#[test]
fn the_others_are_cancelled_when_one_fails() {
    let bench = Bench::new();
    bench.fail(&["create A"]);
    let body = r#"{"Resources": {"A": {"Type": "Test::Thing"}, "B": {"Type": "Test::Thing"}, "C": {"Type": "Test::Thing", "DependsOn": "A"}}}"#;
    assert_eq!(bench.create(body), StackStatus::RollbackComplete);
    assert_eq!(bench.reason("B", "CREATE_FAILED").as_deref(), Some("Resource creation cancelled"));
    assert!(!bench.events().iter().any(|event| event.starts_with("C ")));
    assert!(bench.script.things().is_empty());
}

#[test]
fn a_failure_may_be_left_as_it_is() {
    let bench = Bench::new();
    bench.fail(&["create C"]);
    let operation = Operation { on_failure: OnFailure::DoNothing, ..operation(Action::Create, Some(spec(CHAIN))) };
    bench.begin(operation, StackStatus::CreateInProgress);
    bench.finish();
    assert_eq!(bench.cell.lock().status(), StackStatus::CreateFailed);
    assert_eq!(bench.script.things().len(), 2);
    bench.fail(&[]);
    assert_eq!(bench.update(CHAIN), StackStatus::UpdateComplete);
    assert_eq!(bench.script.things().len(), 3);
}

#[test]
fn an_update_changes_replaces_adds_and_removes() {
    let bench = Bench::new();
    bench.create(CHAIN);
    let before = bench.cell.lock().resources["B"].live.clone().unwrap();
    assert_eq!(bench.update(CHANGED), StackStatus::UpdateComplete);
    let after = bench.cell.lock().resources["B"].live.clone().unwrap();
    assert_ne!(before.physical, after.physical);
    let ids: Vec<String> = bench.values().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["A", "B", "D"]);
    assert!(bench.cell.lock().outputs.is_empty());
    let log = bench.script.log.lock().unwrap().clone();
    assert_eq!(log[3..6], ["update A", "create B", "create D"]);
    assert_eq!(
        log[6..].iter().collect::<BTreeSet<_>>(),
        ["delete B".to_owned(), "delete C".to_owned()].iter().collect()
    );
}

#[test]
fn an_update_that_fails_gives_back_what_was_there() {
    for step in ["update A", "create B", "create D"] {
        let bench = Bench::new();
        bench.create(CHAIN);
        let before = (bench.values(), bench.cell.lock().outputs.clone());
        bench.fail(&[step]);
        let rolled_back = bench.update(CHANGED);
        // The same step fails on the way back where it is needed there too.
        if step == "update A" {
            assert_eq!(rolled_back, StackStatus::UpdateRollbackFailed, "{step}");
            bench.fail(&[]);
            bench.begin(operation(Action::ContinueRollback, None), StackStatus::UpdateRollbackInProgress);
            bench.finish();
        }
        assert_eq!(bench.cell.lock().status(), StackStatus::UpdateRollbackComplete, "{step}");
        assert_eq!((bench.values(), bench.cell.lock().outputs.clone()), before, "{step}");
        bench.fail(&[]);
        assert_eq!(bench.update(CHANGED), StackStatus::UpdateComplete, "{step}");
        assert_eq!(bench.delete(), StackStatus::DeleteComplete, "{step}");
        assert!(bench.script.things().is_empty(), "{step}");
    }
}

#[test]
fn a_stack_policy_protects_from_an_update() {
    let bench = Bench::new();
    bench.create(CHAIN);
    let before = bench.values();
    let policy =
        r#"{"Statement": [{"Effect": "Allow", "Action": "Update:Modify", "Principal": "*", "Resource": "*"}]}"#;
    let setting = Record::Setting(super::journal::Setting::Policy(Some(policy.to_owned())));
    bench.engine.record(&bench.cell, setting).unwrap();
    assert_eq!(bench.update(CHANGED), StackStatus::UpdateRollbackComplete);
    assert_eq!(bench.values(), before);
    let reason = bench.reason("app", "UPDATE_ROLLBACK_IN_PROGRESS").unwrap();
    assert!(reason.starts_with("Action denied by stack policy: no statement allows [Update:Delete]"), "{reason}");
}

#[test]
fn what_is_retained_outlives_its_stack() {
    let bench = Bench::new();
    let body = r#"{"Resources": {"A": {"Type": "Test::Thing", "DeletionPolicy": "Retain"}, "B": {"Type": "Test::Thing", "Properties": {"Value": {"Ref": "A"}}}}}"#;
    bench.create(body);
    assert_eq!(bench.delete(), StackStatus::DeleteComplete);
    assert!(bench.events().contains(&"A DELETE_SKIPPED".to_owned()));
    assert_eq!(bench.script.things().len(), 1);
}

#[test]
fn what_is_retained_except_on_create_goes_with_a_failed_creation() {
    let bench = Bench::new();
    let body = r#"{"Resources": {
        "A": {"Type": "Test::Thing", "DeletionPolicy": "RetainExceptOnCreate"},
        "B": {"Type": "Test::Thing", "DependsOn": "A"}}}"#;
    bench.fail(&["create B"]);
    assert_eq!(bench.create(body), StackStatus::RollbackComplete);
    assert!(bench.script.things().is_empty());
}

#[test]
fn a_name_that_is_taken_is_refused_and_left_alone() {
    let bench = Bench::new();
    bench.script.things.lock().unwrap().insert("mine".to_owned(), json!({"Value": "precious"}));
    let body = r#"{"Resources": {"A": {"Type": "Test::Thing", "Properties": {"Name": "mine"}}}}"#;
    assert_eq!(bench.create(body), StackStatus::RollbackComplete);
    assert_eq!(bench.script.things()["mine"], json!({"Value": "precious"}));
    let reason = bench.reason("A", "CREATE_FAILED").unwrap();
    assert!(reason.contains("with identifier 'mine' already exists."), "{reason}");
}

#[test]
fn a_named_resource_is_not_replaced_under_its_name() {
    let bench = Bench::new();
    let body = |frozen: &str| {
        format!(
            r#"{{"Resources": {{"A": {{"Type": "Test::Thing", "Properties": {{"Name": "mine", "Frozen": "{frozen}"}}}}}}}}"#
        )
    };
    bench.create(&body("1"));
    assert_eq!(bench.update(&body("2")), StackStatus::UpdateRollbackComplete);
    assert_eq!(
        bench.reason("A", "UPDATE_FAILED").unwrap(),
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename mine and update the stack again."
    );
    assert_eq!(bench.script.things().len(), 1);
}

#[test]
fn what_cannot_be_deleted_keeps_what_it_needs() {
    let bench = Bench::new();
    bench.create(CHAIN);
    bench.fail(&["delete B"]);
    assert_eq!(bench.delete(), StackStatus::DeleteFailed);
    assert_eq!(bench.script.things().len(), 2);
    assert_eq!(bench.cell.lock().reason.as_deref(), Some("The following resource(s) failed to delete: [B]. "));
    bench.fail(&[]);
    assert_eq!(bench.delete(), StackStatus::DeleteComplete);
    assert!(bench.script.things().is_empty());
}

#[test]
fn properties_that_do_not_fit_fail_their_resource() {
    let bench = Bench::new();
    let body = r#"{"Resources": {"A": {"Type": "Test::Thing", "Properties": {"Valeu": "a"}}}}"#;
    assert_eq!(bench.create(body), StackStatus::RollbackComplete);
    assert_eq!(
        bench.reason("A", "CREATE_FAILED").unwrap(),
        "Properties validation failed for resource A with message:\n[#: extraneous key [Valeu] is not permitted]"
    );
}

#[test]
fn a_creation_cut_at_any_moment_ends_as_if_it_was_not() {
    let whole = Bench::new();
    whole.begin(operation(Action::Create, Some(spec(CHAIN))), StackStatus::CreateInProgress);
    let moments = whole.finish();
    assert!(moments > 5, "{moments}");
    for moment in 1..moments {
        let mut bench = Bench::new();
        bench.begin(operation(Action::Create, Some(spec(CHAIN))), StackStatus::CreateInProgress);
        drive(bench.engine.run(&bench.cell), moment);
        bench.restart();
        bench.finish();
        assert_eq!(bench.cell.lock().status(), StackStatus::CreateComplete, "moment {moment}");
        assert_eq!(bench.values(), whole.values(), "moment {moment}");
    }
}

#[test]
fn an_update_cut_at_any_moment_ends_as_if_it_was_not() {
    for fault in [None, Some("create D")] {
        let prepared = || {
            let bench = Bench::new();
            bench.create(CHAIN);
            bench.fail(fault.as_slice());
            bench.begin(operation(Action::Update, Some(spec(CHANGED))), StackStatus::UpdateInProgress);
            bench
        };
        let whole = prepared();
        let moments = whole.finish();
        let shape = |bench: &Bench| bench.values().into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        for moment in 1..moments {
            let mut bench = prepared();
            drive(bench.engine.run(&bench.cell), moment);
            bench.restart();
            bench.finish();
            assert_eq!(bench.cell.lock().status(), whole.cell.lock().status(), "moment {moment} of {fault:?}");
            assert_eq!(shape(&bench), shape(&whole), "moment {moment} of {fault:?}");
        }
    }
}

#[test]
fn a_deletion_cut_at_any_moment_leaves_nothing() {
    let prepared = || {
        let bench = Bench::new();
        bench.create(CHAIN);
        bench.begin(operation(Action::Delete, None), StackStatus::DeleteInProgress);
        bench
    };
    let moments = prepared().finish();
    for moment in 1..moments {
        let mut bench = prepared();
        drive(bench.engine.run(&bench.cell), moment);
        bench.restart();
        bench.finish();
        assert_eq!(bench.cell.lock().status(), StackStatus::DeleteComplete, "moment {moment}");
        assert!(bench.script.things().is_empty(), "moment {moment}");
    }
}

#[test]
fn the_journal_alone_tells_the_stack() {
    let mut bench = Bench::new();
    bench.create(CHAIN);
    bench.fail(&["create D"]);
    bench.update(CHANGED);
    let before = bench.cell.lock().clone();
    bench.restart();
    assert_eq!(*bench.cell.lock(), before);
}

#[test]
fn a_thousand_resources_are_quick() {
    let mut resources = Map::new();
    for index in 0..1000 {
        let mut properties = json!({ "Value": format!("{index}") });
        if index >= 5 {
            properties["Needs"] =
                json!([{ "Ref": format!("R{}", index - 5) }, { "Fn::GetAtt": [format!("R{}", index / 2), "Arn"] }]);
        }
        resources.insert(format!("R{index}"), json!({ "Type": "Test::Thing", "Properties": properties }));
    }
    // Beyond the limit of one template, to be on the safe side: 500 at a time.
    let halves: Vec<Map<String, Value>> = [0, 500]
        .map(|start| {
            let part = resources.iter().skip(start).take(500);
            part.map(|(id, value)| {
                let mut value = value.clone();
                if start > 0 {
                    value["Properties"]["Needs"] = json!([]);
                }
                (id.clone(), value)
            })
            .collect()
        })
        .to_vec();
    let start = std::time::Instant::now();
    for half in halves {
        let bench = Bench::new();
        assert_eq!(bench.create(&json!({ "Resources": half }).to_string()), StackStatus::CreateComplete);
        assert_eq!(bench.script.things().len(), 500);
        assert_eq!(bench.delete(), StackStatus::DeleteComplete);
        assert!(bench.script.things().is_empty());
    }
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever fails during creation, update and deletion, nothing is left behind at the end.
    #[test]
    fn nothing_is_left_behind(
        faults in proptest::collection::btree_set(
            (prop::sample::select(vec!["create", "update", "delete"]), prop::sample::select(vec!["A", "B", "C", "D"])), 0..4),
        cut in 1usize..40,
    ) {
        let steps: Vec<String> = faults.iter().map(|(step, id)| format!("{step} {id}")).collect();
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let mut bench = Bench::new();
        bench.fail(&steps);
        let created = bench.create(CHAIN);
        if created == StackStatus::CreateComplete {
            bench.begin(operation(Action::Update, Some(spec(CHANGED))), StackStatus::UpdateInProgress);
            drive(bench.engine.run(&bench.cell), cut);
            bench.restart();
            bench.finish();
            prop_assert!(!bench.cell.lock().status().in_progress());
        }
        bench.fail(&[]);
        if bench.cell.lock().status() == StackStatus::UpdateRollbackFailed {
            bench.begin(operation(Action::ContinueRollback, None), StackStatus::UpdateRollbackInProgress);
            bench.finish();
            prop_assert_eq!(bench.cell.lock().status(), StackStatus::UpdateRollbackComplete);
        }
        prop_assert_eq!(bench.delete(), StackStatus::DeleteComplete);
        // What clean-up could not delete stays behind, as on AWS.
        let abandoned = steps.iter().filter(|step| step.starts_with("delete")).count();
        prop_assert!(bench.script.things().len() <= abandoned, "{:?}", bench.script.things());
    }
}
