//! The addresses of EventBridge Scheduler. Source: <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Operations.html>.

use super::route::{Param, Route, integer, route, text};

const GROUP: &[Param] = &[text("groupName", "GroupName")];

/// The operations by method and path.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    route("ListSchedules", "GET", "/schedules").query(&[
        integer("MaxResults", "MaxResults"),
        text("NamePrefix", "NamePrefix"),
        text("NextToken", "NextToken"),
        text("ScheduleGroup", "GroupName"),
        text("State", "State"),
    ]),
    route("CreateSchedule", "POST", "/schedules/{Name}"),
    route("GetSchedule", "GET", "/schedules/{Name}").query(GROUP),
    route("UpdateSchedule", "PUT", "/schedules/{Name}"),
    route("DeleteSchedule", "DELETE", "/schedules/{Name}").query(GROUP),
];
