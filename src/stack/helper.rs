//! Functions that a stack brings along for what CloudFormation cannot do itself.

use md5::{Digest, Md5};

use super::Stack;
use super::event::{Event, S3Choice};
use super::state_machine::MachineEvent;

/// The file name of the helpers' zip.
pub const FILE_NAME: &str = "custom-resources.zip";

/// A function that does the work of a custom resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Helper {
    /// Notifications of buckets that exist.
    Buckets,
    /// Triggers of user pools that exist.
    UserPools,
    /// Rules of event buses, where `provider.eventBridge` keeps them out of CloudFormation.
    Rules,
    /// The role that API Gateway logs with, a setting of the account.
    ApiAccount,
}

impl Helper {
    /// The function's key, as names and logical ids are made from it.
    pub fn key(self) -> &'static str {
        match self {
            Helper::Buckets => "custom-resource-existing-s3",
            Helper::UserPools => "custom-resource-existing-cup",
            Helper::Rules => "custom-resource-event-bridge",
            Helper::ApiAccount => "custom-resource-apigw-cw-role",
        }
    }

    /// The handler inside the zip.
    pub fn handler(self) -> &'static str {
        match self {
            Helper::Buckets => "s3/handler.handler",
            Helper::UserPools => "cognito-user-pool/handler.handler",
            Helper::Rules => "event-bridge/handler.handler",
            Helper::ApiAccount => "api-gateway-cloud-watch-role/handler.handler",
        }
    }
}

/// The longest name of a function that Lambda takes.
const LONGEST_NAME: usize = 64;

impl Stack {
    /// The helpers that the stack needs.
    pub fn helpers(&self) -> Vec<Helper> {
        let wanted = [
            (Helper::Buckets, self.any_event(is_existing_bucket)),
            (Helper::UserPools, self.any_event(is_existing_pool)),
            (
                Helper::Rules,
                self.has_rules_elsewhere() && self.any_event(|event| matches!(event, Event::EventBridge(_))),
            ),
            (Helper::ApiAccount, self.needs_api_account()),
        ];
        wanted.into_iter().filter_map(|(helper, wanted)| wanted.then_some(helper)).collect()
    }

    /// The deployed name of a helper: IAM's and Lambda's 64 letters, the end as a hash when it would be longer.
    pub fn helper_name(&self, helper: Helper) -> String {
        let name = format!("{}-{}-{}", self.service, self.stage, helper.key());
        if name.len() <= LONGEST_NAME {
            return name;
        }
        let hash: String = Md5::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let head: String = name.chars().take(LONGEST_NAME - hash.len()).collect();
        head + &hash
    }

    /// Whether rules of `eventBridge` events are made by a helper: `provider.eventBridge` without `useCloudFormation: true`.
    pub fn has_rules_elsewhere(&self) -> bool {
        let settings = self.provider.event_bridge.as_ref();
        settings.is_some_and(|settings| !settings.use_cloud_formation.is_some_and(|flag| flag.value))
    }

    /// Whether an API writes logs, for which API Gateway needs a role that is set for the whole account.
    fn needs_api_account(&self) -> bool {
        let Some(logs) = &self.provider.logs else { return false };
        if logs.rest_api.details().and_then(|logs| logs.role_managed_externally).is_some_and(|flag| flag.value) {
            return false;
        }
        let of_machines = self.is_safe()
            && self
                .machines
                .iter()
                .flat_map(|machine| &machine.value.events)
                .any(|event| matches!(event, MachineEvent::Http(_)));
        let rest = self.any_event(|event| matches!(event, Event::Http(_))) || of_machines;
        let rest_logs = logs.rest_api.details().and_then(|logs| logs.access_logging).is_none_or(|flag| flag.value);
        let own_socket = self.provider.api_gateway.as_ref().is_none_or(|api| api.websocket_api_id.is_none());
        let socket = own_socket && self.any_event(|event| matches!(event, Event::Websocket(_)));
        rest && logs.rest_api.is_on() && rest_logs || socket && logs.websocket.is_on()
    }

    fn any_event(&self, is_wanted: impl Fn(&Event) -> bool) -> bool {
        self.functions.iter().any(|function| function.value.events.iter().any(&is_wanted))
    }
}

fn is_existing_bucket(event: &Event) -> bool {
    match event {
        Event::S3(choice) => match &**choice {
            S3Choice::Detailed(event) => event.existing.is_some_and(|flag| flag.value),
            S3Choice::Name(_) => false,
        },
        _ => false,
    }
}

fn is_existing_pool(event: &Event) -> bool {
    match event {
        Event::CognitoUserPool(pool) => pool.existing.is_some_and(|flag| flag.value),
        _ => false,
    }
}
