//! The operations of CloudWatch: alarms, as far as others look at them.

mod alarm;

use crate::operation;
use crate::services::Operation;

/// The operations that are there.
#[rustfmt::skip]
pub const OPERATIONS: &[Operation] = &[
    operation!("DeleteAlarms", alarm::delete_alarms),
    operation!("DescribeAlarms", alarm::describe_alarms),
    operation!("DisableAlarmActions", alarm::disable_alarm_actions),
    operation!("EnableAlarmActions", alarm::enable_alarm_actions),
    operation!("PutMetricAlarm", alarm::put_metric_alarm),
    operation!("SetAlarmState", alarm::set_alarm_state),
];
