//! Whole histories of stacks, as CloudFormation tells them, each told in many ways: in one look, event by event, late,
//! in pages, with calls that are throttled in between. What the deployer says of it is always the same.
//!
//! Source of the shapes: AWS CloudFormation User Guide, "Stack status codes", "Troubleshooting CloudFormation", "Continue
//! rolling back an update".

use super::*;

const NESTED: &str = "arn:aws:cloudformation:us-east-1:000000000000:stack/signup-dev-More/2";

/// A history that ends badly, and what is to be said of it.
#[derive(Default)]
struct Shape {
    /// `ID STATUS REASON`, a line an event; the stack itself is `signup-dev`.
    told: &'static str,
    /// What happened inside the nested stack `More`.
    nested: &'static str,
    /// The resource to look at, and AWS's words about it.
    first: Option<(&'static str, &'static str)>,
    /// Words of the other causes, in their order.
    others: &'static [&'static str],
    ended: &'static str,
    now: &'static str,
}

fn history(text: &str, first_id: u32) -> Vec<ResourceEvent> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let events = lines.zip(first_id..).map(|(line, id)| {
        let mut words = line.splitn(3, ' ');
        let (logical_id, status) = (words.next().unwrap(), words.next().unwrap());
        let mut event = event(id, logical_id, status);
        event.reason = words.next().map(str::to_owned);
        event.at = Timestamp::from_second(1_700_000_000 + i64::from(id)).unwrap();
        if logical_id == "More" {
            (event.kind, event.physical_id) = ("AWS::CloudFormation::Stack".into(), Some(NESTED.into()));
        }
        event
    });
    events.collect()
}

/// The same history in looks at it: some events at a time, some a look late, some looks refused for now.
fn looks(events: &[ResourceEvent], random: &mut fastrand::Rng) -> Vec<Result<Vec<ResourceEvent>, AwsError>> {
    let mut looks = Vec::new();
    let mut seen = 0;
    while seen < events.len() {
        if random.u8(0..4) == 0 {
            looks.push(Err(AwsError::answered("DescribeStackEvents", 400, "Throttling", "Rate exceeded")));
        }
        seen = (seen + random.usize(0..4)).min(events.len());
        let mut look = events[..seen].to_vec();
        // One that is neither the newest nor the last of all comes only with the next look.
        if look.len() > 3 && seen < events.len() && random.bool() {
            look.remove(look.len() - 2);
        }
        looks.push(Ok(look));
    }
    looks
}

/// Plays a history in one way; what the deployer ends with.
async fn play(shape: &Shape, work: Work, seed: u64) -> (Option<StackFailure>, u8, String) {
    let mut random = fastrand::Rng::with_seed(seed);
    let events = history(shape.told, 10);
    let script = Script { page_size: [0, 100, 7][seed as usize % 3], ..update(looks(&events, &mut random)) };
    let nested = (!shape.nested.is_empty()).then(|| (NESTED.to_owned(), history(shape.nested, 10)));
    let script = Script { nested: nested.into_iter().collect(), ..script };
    let is_new = matches!(work, Work::Create { .. });
    let mut plan = plan(work, (!is_new).then(|| deployed("CREATE_COMPLETE")));
    plan.bucket = Bucket::Named("bucket".into());
    let failure = apply(&plan, &script, &manner(&|_| {}, Interrupt::never())).await.unwrap_err();
    let (code, text) = (failure.exit_code(), format!("{:?}", failure.account()));
    match failure {
        ApplyFailure::Stack(failure) => (Some(*failure), code, text),
        _ => (None, code, text),
    }
}

async fn assert_told(shape: Shape, work: Work) {
    for seed in 0..24 {
        let (failure, code, text) = play(&shape, work.clone(), seed).await;
        let failure = failure.unwrap_or_else(|| panic!("seed {seed}: {text}"));
        assert_eq!(code, 1, "seed {seed}");
        assert_eq!(failure.ended.as_str(), shape.ended, "seed {seed}: {text}");
        let mut said = failure.causes.iter();
        let first = said.next().map(|cause| (cause.logical_id.as_str(), cause.reason.as_str()));
        assert_eq!(first, shape.first, "seed {seed}: {text}");
        let others: Vec<String> = said.map(|cause| format!("{}: {}", cause.logical_id, cause.reason)).collect();
        assert_eq!(others, shape.others, "seed {seed}: {text}");
        if shape.first.is_some_and(|(id, _)| id == "RecordDB") {
            assert_eq!(failure.causes[0].place.as_deref(), Some("stack.yaml:34:3"), "seed {seed}");
            assert!(text.contains("stack.yaml:34:3"), "{text}");
        }
        assert!(text.contains(shape.now), "no {:?} in {text}", shape.now);
    }
}

fn new() -> Work {
    Work::Create { bootstrap: None }
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_fails_is_followed_through_its_rollback() {
    let shape = Shape {
        told: "signup-dev CREATE_IN_PROGRESS User Initiated
            RecordDB CREATE_IN_PROGRESS
            RecordAC CREATE_IN_PROGRESS
            RecordDB CREATE_FAILED Resource handler returned message: \"The role cannot be assumed\"
            RecordAC CREATE_FAILED Resource creation cancelled
            signup-dev ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [RecordDB, RecordAC]. Rollback requested by user.
            RecordDB DELETE_IN_PROGRESS
            RecordDB DELETE_COMPLETE
            signup-dev ROLLBACK_COMPLETE",
        first: Some(("RecordDB", "Resource handler returned message: \"The role cannot be assumed\"")),
        ended: "ROLLBACK_COMPLETE",
        now: "it never came to life and can only be removed",
        ..Shape::default()
    };
    assert_told(shape, new()).await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_sibling_before_the_cause_is_not_taken_for_it() {
    let shape = Shape {
        told: "signup-dev UPDATE_IN_PROGRESS User Initiated
            RecordAC UPDATE_IN_PROGRESS
            RecordDB CREATE_IN_PROGRESS
            RecordAC UPDATE_FAILED Resource update cancelled
            Notify CREATE_FAILED Resource creation cancelled
            RecordDB CREATE_FAILED Resource timed out waiting for completion
            signup-dev UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [RecordDB, Notify]. The following resource(s) failed to update: [RecordAC].
            RecordAC UPDATE_COMPLETE
            signup-dev UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
            RecordDB DELETE_COMPLETE
            signup-dev UPDATE_ROLLBACK_COMPLETE",
        first: Some(("RecordDB", "Resource timed out waiting for completion")),
        ended: "UPDATE_ROLLBACK_COMPLETE",
        now: "it is again as it was before",
        ..Shape::default()
    };
    assert_told(shape, Work::Update).await;
}

#[tokio::test(start_paused = true)]
async fn two_causes_of_one_failure_are_both_told_the_first_one_first() {
    let shape = Shape {
        told: "signup-dev UPDATE_IN_PROGRESS User Initiated
            RecordDB UPDATE_FAILED User: arn:aws:iam::000000000000:user/ann is not authorized to perform: lambda:UpdateFunctionCode (AccessDenied)
            RecordAC UPDATE_FAILED Unzipped size must be smaller than 262144000 bytes
            signup-dev UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [RecordDB, RecordAC].
            signup-dev UPDATE_ROLLBACK_COMPLETE",
        first: Some((
            "RecordDB",
            "User: arn:aws:iam::000000000000:user/ann is not authorized to perform: lambda:UpdateFunctionCode (AccessDenied)",
        )),
        others: &["RecordAC: Unzipped size must be smaller than 262144000 bytes"],
        ended: "UPDATE_ROLLBACK_COMPLETE",
        now: "the message names the action that a policy of yours must allow",
        ..Shape::default()
    };
    assert_told(shape, Work::Update).await;
}

#[tokio::test(start_paused = true)]
async fn a_way_back_that_fails_tells_what_failed_first_and_what_stopped_the_way_back() {
    let shape = Shape {
        told: "signup-dev UPDATE_IN_PROGRESS User Initiated
            RecordDB UPDATE_FAILED The runtime is not supported
            signup-dev UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [RecordDB].
            RecordDB UPDATE_IN_PROGRESS
            RecordDB UPDATE_FAILED The bucket that held its code is gone
            signup-dev UPDATE_ROLLBACK_FAILED The following resource(s) failed to update: [RecordDB].",
        first: Some(("RecordDB", "The runtime is not supported")),
        others: &["RecordDB: The bucket that held its code is gone"],
        ended: "UPDATE_ROLLBACK_FAILED",
        now: "failed on the way back: The bucket that held its code is gone",
        ..Shape::default()
    };
    assert_told(shape, Work::Update).await;
}

#[tokio::test(start_paused = true)]
async fn a_creation_whose_rollback_fails_names_both() {
    let shape = Shape {
        told: "signup-dev CREATE_IN_PROGRESS User Initiated
            RecordDB CREATE_FAILED signup-dev-RecordDB already exists
            signup-dev ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [RecordDB].
            Uploads DELETE_FAILED The bucket you tried to delete is not empty
            signup-dev ROLLBACK_FAILED The following resource(s) failed to delete: [Uploads].",
        first: Some(("RecordDB", "signup-dev-RecordDB already exists")),
        others: &["Uploads: The bucket you tried to delete is not empty"],
        ended: "ROLLBACK_FAILED",
        now: "`Uploads` (AWS::Lambda::Function) failed on the way back",
        ..Shape::default()
    };
    assert_told(shape, new()).await;
}

#[tokio::test(start_paused = true)]
async fn what_failed_inside_a_nested_stack_is_the_cause_and_not_the_nested_stack() {
    let shape = Shape {
        told: "signup-dev UPDATE_IN_PROGRESS User Initiated
            More CREATE_IN_PROGRESS
            Notify CREATE_IN_PROGRESS
            Notify CREATE_COMPLETE
            Other CREATE_IN_PROGRESS
            Other CREATE_COMPLETE
            More CREATE_FAILED Embedded stack arn was not successfully created: The following resource(s) failed to create: [RecordDB].
            signup-dev UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [More].
            signup-dev UPDATE_ROLLBACK_COMPLETE",
        nested: "signup-dev-More CREATE_IN_PROGRESS
            RecordDB CREATE_IN_PROGRESS
            RecordDB CREATE_FAILED Table already exists: signup-dev
            Side CREATE_FAILED Resource creation cancelled",
        first: Some(("RecordDB", "Table already exists: signup-dev")),
        ended: "UPDATE_ROLLBACK_COMPLETE",
        now: "it is again as it was before",
        ..Shape::default()
    };
    assert_told(shape, Work::Update).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_somebody_cancels_has_no_resource_to_blame() {
    let shape = Shape {
        told: "signup-dev UPDATE_IN_PROGRESS User Initiated
            RecordDB UPDATE_IN_PROGRESS
            RecordDB UPDATE_FAILED Resource update cancelled
            signup-dev UPDATE_ROLLBACK_IN_PROGRESS User Initiated
            signup-dev UPDATE_ROLLBACK_COMPLETE Update cancelled by user",
        ended: "UPDATE_ROLLBACK_COMPLETE",
        now: "Update cancelled by user",
        ..Shape::default()
    };
    assert_told(shape, Work::Update).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_that_is_left_as_it_failed_says_so() {
    let shape = Shape {
        told: "signup-dev UPDATE_IN_PROGRESS User Initiated
            RecordDB UPDATE_FAILED The runtime is not supported
            signup-dev UPDATE_FAILED The following resource(s) failed to update: [RecordDB].",
        first: Some(("RecordDB", "The runtime is not supported")),
        ended: "UPDATE_FAILED",
        now: "what failed was left as it is",
        ..Shape::default()
    };
    assert_told(shape, Work::Update).await;
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_somebody_deletes_meanwhile_is_no_success() {
    let told = "signup-dev CREATE_IN_PROGRESS User Initiated
        RecordDB CREATE_IN_PROGRESS
        signup-dev DELETE_IN_PROGRESS User Initiated
        RecordDB DELETE_COMPLETE
        signup-dev DELETE_COMPLETE";
    let shape = Shape { told, ended: "DELETE_COMPLETE", now: "it is gone", ..Shape::default() };
    assert_told(shape, new()).await;
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_vanishes_without_an_event_is_noticed() {
    let script = update(vec![Ok(history("signup-dev UPDATE_IN_PROGRESS User Initiated", 10))]);
    let script = Script { stack: None, ..script };
    let plan = plan(Work::Update, Some(deployed("CREATE_COMPLETE")));
    let begun = tokio::time::Instant::now();
    let failure = apply(&plan, &script, &manner(&|_| {}, Interrupt::never())).await.unwrap_err();
    assert!(format!("{:?}", failure.account()).contains("the stack is not there any more"), "{failure:?}");
    assert_eq!(failure.exit_code(), 1);
    assert!(begun.elapsed() < Duration::from_secs(300), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_end_whose_event_never_comes_is_learned_from_the_stack() {
    let script = update(vec![Ok(history("signup-dev UPDATE_IN_PROGRESS User Initiated", 10))]);
    let plan = plan(Work::Update, Some(deployed("CREATE_COMPLETE")));
    let applied = apply(&plan, &script, &manner(&|_| {}, Interrupt::never())).await.unwrap();
    assert_eq!(applied.stack.status.as_str(), "UPDATE_COMPLETE");
}

#[tokio::test(start_paused = true)]
async fn a_change_set_that_early_validation_refuses_shows_every_finding() {
    let script = update(vec![]);
    let refused = ChangeSetPage {
        status: "FAILED".into(),
        status_reason: Some(
            "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation].".into(),
        ),
        ..ChangeSetPage::default()
    };
    *script.change_sets.lock().unwrap() = VecDeque::from([refused]);
    let findings = ["RecordDB /Properties/MemorySize: 64 is less than 128", "People: signup-dev already exists"];
    let script = Script { failures: findings.map(str::to_owned).to_vec(), ..script };
    let failure =
        apply(&plan(Work::Update, Some(deployed("CREATE_COMPLETE"))), &script, &manner(&|_| {}, Interrupt::never()))
            .await
            .unwrap_err();
    let account = failure.account();
    assert_eq!(account.causes, findings.map(|finding| format!("CloudFormation says: {finding}")));
    assert_eq!((failure.exit_code(), account.now), (1, vec!["nothing was changed".to_owned()]));
    assert!(!script.asked_for("execute"));
}

/// A removal that goes through this history.
async fn removal_of(told: &str) -> Result<Removed, ApplyFailure> {
    let before = event(1, "signup-dev", "CREATE_COMPLETE");
    let events: Vec<ResourceEvent> = std::iter::once(before.clone()).chain(history(told, 10)).collect();
    let script = Script {
        polls: Mutex::new(VecDeque::from([Ok(vec![before]), Ok(events)])),
        stack: Some(deployed("CREATE_COMPLETE")),
        ..Script::default()
    };
    remove(&script, &removal(), &manner(&|_| {}, Interrupt::never())).await
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_fails_names_what_is_in_the_way_and_what_is_still_there() {
    let failure = removal_of(
        "signup-dev DELETE_IN_PROGRESS User Initiated
        RecordDB DELETE_COMPLETE
        RecordAC DELETE_FAILED Resource deletion cancelled
        Uploads DELETE_FAILED The bucket you tried to delete is not empty
        signup-dev DELETE_FAILED The following resource(s) failed to delete: [Uploads].",
    );
    let failure = failure.await.unwrap_err();
    assert_eq!(failure.exit_code(), 1);
    let account = failure.account();
    assert_eq!(account.causes.len(), 1, "{account:?}");
    assert!(account.causes[0].contains("The bucket you tried to delete is not empty"), "{account:?}");
    assert!(account.now[0].contains("some of its resources are still there"), "{account:?}");
}

#[tokio::test(start_paused = true)]
async fn a_retained_version_goes_with_its_function() {
    let told = "signup-dev DELETE_IN_PROGRESS User Initiated
        VersionOfOne DELETE_SKIPPED
        VersionOfKept DELETE_SKIPPED
        One DELETE_COMPLETE
        signup-dev DELETE_COMPLETE";
    let mut events = history(told, 10);
    let arn = |name: &str| Some(format!("arn:aws:lambda:us-east-1:000000000000:function:{name}:1"));
    for (index, name) in [(1, "one"), (2, "kept")] {
        (events[index].kind, events[index].physical_id) = ("AWS::Lambda::Version".into(), arn(name));
    }
    events[3].physical_id = Some("one".into());
    let before = event(1, "signup-dev", "CREATE_COMPLETE");
    let all = std::iter::once(before.clone()).chain(events).collect();
    let script = Script {
        polls: Mutex::new(VecDeque::from([Ok(vec![before]), Ok(all)])),
        stack: Some(deployed("CREATE_COMPLETE")),
        ..Script::default()
    };
    let removed = remove(&script, &removal(), &manner(&|_| {}, Interrupt::never())).await.unwrap();
    let kept: Vec<&str> = removed.kept.iter().map(|kept| kept.logical_id.as_str()).collect();
    assert_eq!(kept, ["VersionOfKept"]);
}
