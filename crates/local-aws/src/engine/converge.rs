//! Creates and changes resources until they are what the template says, each after what it needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use cfn::evaluate::evaluate;
use cfn::{Resource, TemplateError};

use super::blueprint::{Blueprint, policy};
use super::journal::{Action, Effect, Live, Policy, Record, Spec};
use super::names;
use super::provider::{Context, Made, OWN_WORDS, Provider};
use super::run::Engine;
use super::scope::{Known, StackScope};
use super::stack::Slot;
use super::stack_policy;
use super::stacks::Cell;
use super::status::ResourceStatus;
use super::surroundings::Surroundings;
use crate::wire::Fault;

/// How many resources are worked on at once.
pub const PARALLEL: usize = 64;

/// A type that is made by waiting, and can be given up at any time.
const WAITING: &str = "AWS::CloudFormation::WaitCondition";
/// How often such a wait looks whether it is still wanted.
const LOOK: std::time::Duration = std::time::Duration::from_millis(20);

/// Which way an operation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Forward,
    /// Back to what the stack was before the operation.
    Backward,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Converged {
    /// Everything is as the template says; with the names of the exports that were used.
    Done(BTreeSet<String>),
    /// Why not, in CloudFormation's words, ending with a space.
    Failed(String),
}

/// Makes the stack's resources what `blueprint` says.
///
/// # Errors
/// A fault when the journal cannot be written.
pub async fn run(
    engine: &Engine,
    cell: &Arc<Cell>,
    blueprint: &Blueprint,
    around: &Surroundings,
    spec: &Spec,
    direction: Direction,
) -> Result<Converged, Fault> {
    let known = cell.lock().living().map(|(id, live)| (id.clone(), Known::from(live))).collect();
    let work = Work {
        engine,
        cell,
        blueprint,
        around,
        spec,
        direction,
        known: Mutex::new(known),
        imports: Mutex::default(),
        failing: AtomicBool::new(false),
    };
    work.run().await
}

/// The context in which a provider works for `logical`.
pub fn context(
    engine: &Engine,
    cell: &Cell,
    logical: &str,
    tags: &IndexMap<String, String>,
    generation: u64,
) -> Context {
    let stack = cell.lock();
    Context {
        world: Arc::clone(&engine.world),
        region: stack.region.clone(),
        account: engine.world.account().to_owned(),
        stack_id: stack.id.clone(),
        stack_name: stack.name.clone(),
        logical: logical.to_owned(),
        tags: tags.clone(),
        generation,
    }
}

/// A service's fault as the reason of an event.
pub fn fault_reason(seed: &str, fault: &Fault) -> String {
    if fault.code == OWN_WORDS {
        return fault.message.clone();
    }
    let code = match fault.code.as_str() {
        code if code.contains("NotFound") || code.starts_with("NoSuch") => "NotFound",
        code if code.contains("AlreadyExists") || code.contains("Conflict") || code == "ResourceInUseException" => {
            "AlreadyExists"
        }
        code if code.contains("AccessDenied") => "AccessDenied",
        code if code.contains("Throttl") || code.contains("TooManyRequests") => "Throttling",
        code if code.contains("LimitExceeded") => "ServiceLimitExceeded",
        _ if fault.status >= 500 => "ServiceInternalError",
        _ => "InvalidRequest",
    };
    let token = names::token(&format!("{seed}{}", fault.message));
    format!(
        "Resource handler returned message: \"{} (Service: {}, Status Code: {})\" (RequestToken: {token}, HandlerErrorCode: {code})",
        fault.message, fault.code, fault.status
    )
}

/// Which step of which resource failed.
enum Failure {
    Create(String),
    Update(String),
}

struct Work<'a> {
    engine: &'a Engine,
    cell: &'a Arc<Cell>,
    blueprint: &'a Blueprint,
    around: &'a Surroundings,
    spec: &'a Spec,
    direction: Direction,
    known: Mutex<HashMap<String, Known>>,
    imports: Mutex<BTreeSet<String>>,
    /// Something has failed: what is still under way counts as cancelled.
    failing: AtomicBool,
}

/// What a resource is to be.
struct Wanted {
    kind: String,
    properties: Value,
    needs: BTreeSet<String>,
    deletion: Policy,
    replacement: Policy,
    provider: Arc<dyn Provider>,
}

impl Work<'_> {
    async fn run(&self) -> Result<Converged, Fault> {
        if let Some(reason) = self.removal_denied() {
            return Ok(Converged::Failed(format!("{reason} ")));
        }
        let graph = &self.blueprint.graph;
        let needed_by = graph.needed_by();
        let mut waiting: HashMap<&str, usize> =
            graph.needs.iter().map(|(id, needs)| (id.as_str(), needs.len())).collect();
        let mut ready: BTreeMap<usize, &str> = graph
            .needs
            .iter()
            .enumerate()
            .filter(|(_, (_, needs))| needs.is_empty())
            .map(|(at, (id, _))| (at, id.as_str()))
            .collect();
        let mut running = FuturesUnordered::new();
        let mut failures = Vec::new();
        loop {
            while running.len() < PARALLEL && !self.failing.load(Ordering::SeqCst) && !self.cancelled() {
                let Some((_, id)) = ready.pop_first() else { break };
                running.push(async move { (id, self.settle(id).await) });
            }
            let Some((id, outcome)) = running.next().await else { break };
            if let Err(failure) = outcome? {
                failures.push(failure);
                continue;
            }
            for next in needed_by.get(id).into_iter().flatten() {
                let Some(count) = waiting.get_mut(next) else { continue };
                *count -= 1;
                if *count == 0
                    && let Some(at) = graph.needs.get_index_of(*next)
                {
                    ready.insert(at, next);
                }
            }
        }
        Ok(match (failures.is_empty(), self.cancelled()) {
            (_, true) => Converged::Failed("Stack update cancelled by user. ".to_owned()),
            (true, false) => Converged::Done(std::mem::take(&mut *lock(&self.imports))),
            (false, false) => Converged::Failed(failed_reason(&failures)),
        })
    }

    fn cancelled(&self) -> bool {
        self.direction == Direction::Forward && self.cell.lock().cancelled
    }

    /// Makes one resource what it is to be.
    async fn settle(&self, id: &str) -> Result<Result<(), Failure>, Fault> {
        let Some(resource) = self.blueprint.resource(id) else { return Ok(Ok(())) };
        let slot = self.cell.lock().resources.get(id).cloned();
        let skipped = {
            let stack = self.cell.lock();
            self.direction == Direction::Backward
                && (slot.as_ref().is_some_and(|slot| slot.skipped)
                    || stack.operation.as_ref().is_some_and(|operation| operation.skip.contains(id)))
        };
        if skipped {
            return self.skip(id, resource).map(Ok);
        }
        let wanted = match self.wanted(id, resource) {
            Ok(wanted) => wanted,
            Err(reason) => return self.refuse(id, resource, slot.as_ref(), reason),
        };
        let Some(slot) = slot else { return self.create(id, wanted, None).await };
        let Some(live) = slot.live.clone() else { return self.create(id, wanted, Some(&slot)).await };
        if self.direction == Direction::Backward
            && slot.origin.as_ref().is_some_and(|origin| origin.physical != live.physical || origin.kind != live.kind)
        {
            return self.restore(id, &slot).map(Ok);
        }
        if live.partial {
            let context = context(self.engine, self.cell, id, &self.spec.tags, 0);
            return match wanted.provider.delete(context, live).await {
                Ok(()) => self.create(id, wanted, Some(&slot)).await,
                Err(fault) => self.refuse(id, resource, Some(&slot), fault_reason(id, &fault)),
            };
        }
        let tags_differ = wanted.provider.schema().taggable && live.tags != self.spec.tags;
        let same = live.kind == wanted.kind && live.properties == wanted.properties && !tags_differ;
        let unsure = slot.touched && slot.status == ResourceStatus::UpdateFailed || slot.interrupted.is_some();
        if same && !unsure {
            self.note(id, live, wanted)?;
            return Ok(Ok(()));
        }
        let replaced = live.kind != wanted.kind || wanted.provider.replaces(&live.properties, &wanted.properties);
        let action = if replaced { "Update:Replace" } else { "Update:Modify" };
        if let Some(reason) = self.denied(action, id, &live.kind) {
            return self.refuse(id, resource, Some(&slot), reason);
        }
        if replaced {
            return self.replace(id, wanted, &slot, &live).await;
        }
        self.update(id, wanted, live).await
    }

    /// Why the stack's policy does not let this update do something, if it does not.
    fn denied(&self, action: &str, id: &str, kind: &str) -> Option<String> {
        let stack = self.cell.lock();
        let updating = stack.operation.as_ref().is_some_and(|operation| operation.action == Action::Update);
        let policy = stack.policy.as_ref().filter(|_| updating && self.direction == Direction::Forward)?;
        stack_policy::denied(policy, action, id, kind)
    }

    /// Why the stack's policy does not let go of a resource that the template no longer has, if it does not.
    fn removal_denied(&self) -> Option<String> {
        let removed: Vec<(String, String)> = self
            .cell
            .lock()
            .living()
            .filter(|(id, _)| self.blueprint.resource(id).is_none())
            .map(|(id, live)| (id.clone(), live.kind.clone()))
            .collect();
        removed.iter().find_map(|(id, kind)| self.denied("Update:Delete", id, kind))
    }

    fn wanted(&self, id: &str, resource: &Resource) -> Result<Wanted, String> {
        let provider = self
            .engine
            .world
            .provider(&resource.kind)
            .ok_or_else(|| format!("Unrecognized resource types: [{}]", resource.kind))?;
        let (deletion, replacement) = policies(resource).map_err(|error| error.to_string())?;
        let given = {
            let known = lock(&self.known);
            let scope = StackScope::new(self.blueprint, self.around, &known);
            let properties = resource.properties.as_ref().map_or_else(|| Ok(None), |value| evaluate(value, &scope));
            let given = properties.map_err(|error| error.to_string())?.unwrap_or_else(|| Value::Object(Map::new()));
            lock(&self.imports).extend(scope.into_imports());
            given
        };
        let schema = provider.schema();
        let properties = schema.coerce(&given);
        let problems = schema.check(&properties);
        if !problems.is_empty() {
            return Err(format!(
                "Properties validation failed for resource {id} with message:\n[{}]",
                problems.join(", ")
            ));
        }
        if let Some(name) = schema.refused(&properties).first() {
            return Err(format!(
                "the local AWS does not support the property {name} of {}; see docs/local-aws.md",
                resource.kind
            ));
        }
        let needs = self.blueprint.graph.needs.get(id).cloned().unwrap_or_default();
        Ok(Wanted { kind: resource.kind.clone(), properties, needs, deletion, replacement, provider })
    }

    fn live(&self, wanted: &Wanted, made: Made) -> Live {
        Live {
            kind: wanted.kind.clone(),
            reference: made.reference.unwrap_or_else(|| made.physical.clone()),
            physical: made.physical,
            attributes: made.attributes,
            properties: wanted.properties.clone(),
            tags: self.spec.tags.clone(),
            needs: wanted.needs.clone(),
            deletion: wanted.deletion,
            replacement: wanted.replacement,
            partial: false,
        }
    }

    fn partial(&self, wanted: &Wanted, made: Made) -> Box<Live> {
        Box::new(Live { partial: true, ..self.live(wanted, made) })
    }

    fn event(
        &self,
        id: &str,
        kind: &str,
        status: ResourceStatus,
        physical: Option<&str>,
        reason: Option<String>,
        effect: Effect,
    ) -> Result<(), Fault> {
        self.engine.record(
            self.cell,
            Record::Resource {
                logical: id.to_owned(),
                kind: kind.to_owned(),
                status,
                physical: physical.map(str::to_owned),
                reason,
                effect,
            },
        )
    }

    fn learn(&self, id: &str, live: &Live) {
        lock(&self.known).insert(id.to_owned(), Known::from(live));
    }

    /// Updates what the stack keeps about an unchanged resource.
    fn note(&self, id: &str, live: Live, wanted: Wanted) -> Result<(), Fault> {
        let noted = Live {
            needs: wanted.needs,
            deletion: wanted.deletion,
            replacement: wanted.replacement,
            tags: self.spec.tags.clone(),
            ..live.clone()
        };
        if noted != live {
            self.engine.record(self.cell, Record::Noted { logical: id.to_owned(), live: Box::new(noted) })?;
        }
        Ok(())
    }

    fn skip(&self, id: &str, resource: &Resource) -> Result<(), Fault> {
        let physical = self.cell.lock().resources.get(id).and_then(|slot| slot.live.clone()).map(|live| live.physical);
        let reason = Some("Resource was skipped during rollback".to_owned());
        self.event(id, &resource.kind, ResourceStatus::UpdateComplete, physical.as_deref(), reason, Effect::Skipped)
    }

    fn restore(&self, id: &str, slot: &Slot) -> Result<(), Fault> {
        let Some(origin) = &slot.origin else { return Ok(()) };
        self.event(id, &origin.kind, ResourceStatus::UpdateComplete, Some(&origin.physical), None, Effect::Restored)?;
        self.learn(id, origin);
        Ok(())
    }

    /// A resource whose properties cannot be worked out or do not fit.
    fn refuse(
        &self,
        id: &str,
        resource: &Resource,
        slot: Option<&Slot>,
        reason: String,
    ) -> Result<Result<(), Failure>, Fault> {
        let live = slot.and_then(|slot| slot.live.as_ref());
        let physical = live.map(|live| live.physical.as_str());
        self.failing.store(true, Ordering::SeqCst);
        let (begin, fail, failure) = match live {
            None => (ResourceStatus::CreateInProgress, ResourceStatus::CreateFailed, Failure::Create(id.to_owned())),
            Some(_) => (ResourceStatus::UpdateInProgress, ResourceStatus::UpdateFailed, Failure::Update(id.to_owned())),
        };
        self.event(id, &resource.kind, begin, physical, None, Effect::Nothing)?;
        self.event(id, &resource.kind, fail, physical, Some(reason), Effect::Nothing)?;
        Ok(Err(failure))
    }

    async fn create(&self, id: &str, wanted: Wanted, slot: Option<&Slot>) -> Result<Result<(), Failure>, Fault> {
        if let Some(physical) = self.import_of(id) {
            return self.import(id, wanted, &physical).await;
        }
        let (begin, done, fail) =
            (ResourceStatus::CreateInProgress, ResourceStatus::CreateComplete, ResourceStatus::CreateFailed);
        let context = context(self.engine, self.cell, id, &self.spec.tags, 0);
        self.clear_interrupted(id, &wanted, slot, &context).await;
        self.event(id, &wanted.kind, begin, None, None, Effect::Nothing)?;
        match self.make(id, &wanted, context, begin).await? {
            Ok(made) => {
                let live = self.live(&wanted, made);
                self.finish(
                    id,
                    live,
                    (begin, done, fail),
                    Effect::Becomes,
                    "Resource creation cancelled",
                    Failure::Create,
                )
            }
            Err((reason, partial)) => {
                self.failing.store(true, Ordering::SeqCst);
                let physical = partial.as_ref().map(|made| made.physical.clone());
                let effect = partial.map_or(Effect::Nothing, |made| Effect::Becomes(self.partial(&wanted, made)));
                self.event(id, &wanted.kind, fail, physical.as_deref(), Some(reason), effect)?;
                Ok(Err(Failure::Create(id.to_owned())))
            }
        }
    }

    async fn replace(&self, id: &str, wanted: Wanted, slot: &Slot, live: &Live) -> Result<Result<(), Failure>, Fault> {
        const WORDS: &str = "Requested update requires the creation of a new physical resource; hence creating one.";
        let (begin, done, fail) =
            (ResourceStatus::UpdateInProgress, ResourceStatus::UpdateComplete, ResourceStatus::UpdateFailed);
        let generation = self.cell.lock().entries;
        let context = context(self.engine, self.cell, id, &self.spec.tags, generation);
        self.clear_interrupted(id, &wanted, Some(slot), &context).await;
        self.event(id, &wanted.kind, begin, Some(&live.physical), Some(WORDS.to_owned()), Effect::Nothing)?;
        let named_alike = wanted.provider.name(&context, &wanted.properties).is_some_and(|name| name == live.physical);
        let made = if named_alike && live.kind == wanted.kind {
            Err((
                format!(
                    "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {} and update the stack again.",
                    live.physical
                ),
                None,
            ))
        } else {
            self.make(id, &wanted, context, begin).await?
        };
        match made {
            Ok(made) => {
                let live = self.live(&wanted, made);
                self.finish(
                    id,
                    live,
                    (begin, done, fail),
                    Effect::Replaced,
                    "Resource update cancelled",
                    Failure::Update,
                )
            }
            Err((reason, partial)) => {
                self.failing.store(true, Ordering::SeqCst);
                let effect = partial.map_or(Effect::Nothing, |made| Effect::Replaced(self.partial(&wanted, made)));
                self.event(id, &wanted.kind, fail, Some(&live.physical), Some(reason), effect)?;
                Ok(Err(Failure::Update(id.to_owned())))
            }
        }
    }

    async fn update(&self, id: &str, wanted: Wanted, live: Live) -> Result<Result<(), Failure>, Fault> {
        let (begin, done, fail) =
            (ResourceStatus::UpdateInProgress, ResourceStatus::UpdateComplete, ResourceStatus::UpdateFailed);
        self.event(id, &wanted.kind, begin, Some(&live.physical), None, Effect::Begins)?;
        let context = context(self.engine, self.cell, id, &self.spec.tags, 0);
        match wanted.provider.update(context, live.clone(), wanted.properties.clone()).await {
            Ok(made) => {
                // A custom resource that comes back under another id is another one: the one before is cleaned up.
                let another = made.physical != live.physical;
                let live = self.live(&wanted, made);
                self.learn(id, &live);
                let effect = if another { Effect::Replaced } else { Effect::Becomes }(Box::new(live.clone()));
                if self.failing.load(Ordering::SeqCst) && self.direction == Direction::Forward {
                    let reason = Some("Resource update cancelled".to_owned());
                    self.event(id, &wanted.kind, fail, Some(&live.physical), reason, effect)?;
                    return Ok(Err(Failure::Update(id.to_owned())));
                }
                self.event(id, &wanted.kind, done, Some(&live.physical), None, effect)?;
                Ok(Ok(()))
            }
            Err(fault) => {
                self.failing.store(true, Ordering::SeqCst);
                let reason = Some(fault_reason(&live.physical, &fault));
                self.event(id, &wanted.kind, fail, Some(&live.physical), reason, Effect::Nothing)?;
                Ok(Err(Failure::Update(id.to_owned())))
            }
        }
    }

    /// Asks the provider for a new physical resource. The error is a reason, with what may be there of it.
    async fn make(
        &self,
        id: &str,
        wanted: &Wanted,
        context: Context,
        status: ResourceStatus,
    ) -> Result<Result<Made, (String, Option<Made>)>, Fault> {
        let name = wanted.provider.name(&context, &wanted.properties);
        if let Some(name) = &name {
            match wanted.provider.read(context.clone(), name.clone(), wanted.properties.clone()).await {
                Ok(None) => {}
                Ok(Some(_)) => return Ok(Err((already_exists(&wanted.kind, name), None))),
                Err(fault) => return Ok(Err((fault_reason(name, &fault), None))),
            }
            let reason = Some("Resource creation Initiated".to_owned());
            self.event(id, &wanted.kind, status, Some(name), reason, Effect::Begins)?;
        }
        let creating = wanted.provider.create(context, wanted.properties.clone());
        let created = match wanted.kind.as_str() {
            WAITING => tokio::select! {
                created = creating => created,
                () = self.given_up() => return Ok(Err(("Resource creation cancelled".to_owned(), None))),
            },
            _ => creating.await,
        };
        Ok(match created {
            Ok(made) => {
                if name.is_none() {
                    let reason = Some("Resource creation Initiated".to_owned());
                    self.event(id, &wanted.kind, status, Some(&made.physical), reason, Effect::Nothing)?;
                }
                Ok(made)
            }
            // The name was free a moment ago: whatever has it now is a part of what failed.
            Err(fault) => Err((fault_reason(id, &fault), name.map(Made::new))),
        })
    }

    /// Waits until the operation has failed elsewhere, or is cancelled.
    async fn given_up(&self) {
        while !(self.failing.load(Ordering::SeqCst) || self.cancelled()) {
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Removes what an attempt before a restart may have left.
    async fn clear_interrupted(&self, id: &str, wanted: &Wanted, slot: Option<&Slot>, context: &Context) {
        let Some(physical) = slot.and_then(|slot| slot.interrupted.clone()).filter(|physical| !physical.is_empty())
        else {
            return;
        };
        if slot.and_then(|slot| slot.live.as_ref()).is_some_and(|live| live.physical == physical) {
            return;
        }
        let live = self.live(wanted, Made::new(physical));
        if let Err(fault) = wanted.provider.delete(context.clone(), live).await {
            tracing::warn!(resource = id, %fault, "what an interrupted creation left could not be deleted");
        }
    }

    /// Notes a resource that was made: complete, or cancelled when something else has failed meanwhile.
    fn finish(
        &self,
        id: &str,
        live: Live,
        (_, done, fail): (ResourceStatus, ResourceStatus, ResourceStatus),
        effect: fn(Box<Live>) -> Effect,
        cancelled: &str,
        failure: fn(String) -> Failure,
    ) -> Result<Result<(), Failure>, Fault> {
        self.learn(id, &live);
        let (kind, physical) = (live.kind.clone(), live.physical.clone());
        let effect = effect(Box::new(live));
        if self.failing.load(Ordering::SeqCst) && self.direction == Direction::Forward {
            self.event(id, &kind, fail, Some(&physical), Some(cancelled.to_owned()), effect)?;
            return Ok(Err(failure(id.to_owned())));
        }
        self.event(id, &kind, done, Some(&physical), None, effect)?;
        Ok(Ok(()))
    }

    fn import_of(&self, id: &str) -> Option<String> {
        let stack = self.cell.lock();
        let operation = stack.operation.as_ref().filter(|operation| operation.action == Action::Import)?;
        operation.imports.get(id).cloned()
    }

    async fn import(&self, id: &str, wanted: Wanted, physical: &str) -> Result<Result<(), Failure>, Fault> {
        self.event(id, &wanted.kind, ResourceStatus::ImportInProgress, Some(physical), None, Effect::Nothing)?;
        let context = context(self.engine, self.cell, id, &self.spec.tags, 0);
        let found = wanted.provider.read(context, physical.to_owned(), wanted.properties.clone()).await;
        let reason = match found {
            Ok(Some(found)) => {
                let live = self.live(&wanted, found.made);
                self.learn(id, &live);
                let effect = Effect::Becomes(Box::new(live));
                self.event(id, &wanted.kind, ResourceStatus::ImportComplete, Some(physical), None, effect)?;
                return Ok(Ok(()));
            }
            Ok(None) => format!("Resource of type '{}' with identifier '{physical}' was not found.", wanted.kind),
            Err(fault) => fault_reason(physical, &fault),
        };
        self.failing.store(true, Ordering::SeqCst);
        self.event(id, &wanted.kind, ResourceStatus::ImportFailed, Some(physical), Some(reason), Effect::Nothing)?;
        Ok(Err(Failure::Create(id.to_owned())))
    }
}

/// The words for a name that is taken.
pub fn already_exists(kind: &str, name: &str) -> String {
    format!(
        "Resource handler returned message: \"Resource of type '{kind}' with identifier '{name}' already exists.\" (RequestToken: {}, HandlerErrorCode: AlreadyExists)",
        names::token(name)
    )
}

/// The deletion and the replacement policy of a resource.
///
/// # Errors
/// [`TemplateError`] when one is not a policy.
pub fn policies(resource: &Resource) -> Result<(Policy, Policy), TemplateError> {
    Ok((
        policy("DeletionPolicy", resource, resource.deletion_policy.as_ref())?,
        policy("UpdateReplacePolicy", resource, resource.update_replace_policy.as_ref())?,
    ))
}

fn failed_reason(failures: &[Failure]) -> String {
    let created: Vec<&str> = failures
        .iter()
        .filter_map(|failure| match failure {
            Failure::Create(id) => Some(id.as_str()),
            Failure::Update(_) => None,
        })
        .collect();
    let updated: Vec<&str> = failures
        .iter()
        .filter_map(|failure| match failure {
            Failure::Update(id) => Some(id.as_str()),
            Failure::Create(_) => None,
        })
        .collect();
    [("create", created), ("update", updated)]
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(word, names)| format!("The following resource(s) failed to {word}: [{}]. ", names.join(", ")))
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
