//! The items of a distributed Map, read from S3 as its ItemReader says.
//!
//! Source: Step Functions developer guide, "ItemReader (Map)".

use std::io::Read;
use std::sync::Arc;

use asl::effect::ReadItems;
use asl::{Failure, Reply};
use serde_json::{Map, Value, json};

use super::manifest;
use crate::Cloud;
use crate::wire::Fault;

/// How many objects of a listing are read at most.
const MOST_OBJECTS: usize = 100_000_000;

/// Most bytes of an object that is packed, when it is unpacked.
const MOST_BYTES: u64 = 1 << 30;

/// How a gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Reads the items that `wish` names.
pub async fn read(cloud: &Arc<Cloud>, region: &str, wish: &ReadItems) -> Reply {
    let items = match wish.resource.action_name().as_str() {
        "listObjectsV2" => listed(cloud, region, wish).await,
        "getObject" => fetched(cloud, region, wish).await,
        other => Err(failure(format!("The local AWS cannot read items by s3:{other}"))),
    };
    match items {
        Ok(items) => Reply::Items(items),
        Err(failure) => Reply::Failed(failure),
    }
}

/// The objects under a prefix, or with `LOAD_AND_FLATTEN` the items in them.
async fn listed(cloud: &Arc<Cloud>, region: &str, wish: &ReadItems) -> Result<Vec<Value>, Failure> {
    let objects = objects(cloud, region, &wish.parameters).await?;
    if wish.config["Transformation"] != "LOAD_AND_FLATTEN" {
        return Ok(objects);
    }
    let mut items = Vec::new();
    for object in objects {
        let place = json!({"Bucket": wish.parameters["Bucket"], "Key": object["Key"]});
        items.append(&mut parsed(&text(cloud, region, &place).await?, &wish.config)?);
    }
    Ok(items)
}

async fn objects(cloud: &Arc<Cloud>, region: &str, parameters: &Value) -> Result<Vec<Value>, Failure> {
    let mut objects = Vec::new();
    let mut input = json!({"Bucket": parameters["Bucket"]});
    if let Some(prefix) = parameters.get("Prefix") {
        input["Prefix"] = prefix.clone();
    }
    loop {
        let output =
            cloud.invoke("s3", "ListObjectsV2", region, input.clone()).await.map_err(|fault| refused(&fault))?;
        let page = output.body["Contents"].as_array().cloned().unwrap_or_default();
        objects.extend(page.iter().map(|object| {
            json!({
                "Etag": object["ETag"],
                "Key": object["Key"],
                "LastModified": object["LastModified"].as_f64().map(|seconds| seconds as i64),
                "Size": object["Size"],
                "StorageClass": object["StorageClass"],
            })
        }));
        match output.body["NextContinuationToken"].as_str() {
            Some(token) if objects.len() < MOST_OBJECTS && !page.is_empty() => {
                input["ContinuationToken"] = token.into();
            }
            _ => return Ok(objects),
        }
    }
}

async fn fetched(cloud: &Arc<Cloud>, region: &str, wish: &ReadItems) -> Result<Vec<Value>, Failure> {
    let (manifest, kind) = (wish.config["ManifestType"].as_str(), wish.config["InputType"].as_str());
    match (manifest, kind) {
        (Some("ATHENA_DATA"), _) => manifest::athena(cloud, region, wish).await,
        (Some(_), _) | (None, Some("MANIFEST")) => manifest::inventory(cloud, region, wish).await,
        (None, _) => parsed(&text(cloud, region, &wish.parameters).await?, &wish.config),
    }
}

/// The text of the object at `place`, unpacked where gzip packed it.
pub(super) async fn text(cloud: &Arc<Cloud>, region: &str, place: &Value) -> Result<String, Failure> {
    let output = cloud.invoke("s3", "GetObject", region, place.clone()).await.map_err(|fault| refused(&fault))?;
    let bytes = output.payload.unwrap_or_default();
    let bytes = if bytes.starts_with(&GZIP) { unpacked(&bytes)? } else { bytes.to_vec() };
    String::from_utf8(bytes).map_err(|_| failure("The object is not text in UTF-8".to_owned()))
}

fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut unpacked = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(bytes).take(MOST_BYTES + 1).read_to_end(&mut unpacked);
    match read {
        Ok(length) if length as u64 <= MOST_BYTES => Ok(unpacked),
        Ok(_) => Err(failure(format!("The object has more than {MOST_BYTES} bytes when it is unpacked"))),
        Err(error) => Err(failure(format!("The object cannot be unpacked: {error}"))),
    }
}

/// The items in a text of the type that the configuration names.
pub(super) fn parsed(text: &str, config: &Value) -> Result<Vec<Value>, Failure> {
    match config["InputType"].as_str().unwrap_or("JSON") {
        "JSON" => json_items(text, config["ItemsPointer"].as_str()),
        "JSONL" => text.lines().filter(|line| !line.trim().is_empty()).map(json_value).collect(),
        "CSV" => csv_items(text, config),
        other => Err(failure(format!("The local AWS cannot read items of InputType {other}"))),
    }
}

fn json_items(text: &str, pointer: Option<&str>) -> Result<Vec<Value>, Failure> {
    let document = json_value(text)?;
    let found = match pointer {
        None => Some(&document),
        Some(pointer) => document.pointer(pointer),
    };
    match found {
        Some(Value::Array(items)) => Ok(items.clone()),
        _ => Err(failure("Attempting to map over non-iterable node.".to_owned())),
    }
}

pub(super) fn json_value(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| failure(format!("The object is not valid JSON: {error}")))
}

fn csv_items(text: &str, config: &Value) -> Result<Vec<Value>, Failure> {
    let delimiter = match config["CSVDelimiter"].as_str().unwrap_or("COMMA") {
        "COMMA" => ',',
        "PIPE" => '|',
        "SEMICOLON" => ';',
        "SPACE" => ' ',
        "TAB" => '\t',
        other => return Err(failure(format!("CSVDelimiter {other} is none of COMMA, PIPE, SEMICOLON, SPACE, TAB"))),
    };
    let mut rows = rows(text, delimiter).into_iter();
    let headers: Vec<String> = match config["CSVHeaderLocation"].as_str() {
        Some("GIVEN") => {
            let given = config["CSVHeaders"].as_array().map_or(&[][..], Vec::as_slice);
            given.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => rows.next().unwrap_or_default(),
    };
    let mut distinct: Vec<&String> = headers.iter().collect();
    distinct.sort();
    distinct.dedup();
    if distinct.len() < headers.len() {
        return Err(failure("CSV headers cannot contain duplicates.".to_owned()));
    }
    Ok(rows.map(|row| named(&headers, row)).collect())
}

/// A row as an object; cells beyond the names are left out, missing ones are empty.
pub(super) fn named(names: &[String], row: Vec<String>) -> Value {
    let mut cells = row.into_iter();
    let members = names.iter().map(|name| (name.clone(), cells.next().unwrap_or_default().into()));
    Value::Object(members.collect::<Map<String, Value>>())
}

/// The rows of a CSV text; cells in double quotes may hold delimiters, line ends, and doubled quotes.
pub(super) fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row: Vec<String> = Vec::new();
    let mut cell = String::new();
    let mut is_quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                cell.push('"');
                letters.next();
            }
            '"' if is_quoted => is_quoted = false,
            '"' if cell.is_empty() => is_quoted = true,
            letter if letter == delimiter && !is_quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !is_quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            letter => cell.push(letter),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows.retain(|row| row.len() > 1 || row.first().is_some_and(|cell| !cell.is_empty()));
    rows
}

pub(super) fn failure(cause: String) -> Failure {
    Failure::new("States.ItemReaderFailed", cause)
}

/// A fault of S3 as the ItemReader reports it.
pub fn s3_words(fault: &Fault) -> String {
    format!(
        "{} (Service: Amazon S3; Status Code: {}; Error Code: {}; Request ID: {}; S3 Extended Request ID: {}; Proxy: null)",
        fault.message,
        fault.status,
        fault.code,
        uuid::Uuid::new_v4().simple(),
        uuid::Uuid::new_v4().simple(),
    )
}

fn refused(fault: &Fault) -> Failure {
    failure(s3_words(fault))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_csv_has_its_names_in_the_first_row_or_in_the_configuration() {
        let first = csv_items("a,b\n1,\"x, \"\"y\"\"\"\n2\n", &json!({"CSVHeaderLocation": "FIRST_ROW"})).unwrap();
        assert_eq!(first, [json!({"a": "1", "b": "x, \"y\""}), json!({"a": "2", "b": ""})]);
        let config = json!({"CSVHeaderLocation": "GIVEN", "CSVHeaders": ["k"], "CSVDelimiter": "PIPE"});
        assert_eq!(csv_items("1|2\r\n3|4", &config).unwrap(), [json!({"k": "1"}), json!({"k": "3"})]);
        let twice = csv_items("a,a\n1,2\n", &json!({"CSVHeaderLocation": "FIRST_ROW"})).unwrap_err();
        assert_eq!(twice.cause.as_deref(), Some("CSV headers cannot contain duplicates."));
    }

    #[test]
    fn json_items_are_a_list() {
        assert_eq!(json_items("[1,2]", None).unwrap(), [json!(1), json!(2)]);
        let failure = json_items(r#"{"a":1}"#, None).unwrap_err();
        assert_eq!(failure.cause.as_deref(), Some("Attempting to map over non-iterable node."));
        assert_eq!(json_items(r#"{"a":{"b":[3]}}"#, Some("/a/b")).unwrap(), [json!(3)]);
        let failure = json_items("1", None).unwrap_err();
        assert_eq!(failure.error.as_deref(), Some("States.ItemReaderFailed"));
    }

    #[test]
    fn lines_of_json_are_items() {
        let items = parsed("{\"a\":1}\n\n[2]\n", &json!({"InputType": "JSONL"})).unwrap();
        assert_eq!(items, [json!({"a": 1}), json!([2])]);
    }

    proptest! {
        #[test]
        fn any_text_has_rows(text in "[a,\"\n\r ]{0,60}") {
            let rows = rows(&text, ',');
            prop_assert!(rows.iter().all(|row| !row.is_empty()));
        }
    }
}
