//! Rules: events by their pattern and times by their schedule, and what the targets get.

use std::sync::Arc;

use local_aws::services::events::tick;
use local_aws::wire::Fault;
use local_aws::{Clock, Cloud};
use serde_json::{Value, json};

const REGION: &str = "us-east-1";

fn cloud() -> Arc<Cloud> {
    Cloud::in_memory(Clock::fixed("2026-11-22T10:00:30Z".parse().unwrap())).unwrap()
}

async fn ask(cloud: &Arc<Cloud>, service: &str, operation: &str, input: Value) -> Result<Value, Fault> {
    cloud.invoke(service, operation, REGION, input).await.map(|output| output.body)
}

async fn tell(cloud: &Arc<Cloud>, operation: &str, input: Value) -> Value {
    ask(cloud, "events", operation, input).await.unwrap_or_else(|fault| panic!("{operation}: {fault}"))
}

async fn queue(cloud: &Arc<Cloud>, name: &str) -> String {
    ask(cloud, "sqs", "CreateQueue", json!({"QueueName": name})).await.unwrap();
    format!("arn:aws:sqs:{REGION}:000000000000:{name}")
}

/// The next message of a queue, as JSON; null when there is none.
async fn next(cloud: &Arc<Cloud>, queue: &str) -> Value {
    let answer = ask(cloud, "sqs", "ReceiveMessage", json!({"QueueUrl": queue})).await.unwrap();
    let body = answer["Messages"][0]["Body"].as_str().unwrap_or("null");
    serde_json::from_str(body).unwrap_or_else(|_| json!(body))
}

fn entry(detail: Value) -> Value {
    json!({"Source": "shop", "DetailType": "order", "Detail": detail.to_string()})
}

#[tokio::test]
async fn an_event_reaches_the_targets_of_the_rules_that_want_it() {
    let cloud = cloud();
    let inbox = queue(&cloud, "inbox").await;
    let pattern = json!({"source": ["shop"], "detail": {"sum": [{"numeric": [">", 10]}]}}).to_string();
    tell(&cloud, "PutRule", json!({"Name": "large", "EventPattern": pattern})).await;
    let transformer = json!({
        "InputPathsMap": {"sum": "$.detail.sum", "who": "$.detail.who"},
        "InputTemplate": "{\"text\": \"<who> pays <sum>\", \"rule\": \"<aws.events.rule-name>\"}",
    });
    let targets = json!([
        {"Id": "whole", "Arn": inbox},
        {"Id": "part", "Arn": queue(&cloud, "parts").await, "InputPath": "$.detail"},
        {"Id": "made", "Arn": queue(&cloud, "made").await, "InputTransformer": transformer},
        {"Id": "gone", "Arn": format!("{inbox}-gone"), "DeadLetterConfig": {"Arn": queue(&cloud, "dead").await}},
    ]);
    tell(&cloud, "PutTargets", json!({"Rule": "large", "Targets": targets})).await;
    let entries = json!([entry(json!({"sum": 5})), entry(json!({"sum": 11, "who": "ann"})), {"Source": "shop"}]);
    let put = tell(&cloud, "PutEvents", json!({"Entries": entries})).await;
    assert_eq!((&put["FailedEntryCount"], &put["Entries"][2]["ErrorCode"]), (&json!(1), &json!("InvalidArgument")));
    let whole = next(&cloud, "inbox").await;
    assert_eq!((&whole["id"], &whole["detail-type"]), (&put["Entries"][1]["EventId"], &json!("order")));
    assert_eq!((&whole["time"], &whole["account"]), (&json!("2026-11-22T10:00:30Z"), &json!("000000000000")));
    assert_eq!(next(&cloud, "inbox").await, Value::Null, "the small order is not wanted");
    assert_eq!(next(&cloud, "parts").await, json!({"sum": 11, "who": "ann"}));
    assert_eq!(next(&cloud, "made").await, json!({"text": "ann pays 11", "rule": "large"}));
    assert_eq!(next(&cloud, "dead").await["detail"]["sum"], 11);
    tell(&cloud, "DisableRule", json!({"Name": "large"})).await;
    tell(&cloud, "PutEvents", json!({"Entries": [entry(json!({"sum": 12}))]})).await;
    assert_eq!(next(&cloud, "inbox").await, Value::Null, "a rule that rests sends nothing");
}

#[tokio::test]
async fn a_rule_with_a_schedule_works_when_its_minute_comes() {
    let cloud = cloud();
    let minute = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let inbox = queue(&cloud, "inbox").await;
    for (name, schedule) in [("noon", "cron(0 12 * * ? *)"), ("often", "rate(5 minutes)")] {
        tell(&cloud, "PutRule", json!({"Name": name, "ScheduleExpression": schedule})).await;
        let target = json!({"Id": "1", "Arn": inbox, "Input": json!({ "rule": name }).to_string()});
        tell(&cloud, "PutTargets", json!({"Rule": name, "Targets": [target]})).await;
    }
    for (time, wanted) in [
        ("2026-11-22T10:01:00Z", Value::Null),
        ("2026-11-22T10:05:00Z", json!({"rule": "often"})),
        ("2026-11-22T12:00:00Z", json!({"rule": "noon"})),
    ] {
        tick(&cloud, minute(time)).await.unwrap();
        assert_eq!(next(&cloud, "inbox").await, wanted, "{time}");
        ask(&cloud, "sqs", "PurgeQueue", json!({"QueueUrl": "inbox"})).await.unwrap();
    }
    let refused = ask(&cloud, "events", "PutRule", json!({"Name": "x", "ScheduleExpression": "every day"})).await;
    assert_eq!(refused.unwrap_err().message, "Parameter ScheduleExpression is not valid.");
}

#[tokio::test]
async fn buses_have_rules_of_their_own_and_go_when_they_are_empty() {
    let cloud = cloud();
    let made = tell(&cloud, "CreateEventBus", json!({"Name": "orders"})).await;
    assert_eq!(made["EventBusArn"], "arn:aws:events:us-east-1:000000000000:event-bus/orders");
    let rule = json!({"Name": "all", "EventBusName": "orders", "EventPattern": "{\"source\":[\"shop\"]}"});
    let arn = tell(&cloud, "PutRule", rule.clone()).await["RuleArn"].clone();
    assert_eq!(arn, "arn:aws:events:us-east-1:000000000000:rule/orders/all");
    let target = json!({"Id": "1", "Arn": queue(&cloud, "inbox").await});
    tell(&cloud, "PutTargets", json!({"Rule": "all", "EventBusName": "orders", "Targets": [target]})).await;
    let mut here = entry(json!({}));
    tell(&cloud, "PutEvents", json!({"Entries": [here]})).await;
    assert_eq!(next(&cloud, "inbox").await, Value::Null, "the default bus has no such rule");
    here["EventBusName"] = made["EventBusArn"].clone();
    tell(&cloud, "PutEvents", json!({"Entries": [here]})).await;
    assert_eq!(next(&cloud, "inbox").await["source"], "shop");
    let refused = async |operation: &str, input: Value| ask(&cloud, "events", operation, input).await.unwrap_err();
    assert!(refused("DeleteEventBus", json!({"Name": "orders"})).await.message.contains("since it has rules"));
    let own = json!({"Name": "all", "EventBusName": "orders"});
    assert!(refused("DeleteRule", own.clone()).await.message.contains("since it has targets"));
    tell(&cloud, "RemoveTargets", json!({"Rule": "all", "EventBusName": "orders", "Ids": ["1"]})).await;
    tell(&cloud, "DeleteRule", own).await;
    tell(&cloud, "DeleteEventBus", json!({"Name": "orders"})).await;
    assert_eq!(refused("PutRule", rule).await.code, "ResourceNotFoundException");
    let kinesis = json!({"Rule": "x", "Targets": [{"Id": "1", "Arn": "arn:aws:kinesis:us-east-1:0:stream/s"}]});
    assert!(refused("PutTargets", kinesis).await.message.contains("functions, queues, topics and state machines only"));
}

#[tokio::test]
async fn a_schedule_of_the_scheduler_works_at_its_time_in_its_zone_and_once_where_it_says_so() {
    let cloud = cloud();
    let target = json!({"Arn": queue(&cloud, "times").await, "RoleArn": "arn:aws:iam::000000000000:role/r"});
    let off = json!({"Mode": "OFF"});
    let mut with_input = target.clone();
    with_input["Input"] = json!(r#"{"at": "<aws.scheduler.scheduled-time>"}"#);
    let make = |name: &str, expression: &str, target: &Value, more: Value| {
        let mut input = json!({
            "Name": name, "ScheduleExpression": expression, "FlexibleTimeWindow": off, "Target": target,
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let inputs = [
        make("daily", "cron(30 10 * * ? *)", &with_input, json!({})),
        make("once", "at(2026-11-22T10:31:00)", &target, json!({"ActionAfterCompletion": "DELETE"})),
        make("ended", "rate(1 minute)", &target, json!({"EndDate": 0})),
        make("asleep", "rate(1 minute)", &target, json!({"State": "DISABLED"})),
    ];
    for input in inputs {
        ask(&cloud, "scheduler", "CreateSchedule", input).await.unwrap();
    }
    let minute = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    for (at, expected) in
        [("2026-11-22T10:29:00Z", Value::Null), ("2026-11-22T10:30:00Z", json!({"at": "2026-11-22T10:30:00Z"}))]
    {
        local_aws::services::scheduler::tick(&cloud, minute(at)).await.unwrap();
        assert_eq!(next(&cloud, "times").await, expected, "{at}");
    }
    local_aws::services::scheduler::tick(&cloud, minute("2026-11-22T10:31:00Z")).await.unwrap();
    assert_eq!(next(&cloud, "times").await["source"], "aws.scheduler");
    let gone = ask(&cloud, "scheduler", "GetSchedule", json!({"Name": "once"})).await.unwrap_err();
    assert_eq!(gone.code, "ResourceNotFoundException");
    let listed = ask(&cloud, "scheduler", "ListSchedules", json!({})).await.unwrap();
    let names: Vec<&str> =
        listed["Schedules"].as_array().unwrap().iter().filter_map(|one| one["Name"].as_str()).collect();
    assert_eq!(names, ["asleep", "daily", "ended"]);

    for (input, words) in [
        (make("x", "every day", &target, json!({})), "Invalid Schedule Expression"),
        (make("x", "rate(1 day)", &target, json!({"ScheduleExpressionTimezone": "Moon/Sea"})), "Timezone"),
        (
            make("x", "rate(1 day)", &json!({"Arn": "arn:aws:ecs:us-east-1:0:cluster/a"}), json!({})),
            "does not support the target",
        ),
        (make("x", "rate(1 day)", &target, json!({"GroupName": "own"})), "has only `default`"),
    ] {
        let fault = ask(&cloud, "scheduler", "CreateSchedule", input).await.unwrap_err();
        assert!(fault.message.contains(words), "{fault}");
    }
}
