//! Objects are listed, by page, with prefixes rolled up.
//!
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::bucket::{Bucket, owner};
use super::object::{self, Version};
use super::{OBJECTS, fault};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output, uri};

/// The most entries of a page.
const MOST: i64 = 1_000;

/// How many rows are read from the store at a time.
const BATCH: usize = 1_000;

/// One page of keys.
struct Page {
    keys: Vec<(String, Vec<Version>)>,
    prefixes: Vec<String>,
    /// The last key or prefix of the page, when there is more.
    next: Option<String>,
}

/// What a page is of.
struct Query {
    bucket: Bucket,
    prefix: String,
    delimiter: Option<String>,
    limit: usize,
    url: bool,
}

impl Query {
    fn of(cloud: &Cloud, call: &Call) -> Result<Query, Fault> {
        let limit = input::integer(call, "MaxKeys").unwrap_or(MOST);
        if limit < 0 {
            return Err(fault::invalid_argument("Argument maxKeys must be an integer between 0 and 2147483647"));
        }
        let url = match input::text(call, "EncodingType") {
            None => false,
            Some("url") => true,
            Some(_) => return Err(fault::invalid_argument("Invalid Encoding Method specified in Request")),
        };
        Ok(Query {
            bucket: Bucket::of(cloud, call)?,
            prefix: input::text(call, "Prefix").unwrap_or_default().to_owned(),
            delimiter: input::text(call, "Delimiter").filter(|text| !text.is_empty()).map(str::to_owned),
            limit: usize::try_from(limit.min(MOST)).unwrap_or_default(),
            url,
        })
    }

    /// The page after the key or prefix `after`; keys whose newest version is a marker only where `all`.
    fn page(&self, cloud: &Cloud, after: Option<&str>, all: bool) -> Result<Page, Fault> {
        let mut page = Page { keys: Vec::new(), prefixes: Vec::new(), next: None };
        let mut last: Option<String> = None;
        let rows_of = object::row(&self.bucket.name, "");
        let mut position = after.map(|after| object::row(&self.bucket.name, after));
        let prefix = object::row(&self.bucket.name, &self.prefix);
        loop {
            let rows: Vec<(String, Vec<Version>)> = cloud.store.page(OBJECTS, &prefix, position.as_deref(), BATCH)?;
            let Some((end, _)) = rows.last() else { return Ok(page) };
            position = Some(end.clone());
            for (row, versions) in rows {
                let key = &row[rows_of.len()..];
                if !all && versions.first().is_none_or(|version| version.marker) {
                    continue;
                }
                let rolled = self.roll_up(key);
                if let Some(prefix) = rolled
                    && (page.prefixes.last().is_some_and(|seen| seen == prefix) || after == Some(prefix))
                {
                    continue;
                }
                if page.keys.len() + page.prefixes.len() == self.limit {
                    page.next = last.filter(|_| self.limit > 0);
                    return Ok(page);
                }
                match rolled {
                    Some(prefix) => {
                        last = Some(prefix.to_owned());
                        page.prefixes.push(prefix.to_owned());
                    }
                    None => {
                        last = Some(key.to_owned());
                        page.keys.push((key.to_owned(), versions));
                    }
                }
            }
        }
    }

    /// The common prefix that `key` falls under.
    fn roll_up<'a>(&self, key: &'a str) -> Option<&'a str> {
        let delimiter = self.delimiter.as_deref()?;
        let at = key[self.prefix.len()..].find(delimiter)?;
        Some(&key[..self.prefix.len() + at + delimiter.len()])
    }

    fn text(&self, text: &str) -> Value {
        Value::String(if self.url { uri::encode_path(text.as_bytes()) } else { text.to_owned() })
    }

    /// The members that all lists have.
    fn members(&self, page: &Page) -> Map<String, Value> {
        let mut members = Map::new();
        members.insert("Name".to_owned(), json!(self.bucket.name));
        members.insert("Prefix".to_owned(), self.text(&self.prefix));
        members.insert("MaxKeys".to_owned(), json!(self.limit));
        members.insert("IsTruncated".to_owned(), json!(page.next.is_some()));
        if let Some(delimiter) = &self.delimiter {
            members.insert("Delimiter".to_owned(), self.text(delimiter));
        }
        if self.url {
            members.insert("EncodingType".to_owned(), json!("url"));
        }
        let prefixes: Vec<Value> = page.prefixes.iter().map(|prefix| json!({ "Prefix": self.text(prefix) })).collect();
        members.insert("CommonPrefixes".to_owned(), Value::Array(prefixes));
        members
    }

    fn contents(&self, page: &Page, owner: Option<&Value>) -> Value {
        let entry = |(key, versions): &(String, Vec<Version>)| {
            let version = versions.first()?;
            let mut entry = json!({
                "Key": self.text(key),
                "LastModified": version.modified_s(),
                "ETag": version.etag,
                "Size": version.size,
                "StorageClass": storage_class(version),
            });
            if let Some(owner) = owner {
                entry["Owner"] = owner.clone();
            }
            Some(entry)
        };
        Value::Array(page.keys.iter().filter_map(entry).collect())
    }
}

fn storage_class(version: &Version) -> Value {
    version.kept.get("StorageClass").cloned().unwrap_or_else(|| json!("STANDARD"))
}

/// The first form of the list, paged by `Marker`.
pub async fn list_objects(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let query = Query::of(&cloud, &call)?;
    let marker = input::text(&call, "Marker").unwrap_or_default();
    let page = query.page(&cloud, Some(marker).filter(|marker| !marker.is_empty()), false)?;
    let mut members = query.members(&page);
    members.insert("Marker".to_owned(), query.text(marker));
    if let (Some(next), true) = (&page.next, query.delimiter.is_some()) {
        members.insert("NextMarker".to_owned(), query.text(next));
    }
    members.insert("Contents".to_owned(), query.contents(&page, Some(&owner(&cloud))));
    Ok(Output::json(Value::Object(members)))
}

/// The second form, paged by a token.
pub async fn list_objects_v2(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let query = Query::of(&cloud, &call)?;
    let token = input::text(&call, "ContinuationToken");
    let start_after = input::text(&call, "StartAfter").filter(|text| !text.is_empty());
    let after = match token {
        Some(token) => Some(
            URL_SAFE_NO_PAD
                .decode(token)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| fault::invalid_argument("The continuation token provided is incorrect"))?,
        ),
        None => start_after.map(str::to_owned),
    };
    let page = query.page(&cloud, after.as_deref(), false)?;
    let mut members = query.members(&page);
    members.insert("KeyCount".to_owned(), json!(page.keys.len() + page.prefixes.len()));
    if let Some(next) = &page.next {
        members.insert("NextContinuationToken".to_owned(), json!(URL_SAFE_NO_PAD.encode(next)));
    }
    if let Some(token) = token {
        members.insert("ContinuationToken".to_owned(), json!(token));
    }
    if let Some(start) = start_after {
        members.insert("StartAfter".to_owned(), query.text(start));
    }
    let owner = input::flag(&call, "FetchOwner").then(|| owner(&cloud));
    members.insert("Contents".to_owned(), query.contents(&page, owner.as_ref()));
    Ok(Output::json(Value::Object(members)))
}

/// All versions and delete markers.
pub async fn list_object_versions(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let query = Query::of(&cloud, &call)?;
    let key_marker = input::text(&call, "KeyMarker").filter(|text| !text.is_empty());
    let version_marker = input::text(&call, "VersionIdMarker").filter(|text| !text.is_empty());
    let page = query.page(&cloud, key_marker, true)?;
    let mut keys = page.keys.iter().map(|(key, versions)| (key.clone(), versions.clone())).collect::<Vec<_>>();
    if let (Some(key), Some(id)) = (key_marker, version_marker) {
        let versions = object::versions(&cloud, &query.bucket.name, key)?;
        let position = versions.iter().position(|version| version.id == id).map_or(versions.len(), |at| at + 1);
        keys.insert(0, (key.to_owned(), versions));
        return Ok(versions_output(&cloud, &call, &query, &page, &keys, position));
    }
    Ok(versions_output(&cloud, &call, &query, &page, &keys, 0))
}

/// The first key's versions begin at `skip`.
fn versions_output(
    cloud: &Cloud,
    call: &Call,
    query: &Query,
    page: &Page,
    keys: &[(String, Vec<Version>)],
    skip: usize,
) -> Output {
    let all = keys.iter().enumerate().flat_map(|(order, (key, versions))| {
        let from = if order == 0 { skip } else { 0 };
        versions.iter().enumerate().skip(from).map(move |(index, version)| (key, index, version))
    });
    let mut members = query.members(page);
    let (mut versions, mut markers) = (Vec::new(), Vec::new());
    let mut last: Option<(&String, &Version)> = None;
    let mut next = None;
    for (key, index, version) in all {
        if versions.len() + markers.len() + page.prefixes.len() >= query.limit.max(1) {
            next = last.map(|(key, version)| (key.clone(), version.id.clone()));
            break;
        }
        last = Some((key, version));
        let entry = json!({
            "Key": query.text(key),
            "VersionId": version.id,
            "IsLatest": index == 0,
            "LastModified": version.modified_s(),
            "ETag": version.etag,
            "Size": version.size,
            "StorageClass": storage_class(version),
            "Owner": owner(cloud),
        });
        if version.marker { markers.push(entry) } else { versions.push(entry) }
    }
    let next = next.or_else(|| {
        let key = page.next.clone()?;
        Some((key, last.map(|(_, version)| version.id.clone()).unwrap_or_default()))
    });
    members.insert("IsTruncated".to_owned(), json!(next.is_some()));
    if let Some((key, id)) = next {
        members.insert("NextKeyMarker".to_owned(), query.text(&key));
        members.insert("NextVersionIdMarker".to_owned(), json!(id));
    }
    members.insert("KeyMarker".to_owned(), query.text(input::text(call, "KeyMarker").unwrap_or_default()));
    members.insert("VersionIdMarker".to_owned(), json!(input::text(call, "VersionIdMarker").unwrap_or_default()));
    members.insert("Versions".to_owned(), Value::Array(versions));
    members.insert("DeleteMarkers".to_owned(), Value::Array(markers));
    Output::json(Value::Object(members))
}
