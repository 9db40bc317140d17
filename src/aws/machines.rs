//! Step Functions, as observing sees it.

use aws_sdk_sfn::types;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Clients;
use super::error::{AwsError, from_sdk};
use super::json::SYNC_STATES;
use super::stacks::timestamp;
use crate::observe::{Execution, HistoryEvent, HistoryPage, Machine, Machines};

impl Machines for Clients {
    async fn machine(&self, arn: &str) -> Result<Machine, AwsError> {
        let call = self.sfn.describe_state_machine().state_machine_arn(arn);
        let answer = call.send().await.map_err(from_sdk("DescribeStateMachine"))?;
        Ok(Machine {
            arn: answer.state_machine_arn,
            name: answer.name,
            express: answer.r#type == types::StateMachineType::Express,
            definition: answer.definition,
        })
    }

    async fn start(&self, machine: &str, input: &Value) -> Result<String, AwsError> {
        let call = self.sfn.start_execution().state_machine_arn(machine).input(input.to_string());
        call.send().await.map(|answer| answer.execution_arn).map_err(from_sdk("StartExecution"))
    }

    // The SDK would put `sync-` before the address of a local AWS, which resolves nowhere.
    async fn start_sync(&self, machine: &str, input: &Value) -> Result<Execution, AwsError> {
        let input = json!({"stateMachineArn": machine, "input": input.to_string()});
        let answer = self.json.call(SYNC_STATES, "StartSyncExecution", &input).await?;
        let text = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
        Ok(Execution {
            arn: text("executionArn").unwrap_or_default(),
            name: text("name").unwrap_or_default(),
            status: text("status").unwrap_or_default(),
            input: text("input"),
            output: text("output"),
            error: text("error"),
            cause: text("cause"),
            started: seconds(answer.get("startDate")),
            stopped: Some(seconds(answer.get("stopDate"))),
        })
    }

    async fn execution(&self, arn: &str) -> Result<Execution, AwsError> {
        let call = self.sfn.describe_execution().execution_arn(arn);
        let answer = call.send().await.map_err(from_sdk("DescribeExecution"))?;
        Ok(Execution {
            arn: answer.execution_arn,
            name: answer.name.unwrap_or_default(),
            status: answer.status.as_str().to_owned(),
            input: answer.input,
            output: answer.output,
            error: answer.error,
            cause: answer.cause,
            started: timestamp(Some(&answer.start_date)),
            stopped: answer.stop_date.as_ref().map(|time| timestamp(Some(time))),
        })
    }

    async fn history(&self, arn: &str, page: Option<&str>) -> Result<HistoryPage, AwsError> {
        let call = self.sfn.get_execution_history().execution_arn(arn).max_results(1000);
        let answer = call.set_next_token(page.map(str::to_owned)).send().await;
        let answer = answer.map_err(from_sdk("GetExecutionHistory"))?;
        Ok(HistoryPage { events: answer.events.into_iter().map(event).collect(), next: answer.next_token })
    }
}

/// A time that awsJson gives as seconds with a fraction.
fn seconds(value: Option<&Value>) -> Timestamp {
    let millis = value.and_then(Value::as_f64).map(|seconds| (seconds * 1000.0) as i64);
    millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()).unwrap_or_default()
}

fn event(event: types::HistoryEvent) -> HistoryEvent {
    let (error, cause) = failure(&event);
    let entered = event.state_entered_event_details.as_ref().map(|details| details.name.clone());
    let exited = event.state_exited_event_details.as_ref().map(|details| details.name.clone());
    let scheduled = event.task_scheduled_event_details.as_ref();
    let function = event.lambda_function_scheduled_event_details.as_ref().map(|details| details.resource.clone());
    let activity = event.activity_scheduled_event_details.as_ref().map(|details| details.resource.clone());
    HistoryEvent {
        id: event.id,
        previous_id: event.previous_event_id,
        kind: event.r#type.as_str().to_owned(),
        at: timestamp(Some(&event.timestamp)),
        state: entered.or(exited),
        resource: function.or(activity).or_else(|| scheduled.map(|details| details.resource.clone())),
        parameters: scheduled.map(|details| details.parameters.clone()),
        error,
        cause,
    }
}

/// Error and cause of whichever details an event has.
fn failure(event: &types::HistoryEvent) -> (Option<String>, Option<String>) {
    macro_rules! of {
        ($($details:ident)*) => {
            $(if let Some(details) = &event.$details {
                return (details.error.clone(), details.cause.clone());
            })*
        };
    }
    of!(
        execution_failed_event_details execution_aborted_event_details execution_timed_out_event_details
        task_failed_event_details task_start_failed_event_details task_submit_failed_event_details
        task_timed_out_event_details lambda_function_failed_event_details
        lambda_function_schedule_failed_event_details lambda_function_start_failed_event_details
        lambda_function_timed_out_event_details activity_failed_event_details
        activity_schedule_failed_event_details activity_timed_out_event_details map_run_failed_event_details
        evaluation_failed_event_details
    );
    (None, None)
}
