//! Operations that go well, badly and oddly, told by a script, under a clock that does not wait.

mod histories;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::aws::AwsError;
use crate::plan::{
    Action, Change, ChangeSetPage, ChangeSetRequest, Deployed, Memory, Plan, StackOutput, StackSettings, Stacks,
    Status, Texts, Work,
};
use crate::template::Bucket;

const STACK: &str = "arn:aws:cloudformation:us-east-1:000000000000:stack/signup-dev/1";

/// A cloud that answers what it was told to, and remembers what it was asked.
#[derive(Default)]
struct Script {
    /// Answers to DescribeStackEvents, the last one again and again.
    polls: Mutex<VecDeque<Result<Vec<ResourceEvent>, AwsError>>>,
    /// The events of the last look, for its further pages.
    look: Mutex<Vec<ResourceEvent>>,
    /// How many events a page has; 0 for all.
    page_size: usize,
    /// What happened in nested stacks, by their ids.
    nested: BTreeMap<String, Vec<ResourceEvent>>,
    /// What validation found in a change set.
    failures: Vec<String>,
    change_sets: Mutex<VecDeque<ChangeSetPage>>,
    stack: Option<Deployed>,
    template: String,
    buckets: Vec<StackResource>,
    objects: Mutex<Vec<ObjectVersion>>,
    /// Texts by key.
    texts: BTreeMap<String, String>,
    asked: Mutex<Vec<String>>,
}

impl Script {
    fn ask(&self, what: impl Into<String>) {
        self.asked.lock().unwrap().push(what.into());
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn asked_for(&self, what: &str) -> bool {
        self.asked().iter().any(|asked| asked == what)
    }
}

impl Stacks for Script {
    async fn stack(&self, _: &str) -> Result<Option<Deployed>, AwsError> {
        Ok(self.stack.clone())
    }

    async fn template(&self, _: &str) -> Result<String, AwsError> {
        Ok(self.template.clone())
    }

    async fn stack_policy(&self, _: &str) -> Result<Option<String>, AwsError> {
        Ok(None)
    }

    async fn create_change_set(&self, request: &ChangeSetRequest) -> Result<String, AwsError> {
        self.ask(format!("create change set {:?}", request.kind));
        Ok("change-set".into())
    }

    async fn change_set(&self, _: &str, page: Option<&str>) -> Result<ChangeSetPage, AwsError> {
        self.ask(format!("change set page {}", page.unwrap_or("1")));
        Ok(self.change_sets.lock().unwrap().pop_front().unwrap())
    }

    async fn change_set_failures(&self, _: &str) -> Result<Vec<String>, AwsError> {
        Ok(self.failures.clone())
    }

    async fn delete_change_set(&self, _: &str) -> Result<(), AwsError> {
        self.ask("delete change set");
        Ok(())
    }
}

impl Operations for Script {
    async fn execute_change_set(&self, _: &str, _: &str, _: bool) -> Result<(), AwsError> {
        self.ask("execute");
        Ok(())
    }

    async fn delete_stack(&self, _: &str, _: &str, _: &[String], _: Option<&str>) -> Result<(), AwsError> {
        self.ask("delete stack");
        Ok(())
    }

    async fn cancel_update(&self, _: &str) -> Result<(), AwsError> {
        self.ask("cancel");
        Ok(())
    }

    async fn continue_rollback(&self, _: &str, _: &str, skip: &[String], _: Option<&str>) -> Result<(), AwsError> {
        self.ask(format!("continue without {skip:?}"));
        Ok(())
    }

    async fn set_stack_policy(&self, _: &str, _: &str) -> Result<(), AwsError> {
        self.ask("set policy");
        Ok(())
    }

    async fn set_termination_protection(&self, _: &str, protected: bool) -> Result<(), AwsError> {
        self.ask(format!("protect {protected}"));
        Ok(())
    }

    async fn events(&self, stack: &str, page: Option<&str>) -> Result<EventPage, AwsError> {
        if let Some(events) = self.nested.get(stack) {
            return Ok(EventPage { events: events.iter().rev().cloned().collect(), next: None });
        }
        let from: usize = page.map_or(0, |page| page.parse().unwrap());
        if from == 0 {
            self.ask("events");
            let mut polls = self.polls.lock().unwrap();
            let answer = if polls.len() > 1 { polls.pop_front() } else { polls.front().cloned() };
            let mut events = answer.unwrap_or(Ok(Vec::new()))?;
            events.reverse();
            *self.look.lock().unwrap() = events;
        }
        let look = self.look.lock().unwrap();
        let to = if self.page_size == 0 { look.len() } else { look.len().min(from + self.page_size) };
        Ok(EventPage { events: look[from..to].to_vec(), next: (to < look.len()).then(|| to.to_string()) })
    }

    async fn resources(&self, _: &str) -> Result<Vec<StackResource>, AwsError> {
        Ok(self.buckets.clone())
    }
}

impl Texts for Script {
    async fn text(&self, _: &str, key: &str) -> Result<Option<StoredText>, AwsError> {
        Ok(self.texts.get(key).map(|text| StoredText { text: text.clone(), tag: None }))
    }
}

impl Objects for Script {
    async fn written_at(&self, _: &str, key: &str) -> Result<Option<Timestamp>, AwsError> {
        let there = self.objects.lock().unwrap().iter().any(|object| object.key == key);
        Ok(there.then_some(Timestamp::UNIX_EPOCH))
    }

    async fn put_text_unless(&self, _: &str, key: &str, _: &str, _: &Unless) -> Result<Option<String>, AwsError> {
        self.ask(format!("put {key}"));
        Ok(None)
    }

    async fn put_file(&self, _: &str, key: &str, _: &Path, _: &str) -> Result<(), AwsError> {
        self.ask(format!("put {key}"));
        Ok(())
    }

    async fn put_text(&self, _: &str, _: &str, _: &str) -> Result<(), AwsError> {
        self.ask("put template");
        Ok(())
    }

    async fn versions(
        &self,
        bucket: &str,
        _: &str,
        _: Option<&(String, String)>,
    ) -> Result<Option<ObjectPage>, AwsError> {
        self.ask(format!("list {bucket}"));
        Ok(Some(ObjectPage { objects: self.objects.lock().unwrap().clone(), next: None }))
    }

    async fn delete_objects(&self, bucket: &str, objects: &[ObjectVersion]) -> Result<(), AwsError> {
        self.ask(format!("delete {} of {bucket}", objects.len()));
        self.objects.lock().unwrap().clear();
        Ok(())
    }

    fn object_url(&self, bucket: &str, key: &str) -> String {
        format!("https://{bucket}/{key}")
    }
}

fn object(key: &str) -> ObjectVersion {
    ObjectVersion { key: key.into(), size_bytes: 1, is_latest: true, ..ObjectVersion::default() }
}

fn event(id: u32, of: &str, status: &str) -> ResourceEvent {
    ResourceEvent {
        id: id.to_string(),
        logical_id: of.into(),
        physical_id: None,
        kind: "AWS::Lambda::Function".into(),
        status: status.into(),
        reason: None,
        at: Timestamp::UNIX_EPOCH,
        token: None,
        of_stack: of == "signup-dev",
    }
}

fn failed(id: u32, of: &str, reason: &str) -> ResourceEvent {
    ResourceEvent { reason: Some(reason.into()), ..event(id, of, "CREATE_FAILED") }
}

fn deployed(status: &str) -> Deployed {
    Deployed {
        id: STACK.into(),
        name: "signup-dev".into(),
        status: Status::new(status),
        status_reason: None,
        outputs: vec![StackOutput {
            key: "ServerlessDeploymentBucketName".into(),
            value: "bucket".into(),
            description: None,
        }],
        parameters: BTreeMap::new(),
        tags: BTreeMap::new(),
        termination_protection: false,
        changed_at: None,
        change_set_id: None,
    }
}

fn plan(work: Work, deployed: Option<Deployed>) -> Plan {
    Plan {
        stack_name: "signup-dev".into(),
        region: "us-east-1".into(),
        work,
        deployed,
        before: None,
        uploads: Vec::new(),
        template: "{}".into(),
        bucket: Bucket::OfStack,
        prefix: "serverless/signup/dev".into(),
        settings: StackSettings::default(),
        places: BTreeMap::from([("RecordDB".to_owned(), "stack.yaml:34:3".to_owned())]),
        keep_deployments: 5,
        bucket_first: None,
        policy_to_set: None,
        protection_to_set: None,
        stage_to_set: None,
        memory: Memory::default(),
    }
}

fn removal() -> Removal<'static> {
    static NO_PLACES: BTreeMap<String, String> = BTreeMap::new();
    Removal {
        stack: "signup-dev",
        role_arn: None,
        bucket: &Bucket::OfStack,
        prefix: "serverless/signup/dev",
        keeps_data: false,
        places: &NO_PLACES,
    }
}

fn ready(changes: usize) -> ChangeSetPage {
    let change = Change { action: Action::Modify, logical_id: "RecordDB".into(), ..Change::default() };
    ChangeSetPage {
        status: "CREATE_COMPLETE".into(),
        stack_id: Some(STACK.into()),
        changes: vec![change; changes],
        ..ChangeSetPage::default()
    }
}

fn manner<'a>(tell: Tell<'a>, interrupt: Interrupt) -> Manner<'a> {
    Manner { pace: Pace::AWS, tell, interrupt, now: Timestamp::UNIX_EPOCH, who: "ann@laptop".into(), waits: true }
}

/// An update whose operation has these polls after the one that finds where the events end.
fn update(polls: Vec<Result<Vec<ResourceEvent>, AwsError>>) -> Script {
    let before = vec![event(1, "signup-dev", "CREATE_COMPLETE")];
    let polls = std::iter::once(Ok(before.clone()))
        .chain(polls.into_iter().map(|poll| poll.map(|events| before.iter().cloned().chain(events).collect())));
    Script {
        polls: Mutex::new(polls.collect()),
        change_sets: Mutex::new(VecDeque::from([ready(1)])),
        stack: Some(deployed("UPDATE_COMPLETE")),
        ..Script::default()
    }
}

async fn run(script: &Script) -> (Result<Applied, ApplyFailure>, Vec<Event>) {
    let told = Mutex::new(Vec::new());
    let tell = |event| told.lock().unwrap().push(event);
    let plan = plan(Work::Update, Some(deployed("CREATE_COMPLETE")));
    let result = apply(&plan, script, &manner(&tell, Interrupt::never())).await;
    (result, told.into_inner().unwrap())
}

fn statuses(told: &[Event]) -> Vec<String> {
    let told = told.iter().filter_map(|event| match event {
        Event::Resource(event) => Some(format!("{} {}", event.logical_id, event.status)),
        _ => None,
    });
    told.collect()
}

#[tokio::test(start_paused = true)]
async fn every_event_of_an_update_is_told_once_and_in_order() {
    let begun = event(2, "signup-dev", "UPDATE_IN_PROGRESS");
    let changing = event(3, "RecordDB", "UPDATE_IN_PROGRESS");
    let script = update(vec![
        Ok(vec![]),
        Ok(vec![begun.clone(), changing.clone()]),
        Ok(vec![begun.clone(), changing.clone()]),
        Ok(vec![begun, changing, event(4, "RecordDB", "UPDATE_COMPLETE"), event(5, "signup-dev", "UPDATE_COMPLETE")]),
    ]);
    let (result, told) = run(&script).await;
    assert_eq!(result.unwrap().changes.len(), 1);
    assert_eq!(
        statuses(&told),
        [
            "signup-dev UPDATE_IN_PROGRESS",
            "RecordDB UPDATE_IN_PROGRESS",
            "RecordDB UPDATE_COMPLETE",
            "signup-dev UPDATE_COMPLETE",
        ]
    );
    assert!(script.asked_for("put template") && script.asked_for("execute"));
}

#[tokio::test(start_paused = true)]
async fn a_rollback_is_followed_to_its_end_and_the_first_cause_is_named_with_its_line() {
    let script = update(vec![Ok(vec![
        event(2, "signup-dev", "UPDATE_IN_PROGRESS"),
        failed(3, "RecordAC", "Resource creation cancelled"),
        failed(4, "RecordDB", "The role cannot be assumed"),
        event(5, "signup-dev", "UPDATE_ROLLBACK_IN_PROGRESS"),
        event(6, "signup-dev", "UPDATE_ROLLBACK_COMPLETE"),
    ])]);
    let (result, _) = run(&script).await;
    let Err(ApplyFailure::Stack(failure)) = result else { panic!("{result:?}") };
    assert_eq!(failure.causes.len(), 1);
    assert_eq!(failure.causes[0].logical_id, "RecordDB");
    let account = ApplyFailure::Stack(failure).account();
    assert_eq!(account.place.as_deref(), Some("stack.yaml:34:3"));
    assert_eq!(account.causes, ["AWS says of it: The role cannot be assumed (CREATE_FAILED)"]);
    assert_eq!(account.now, ["the stack `signup-dev` is UPDATE_ROLLBACK_COMPLETE: it is again as it was before"]);
}

#[tokio::test(start_paused = true)]
async fn throttling_in_mid_deploy_is_waited_out() {
    let throttled = || Err(AwsError::answered("DescribeStackEvents", 400, "Throttling", "Rate exceeded"));
    let script = update(vec![
        throttled(),
        throttled(),
        Ok(vec![event(2, "signup-dev", "UPDATE_IN_PROGRESS"), event(3, "signup-dev", "UPDATE_COMPLETE")]),
    ]);
    let (result, told) = run(&script).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(told.iter().filter(|event| matches!(event, Event::Retrying { .. })).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn credentials_that_expire_in_mid_deploy_say_that_the_operation_goes_on() {
    let expired = AwsError::answered("DescribeStackEvents", 403, "ExpiredToken", "The security token is expired");
    let script = update(vec![Err(expired)]);
    let (result, _) = run(&script).await;
    let failure = result.unwrap_err();
    assert_eq!(failure.exit_code(), 5);
    let account = failure.account();
    assert_eq!(account.now, ["the operation on the stack `signup-dev` goes on without being watched"]);
    assert!(account.hints.iter().any(|hint| hint.contains("run the same command again")), "{account:?}");
}

#[tokio::test(start_paused = true)]
async fn a_cloud_that_never_answers_again_is_given_up_after_a_bounded_time() {
    let cut = AwsError { kind: crate::aws::Kind::Unreachable, ..AwsError::garbled("DescribeStackEvents", "cut") };
    let script = update(vec![Err(cut)]);
    let begun = tokio::time::Instant::now();
    let (result, _) = run(&script).await;
    assert!(matches!(result, Err(ApplyFailure::Lost { .. })), "{result:?}");
    assert!(begun.elapsed() < Duration::from_secs(600), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_change_set_is_read_with_all_its_pages() {
    let script = update(vec![Ok(vec![event(2, "signup-dev", "UPDATE_COMPLETE")])]);
    let pending = ChangeSetPage { status: "CREATE_PENDING".into(), ..ChangeSetPage::default() };
    let first = ChangeSetPage { next: Some("2".into()), ..ready(2) };
    *script.change_sets.lock().unwrap() = VecDeque::from([pending, first, ready(1)]);
    let (result, _) = run(&script).await;
    assert_eq!(result.unwrap().changes.len(), 3);
    assert!(script.asked_for("change set page 2"));
}

#[tokio::test(start_paused = true)]
async fn a_change_set_without_changes_is_deleted_and_nothing_is_executed() {
    let script = update(vec![]);
    let empty = ChangeSetPage {
        status: "FAILED".into(),
        status_reason: Some("The submitted information didn't contain changes. Submit different information.".into()),
        ..ChangeSetPage::default()
    };
    *script.change_sets.lock().unwrap() = VecDeque::from([empty]);
    let (result, _) = run(&script).await;
    assert!(result.is_ok(), "{result:?}");
    assert!(script.asked_for("delete change set"));
    assert!(!script.asked_for("execute"));
}

#[tokio::test(start_paused = true)]
async fn a_change_set_that_is_refused_shows_the_reason_and_changes_nothing() {
    let script = update(vec![]);
    let refused = ChangeSetPage {
        status: "FAILED".into(),
        status_reason: Some("Template error: instance of Fn::GetAtt references undefined resource Userz".into()),
        ..ChangeSetPage::default()
    };
    *script.change_sets.lock().unwrap() = VecDeque::from([refused]);
    let (result, _) = run(&script).await;
    let account = result.unwrap_err().account();
    assert!(account.causes[0].contains("undefined resource Userz"), "{account:?}");
    assert_eq!(account.now, ["nothing was changed"]);
    assert!(script.asked_for("delete change set"), "nothing may be left of it");
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_goes_on_already_is_watched_to_its_end_first() {
    let other = [
        event(7, "signup-dev", "UPDATE_COMPLETE"),
        event(8, "signup-dev", "UPDATE_IN_PROGRESS"),
        event(9, "signup-dev", "UPDATE_COMPLETE"),
    ];
    let own = event(10, "signup-dev", "UPDATE_COMPLETE");
    let script = Script {
        polls: Mutex::new(VecDeque::from([
            Ok(other[..2].to_vec()),
            Ok(other.to_vec()),
            Ok(other.to_vec()),
            Ok(other.iter().cloned().chain([own]).collect()),
        ])),
        change_sets: Mutex::new(VecDeque::from([ready(1)])),
        stack: Some(deployed("UPDATE_COMPLETE")),
        ..Script::default()
    };
    let told = Mutex::new(Vec::new());
    let tell = |event| told.lock().unwrap().push(event);
    let plan = plan(Work::Update, Some(deployed("UPDATE_IN_PROGRESS")));
    apply(&plan, &script, &manner(&tell, Interrupt::never())).await.unwrap();
    let told = told.into_inner().unwrap();
    assert!(matches!(&told[0], Event::Joined { status, .. } if status == "UPDATE_IN_PROGRESS"), "{told:?}");
    assert_eq!(
        statuses(&told),
        ["signup-dev UPDATE_IN_PROGRESS", "signup-dev UPDATE_COMPLETE", "signup-dev UPDATE_COMPLETE"]
    );
}

#[tokio::test(start_paused = true)]
async fn one_press_stops_watching_and_two_take_the_update_back() {
    let going = || Ok(vec![event(2, "signup-dev", "UPDATE_IN_PROGRESS")]);
    let script = update(vec![going()]);
    let (presses, interrupt) = Interrupt::driven();
    let once = |event: Event| {
        if matches!(event, Event::Begun { .. }) {
            presses.send_modify(|presses| *presses += 1);
        }
    };
    let plan = plan(Work::Update, Some(deployed("CREATE_COMPLETE")));
    let result = apply(&plan, &script, &manner(&once, interrupt)).await;
    let failure = result.unwrap_err();
    assert_eq!(failure.exit_code(), 130);
    assert!(!script.asked_for("cancel"));
    assert!(failure.account().hints[1].contains("cancel-update-stack"), "{:?}", failure.account());

    let back = vec![
        event(2, "signup-dev", "UPDATE_IN_PROGRESS"),
        event(3, "signup-dev", "UPDATE_ROLLBACK_IN_PROGRESS"),
        event(4, "signup-dev", "UPDATE_ROLLBACK_COMPLETE"),
    ];
    let script = update(vec![going(), Ok(back)]);
    let (presses, interrupt) = Interrupt::driven();
    let twice = |event: Event| {
        if matches!(event, Event::Begun { .. }) {
            presses.send_modify(|presses| *presses += 2);
        }
    };
    let result = apply(&plan, &script, &manner(&twice, interrupt)).await;
    assert!(script.asked_for("cancel"));
    let failure = result.unwrap_err();
    assert!(matches!(failure, ApplyFailure::Cancelled { .. }), "{failure:?}");
    assert_eq!(failure.exit_code(), 130);
    assert!(failure.account().now[0].contains("it is again as it was before"), "{:?}", failure.account());
}

#[tokio::test(start_paused = true)]
async fn what_is_in_the_bucket_already_is_not_uploaded_again() {
    let script = update(vec![Ok(vec![event(2, "signup-dev", "UPDATE_COMPLETE")])]);
    let upload = |key: &str| crate::plan::Upload {
        key: key.into(),
        path: "unread.zip".into(),
        digest: "d".into(),
        size_bytes: 1,
    };
    *script.objects.lock().unwrap() = vec![ObjectVersion { modified: Some(Timestamp::UNIX_EPOCH), ..object("old") }];
    let mut plan = plan(Work::Update, Some(deployed("CREATE_COMPLETE")));
    plan.uploads = vec![upload("old"), upload("new")];
    apply(&plan, &script, &manner(&|_| {}, Interrupt::never())).await.unwrap();
    assert!(script.asked_for("put new"));
    assert!(!script.asked_for("put old"));
}

#[tokio::test(start_paused = true)]
async fn removing_empties_only_the_buckets_that_go_and_tells_what_is_kept() {
    let bucket = |id: &str, name: &str| StackResource {
        logical_id: id.into(),
        physical_id: Some(name.into()),
        kind: "AWS::S3::Bucket".into(),
        status: "CREATE_COMPLETE".into(),
    };
    let kept = ResourceEvent { physical_id: Some("keep-me".into()), ..event(3, "Kept", "DELETE_SKIPPED") };
    let script = Script {
        polls: Mutex::new(VecDeque::from([
            Ok(vec![event(1, "signup-dev", "CREATE_COMPLETE")]),
            Ok(vec![
                event(1, "signup-dev", "CREATE_COMPLETE"),
                event(2, "signup-dev", "DELETE_IN_PROGRESS"),
                kept,
                event(4, "signup-dev", "DELETE_COMPLETE"),
            ]),
        ])),
        stack: Some(deployed("CREATE_COMPLETE")),
        template: r#"{"Resources": {"Own": {}, "Kept": {"DeletionPolicy": "Retain"}}}"#.into(),
        buckets: vec![bucket("Own", "own"), bucket("Kept", "keep-me")],
        objects: Mutex::new(vec![object("a")]),
        ..Script::default()
    };
    let removed = remove(&script, &removal(), &manner(&|_| {}, Interrupt::never())).await;
    let removed = removed.unwrap();
    assert!(script.asked_for("delete 1 of own"));
    assert!(!script.asked_for("list keep-me"));
    assert_eq!(removed.kept.len(), 1);
    assert_eq!(removed.kept[0].physical_id, "keep-me");
}

#[tokio::test(start_paused = true)]
async fn a_protected_stack_is_not_touched() {
    let stack = Deployed { termination_protection: true, ..deployed("CREATE_COMPLETE") };
    let script = Script { stack: Some(stack), ..Script::default() };
    let result = remove(&script, &removal(), &manner(&|_| {}, Interrupt::never())).await;
    assert!(matches!(result, Err(ApplyFailure::Protected { .. })), "{result:?}");
    assert!(script.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_press_before_anything_is_begun_leaves_the_stack_alone() {
    let script = update(vec![]);
    let (presses, interrupt) = Interrupt::driven();
    presses.send_modify(|presses| *presses += 1);
    let plan = plan(Work::Update, Some(deployed("CREATE_COMPLETE")));
    let failure = apply(&plan, &script, &manner(&|_| {}, interrupt)).await.unwrap_err();
    assert!(matches!(failure, ApplyFailure::NotBegun { .. }), "{failure:?}");
    assert_eq!(failure.exit_code(), 130);
    assert!(!script.asked_for("execute"));
}

#[tokio::test(start_paused = true)]
async fn who_deploys_is_told_to_the_second_who_does_not_wait() {
    let begun = ResourceEvent {
        token: Some(token("ann@laptop", "Update", Timestamp::UNIX_EPOCH)),
        ..event(8, "signup-dev", "UPDATE_IN_PROGRESS")
    };
    let script = Script { polls: Mutex::new(VecDeque::from([Ok(vec![begun])])), ..Script::default() };
    let plan = plan(Work::Update, Some(deployed("UPDATE_IN_PROGRESS")));
    let impatient = Manner { waits: false, ..manner(&|_| {}, Interrupt::never()) };
    let failure = apply(&plan, &script, &impatient).await.unwrap_err();
    assert!(failure.account().causes[0].contains("begun by ann@laptop at 1970-01-01T00:00:00Z"), "{failure:?}");
    assert!(!script.asked_for("execute"));
}

#[tokio::test(start_paused = true)]
async fn going_back_goes_on_without_what_is_gone() {
    let gone = ResourceEvent { reason: Some("Function not found".into()), ..event(3, "Gone", "UPDATE_FAILED") };
    let denied = ResourceEvent { reason: Some("not authorized".into()), ..event(4, "Denied", "UPDATE_FAILED") };
    let stuck = |id: &str| StackResource {
        logical_id: id.into(),
        physical_id: Some(id.into()),
        kind: "AWS::Lambda::Function".into(),
        status: "UPDATE_FAILED".into(),
    };
    let script = Script {
        polls: Mutex::new(VecDeque::from([Ok(vec![gone, denied])])),
        buckets: vec![stuck("Gone"), stuck("Denied")],
        ..Script::default()
    };
    let stack = deployed("UPDATE_ROLLBACK_FAILED");
    let found = remedy(&script, &stack, &[]).await.unwrap();
    let Some(Remedy::ContinueRollback { skip, retry }) = &found else { panic!("{found:?}") };
    assert_eq!((skip[0].logical_id.as_str(), retry[0].logical_id.as_str()), ("Gone", "Denied"));
    *script.polls.lock().unwrap() = VecDeque::from([
        Ok(vec![event(5, "signup-dev", "UPDATE_ROLLBACK_FAILED")]),
        Ok(vec![
            event(5, "signup-dev", "UPDATE_ROLLBACK_FAILED"),
            event(6, "signup-dev", "UPDATE_ROLLBACK_IN_PROGRESS"),
            event(7, "signup-dev", "UPDATE_ROLLBACK_COMPLETE"),
        ]),
    ]);
    let manner = manner(&|_| {}, Interrupt::never());
    mend(&script, &stack, found.as_ref().unwrap(), None, &manner).await.unwrap();
    assert!(script.asked_for(r#"continue without ["Gone"]"#), "{:?}", script.asked());
}

#[tokio::test(start_paused = true)]
async fn old_deployments_are_pruned_with_the_files_that_only_they_had() {
    let at = |millis: i64| Timestamp::from_millisecond(millis).unwrap();
    let prefix = "serverless/signup/dev";
    let folder =
        |millis: i64| format!("{prefix}/{}/compiled-cloudformation-template.json", deployment_name(at(millis)));
    let digest = |letter: &str| format!("{prefix}/{}/f.zip", letter.repeat(64));
    let of = |key: String| ObjectVersion { modified: Some(Timestamp::UNIX_EPOCH), ..object(&key) };
    let objects = [folder(1), folder(2), folder(3), digest("a"), digest("b"), format!("{prefix}/swaps.json")];
    let script = Script {
        objects: Mutex::new(objects.into_iter().map(of).collect()),
        texts: BTreeMap::from([(folder(2), digest("b"))]),
        ..Script::default()
    };
    let mut plan = plan(Work::Update, None);
    plan.keep_deployments = 1;
    let late = Manner { now: at(100_000_000_000), ..manner(&|_| {}, Interrupt::never()) };
    // The folder of the first one, and the file that neither of the others names.
    assert_eq!(super::prune::prune(&script, "bucket", &plan, &late).await.unwrap(), 2);
}
