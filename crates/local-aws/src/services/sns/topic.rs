//! Topics.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::subscription::Subscription;
use super::{SUBSCRIPTIONS, TOPICS};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// Attributes of topics that can be set. All but DisplayName are kept and given back without effect.
const SETTABLE: &[&str] =
    &["DeliveryPolicy", "DisplayName", "KmsMasterKeyId", "Policy", "SignatureVersion", "TracingConfig"];

/// A standard topic.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Topic {
    pub arn: String,
    pub attributes: BTreeMap<String, String>,
    /// `Key` and `Value`, as they were sent.
    pub tags: Vec<Value>,
}

impl Topic {
    /// The topic of that ARN.
    ///
    /// # Errors
    /// `NotFound`; `InvalidParameter` without an ARN.
    pub fn load(cloud: &Cloud, arn: &str) -> Result<Topic, Fault> {
        cloud.store.get(TOPICS, arn)?.ok_or_else(|| not_found("Topic"))
    }

    /// Its subscriptions.
    ///
    /// # Errors
    /// What the store cannot read.
    pub fn subscriptions(cloud: &Cloud, arn: &str) -> Result<Vec<Subscription>, Fault> {
        let rows: Vec<(String, Subscription)> = cloud.store.scan(SUBSCRIPTIONS, &format!("{arn}:"))?;
        Ok(rows.into_iter().map(|(_, subscription)| subscription).collect())
    }

    fn save(&self, cloud: &Cloud) -> Result<(), Fault> {
        Ok(cloud.store.put(TOPICS, &self.arn, self)?)
    }
}

/// The fault for something that is not there.
pub fn not_found(what: &str) -> Fault {
    Fault::sender("NotFound", format!("{what} does not exist")).with_status(404)
}

/// The fault for a member that cannot be so.
pub fn invalid(why: &str) -> Fault {
    Fault::sender("InvalidParameter", format!("Invalid parameter: {why}"))
}

/// The text member `name`.
///
/// # Errors
/// `InvalidParameter` when it is missing or empty.
pub fn required<'a>(call: &'a Call, name: &str) -> Result<&'a str, Fault> {
    input::text(call, name).filter(|text| !text.is_empty()).ok_or_else(|| invalid(name))
}

fn settable(name: &str) -> Result<(), Fault> {
    match SETTABLE.contains(&name) {
        true => Ok(()),
        false if name.starts_with("Fifo") || name == "ContentBasedDeduplication" => {
            Err(invalid("the local AWS does not support FIFO topics; see docs/local-aws.md"))
        }
        false => Err(invalid("AttributeName")),
    }
}

/// Makes a topic; one of that name that is there already is answered.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>.
pub async fn create_topic(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = required(&call, "Name")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.ends_with(".fifo") {
        return Err(invalid("the local AWS does not support FIFO topics; see docs/local-aws.md"));
    }
    if name.len() > 256 || !name.chars().all(allowed) {
        return Err(invalid("Topic Name"));
    }
    let mut attributes = BTreeMap::new();
    for (name, value) in call.input["Attributes"].as_object().into_iter().flatten() {
        settable(name)?;
        attributes.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    let arn = format!("arn:aws:sns:{}:{}:{name}", call.region, cloud.config.account);
    let _changing = cloud.sns.change();
    let old: Option<Topic> = cloud.store.get(TOPICS, &arn)?;
    if let Some(old) = old {
        if attributes.iter().any(|(name, value)| old.attributes.get(name) != Some(value)) {
            return Err(invalid("Attributes Reason: Topic already exists with different attributes"));
        }
    } else {
        Topic { arn: arn.clone(), attributes, tags: input::list(&call, "Tags").to_vec() }.save(&cloud)?;
    }
    Ok(Output::json(json!({"TopicArn": arn})))
}

/// Removes a topic and its subscriptions; one that is not there is no mistake.
pub async fn delete_topic(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let arn = required(&call, "TopicArn")?;
    let _changing = cloud.sns.change();
    for subscription in Topic::subscriptions(&cloud, arn)? {
        cloud.store.delete(SUBSCRIPTIONS, &subscription.arn)?;
    }
    cloud.store.delete(TOPICS, arn)?;
    Ok(Output::empty())
}

/// The topics of a region.
pub async fn list_topics(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let prefix = format!("arn:aws:sns:{}:", call.region);
    let after = input::text(&call, "NextToken");
    let rows: Vec<(String, Topic)> = cloud.store.page(TOPICS, &prefix, after, 101)?;
    let mut body =
        json!({"Topics": rows.iter().take(100).map(|(arn, _)| json!({"TopicArn": arn})).collect::<Vec<_>>()});
    if let Some((last, _)) = rows.get(99).filter(|_| rows.len() > 100) {
        body["NextToken"] = last.clone().into();
    }
    Ok(Output::json(body))
}

/// The attributes of a topic.
pub async fn get_topic_attributes(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let topic = Topic::load(&cloud, required(&call, "TopicArn")?)?;
    let mut attributes: Map<String, Value> =
        topic.attributes.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    attributes.entry("DisplayName").or_insert_with(|| "".into());
    attributes.insert("TopicArn".to_owned(), topic.arn.clone().into());
    attributes.insert("Owner".to_owned(), cloud.config.account.clone().into());
    let count = Topic::subscriptions(&cloud, &topic.arn)?.len();
    attributes.insert("SubscriptionsConfirmed".to_owned(), count.to_string().into());
    attributes.insert("SubscriptionsPending".to_owned(), "0".into());
    attributes.insert("SubscriptionsDeleted".to_owned(), "0".into());
    Ok(Output::json(json!({"Attributes": attributes})))
}

/// Sets an attribute of a topic.
pub async fn set_topic_attributes(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = required(&call, "AttributeName")?;
    settable(name)?;
    let _changing = cloud.sns.change();
    let mut topic = Topic::load(&cloud, required(&call, "TopicArn")?)?;
    topic.attributes.insert(name.to_owned(), input::text(&call, "AttributeValue").unwrap_or_default().to_owned());
    topic.save(&cloud)?;
    Ok(Output::empty())
}

/// The tags of a topic.
pub async fn list_tags_for_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let topic = Topic::load(&cloud, required(&call, "ResourceArn")?)?;
    Ok(Output::json(json!({"Tags": topic.tags})))
}

/// Adds tags, over those of the same keys.
pub async fn tag_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.sns.change();
    let mut topic = Topic::load(&cloud, required(&call, "ResourceArn")?)?;
    for tag in input::list(&call, "Tags") {
        topic.tags.retain(|old| old["Key"] != tag["Key"]);
        topic.tags.push(tag.clone());
    }
    topic.save(&cloud)?;
    Ok(Output::empty())
}

/// Takes tags away.
pub async fn untag_resource(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let _changing = cloud.sns.change();
    let mut topic = Topic::load(&cloud, required(&call, "ResourceArn")?)?;
    let keys = input::list(&call, "TagKeys");
    topic.tags.retain(|tag| !keys.contains(&tag["Key"]));
    topic.save(&cloud)?;
    Ok(Output::empty())
}
