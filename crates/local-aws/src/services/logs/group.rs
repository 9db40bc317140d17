//! Log groups.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{GROUPS, STREAMS, fault, group_row, stream, stream_row, tags};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// The days that a retention may have. Source:
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>.
const RETENTIONS: &[i64] =
    &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// One log group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    created_ms: i64,
    pub retention_days: Option<i64>,
    kms_key: Option<String>,
    class: String,
    pub tags: Map<String, Value>,
}

impl Group {
    /// The group `name` of a region.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn load(cloud: &Cloud, region: &str, name: &str) -> Result<Group, Fault> {
        cloud.store.get(GROUPS, &group_row(region, name))?.ok_or_else(fault::no_group)
    }

    /// The group that `call` names, by name or by ARN.
    ///
    /// # Errors
    /// `ResourceNotFoundException`, `InvalidParameterException` without a name.
    pub fn of(cloud: &Cloud, call: &Call) -> Result<Group, Fault> {
        let named = input::text(call, "logGroupName").or_else(|| input::text(call, "logGroupIdentifier"));
        let named = named.ok_or_else(|| {
            fault::invalid("1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not be null")
        })?;
        Group::load(cloud, &call.region, name_of(named))
    }

    /// Writes the group.
    pub fn save(&self, cloud: &Cloud, region: &str) -> Result<(), Fault> {
        Ok(cloud.store.put(GROUPS, &group_row(region, &self.name), self)?)
    }

    /// The group's ARN without the streams' part.
    pub fn arn(&self, cloud: &Cloud, region: &str) -> String {
        format!("arn:aws:logs:{region}:{}:log-group:{}", cloud.config.account, self.name)
    }

    /// The time before which events are gone, if the group has a retention.
    pub fn expired_before_ms(&self, cloud: &Cloud) -> Option<i64> {
        self.retention_days.map(|days| cloud.clock.now_ms() - days * DAY_MS)
    }

    fn shape(&self, cloud: &Cloud, region: &str) -> Value {
        let arn = self.arn(cloud, region);
        let mut shape = json!({
            "logGroupName": self.name,
            "creationTime": self.created_ms,
            "metricFilterCount": 0,
            "arn": format!("{arn}:*"),
            "storedBytes": cloud.logs.archive().bytes_of(region, &self.name),
            "logGroupClass": self.class,
            "logGroupArn": arn,
        });
        if let Some(days) = self.retention_days {
            shape["retentionInDays"] = json!(days);
        }
        if let Some(key) = &self.kms_key {
            shape["kmsKeyId"] = json!(key);
        }
        shape
    }
}

/// The group's name in a name or an ARN.
pub fn name_of(named: &str) -> &str {
    let name = named.split_once(":log-group:").map_or(named, |(_, name)| name);
    name.strip_suffix(":*").unwrap_or(name)
}

/// Makes a group.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>.
pub async fn create_log_group(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = input::text(&call, "logGroupName").unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-/.#".contains(c);
    if name.is_empty() || name.len() > 512 || !name.chars().all(allowed) {
        return Err(fault::invalid(format!(
            "1 validation error detected: Value '{name}' at 'logGroupName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"
        )));
    }
    let class = input::text(&call, "logGroupClass").unwrap_or("STANDARD");
    if !matches!(class, "STANDARD" | "INFREQUENT_ACCESS" | "DELIVERY") {
        return Err(fault::invalid(format!("'{class}' is no log group class")));
    }
    let group = Group {
        name: name.to_owned(),
        created_ms: cloud.clock.now_ms(),
        retention_days: None,
        kms_key: input::text(&call, "kmsKeyId").map(str::to_owned),
        class: class.to_owned(),
        tags: tags::of(&call.input["tags"]),
    };
    // The archive's lock orders this against other makers of the same group.
    let _ordered = cloud.logs.archive();
    if Group::load(&cloud, &call.region, name).is_ok() {
        return Err(fault::exists("log group"));
    }
    group.save(&cloud, &call.region)?;
    Ok(Output::empty())
}

/// Removes a group with its streams and events.
pub async fn delete_log_group(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let mut archive = cloud.logs.archive();
    let group = Group::of(&cloud, &call)?;
    archive.forget(&cloud.store, &call.region, &group.name, None)?;
    let streams: Vec<(String, stream::Stream)> =
        cloud.store.scan(STREAMS, &stream_row(&call.region, &group.name, ""))?;
    for (row, _) in streams {
        cloud.store.delete(STREAMS, &row)?;
    }
    cloud.store.delete(GROUPS, &group_row(&call.region, &group.name))?;
    Ok(Output::empty())
}

/// Groups by prefix or by a part of the name.
pub async fn describe_log_groups(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let limit = input::integer(&call, "limit").unwrap_or(50);
    if !(1..=50).contains(&limit) {
        return Err(fault::invalid(format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value between 1 and 50"
        )));
    }
    let limit = usize::try_from(limit).unwrap_or(50);
    let prefix = input::text(&call, "logGroupNamePrefix").unwrap_or_default();
    let part = input::text(&call, "logGroupNamePattern");
    if part.is_some() && !prefix.is_empty() {
        return Err(fault::invalid("logGroupNamePrefix and logGroupNamePattern are mutually exclusive parameters"));
    }
    let after = input::text(&call, "nextToken").map(|token| group_row(&call.region, token));
    let rows: Vec<(String, Group)> =
        cloud.store.page(GROUPS, &group_row(&call.region, prefix), after.as_deref(), usize::MAX)?;
    let part = part.map(str::to_lowercase);
    let groups = rows.into_iter().map(|(_, group)| group);
    let mut groups: Vec<Group> =
        groups.filter(|group| part.as_ref().is_none_or(|part| group.name.to_lowercase().contains(part))).collect();
    let more = groups.len() > limit;
    groups.truncate(limit);
    let mut body =
        json!({ "logGroups": groups.iter().map(|group| group.shape(&cloud, &call.region)).collect::<Vec<_>>() });
    if let Some(last) = groups.last().filter(|_| more) {
        body["nextToken"] = json!(last.name);
    }
    Ok(Output::json(body))
}

/// Sets after how many days events go.
pub async fn put_retention_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let days = input::integer(&call, "retentionInDays").unwrap_or_default();
    if !RETENTIONS.contains(&days) {
        return Err(fault::invalid(format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: {RETENTIONS:?}"
        )));
    }
    let mut archive = cloud.logs.archive();
    let mut group = Group::of(&cloud, &call)?;
    group.retention_days = Some(days);
    group.save(&cloud, &call.region)?;
    if let Some(before) = group.expired_before_ms(&cloud) {
        archive.expire(&cloud.store, &call.region, &group.name, before)?;
    }
    Ok(Output::empty())
}

/// Lets events stay.
pub async fn delete_retention_policy(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _ordered = cloud.logs.archive();
    let mut group = Group::of(&cloud, &call)?;
    group.retention_days = None;
    group.save(&cloud, &call.region)?;
    Ok(Output::empty())
}

/// The metric filters of a group: none, since none can be made here.
pub async fn describe_metric_filters(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    if call.input.get("logGroupName").is_some() {
        Group::of(&cloud, &call)?;
    }
    Ok(Output::json(json!({ "metricFilters": [] })))
}

/// The subscription filters of a group: none, since none can be made here.
pub async fn describe_subscription_filters(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    Group::of(&cloud, &call)?;
    Ok(Output::json(json!({ "subscriptionFilters": [] })))
}
