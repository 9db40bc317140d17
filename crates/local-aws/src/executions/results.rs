//! The results of a distributed Map, written to S3 as its ResultWriter says.
//!
//! Source: Step Functions developer guide, "ResultWriter (Map)".

use std::sync::Arc;

use asl::effect::WriteResults;
use asl::{Failure, Reply};
use bytes::Bytes;
use serde_json::{Value, json};

use super::items::s3_words;
use crate::Cloud;
use crate::wire::Call;

/// Writes the records of `wish`; answers where the manifest is, or the records where no bucket is named.
pub async fn write(cloud: &Arc<Cloud>, region: &str, wish: &WriteResults) -> Reply {
    if wish.resource.is_none() {
        return Reply::Succeeded(transformed(&wish.succeeded, &wish.config));
    }
    match export(cloud, region, wish).await {
        Ok(details) => Reply::Succeeded(details),
        Err(failure) => Reply::Failed(failure),
    }
}

async fn export(cloud: &Arc<Cloud>, region: &str, wish: &WriteResults) -> Result<Value, Failure> {
    let bucket = wish.parameters["Bucket"].as_str().unwrap_or_default();
    let run = wish.map_run_arn.rsplit(':').next().unwrap_or_default();
    let folder = match wish.parameters["Prefix"].as_str().map(|prefix| prefix.trim_end_matches('/')) {
        None | Some("") => run.to_owned(),
        Some(prefix) => format!("{prefix}/{run}"),
    };
    let mut files = json!({"FAILED": [], "PENDING": [], "SUCCEEDED": []});
    let kinds = [("SUCCEEDED", &wish.succeeded), ("FAILED", &wish.failed), ("PENDING", &wish.pending)];
    for (status, records) in kinds {
        if records.is_empty() {
            continue;
        }
        let suffix = if wish.config["OutputType"] == "JSONL" { "jsonl" } else { "json" };
        let key = format!("{folder}/{status}_0.{suffix}");
        let text = text_of(&transformed(records, &wish.config), suffix);
        let size = text.len();
        put(cloud, region, bucket, &key, text).await?;
        files[status] = json!([{"Key": key, "Size": size}]);
    }
    let manifest =
        json!({"DestinationBucket": bucket, "MapRunArn": wish.map_run_arn, "ResultFiles": files}).to_string();
    let key = format!("{folder}/manifest.json");
    put(cloud, region, bucket, &key, manifest).await?;
    Ok(json!({"MapRunArn": wish.map_run_arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}))
}

async fn put(cloud: &Arc<Cloud>, region: &str, bucket: &str, key: &str, text: String) -> Result<(), Failure> {
    let input = json!({"Bucket": bucket, "Key": key, "ContentType": "application/json"});
    let call = Call::internal("s3", "PutObject", region, input, Bytes::from(text));
    match cloud.answer(call).await {
        Ok(_) => Ok(()),
        Err(fault) => Err(Failure::new("States.ResultWriterFailed", s3_words(&fault))),
    }
}

/// The records as `WriterConfig.Transformation` wants them.
fn transformed(records: &[Value], config: &Value) -> Value {
    let output = |record: &Value| match record["Output"].as_str() {
        Some(text) => serde_json::from_str(text).unwrap_or_else(|_| record["Output"].clone()),
        None => record.clone(),
    };
    match config["Transformation"].as_str().unwrap_or("NONE") {
        "COMPACT" => records.iter().map(output).collect(),
        "FLATTEN" => {
            let mut flat = Vec::new();
            for item in records.iter().map(output) {
                match item {
                    Value::Array(mut items) => flat.append(&mut items),
                    other => flat.push(other),
                }
            }
            Value::Array(flat)
        }
        _ => Value::Array(records.to_vec()),
    }
}

fn text_of(records: &Value, suffix: &str) -> String {
    match records {
        Value::Array(items) if suffix == "jsonl" => items.iter().map(|item| format!("{item}\n")).collect(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transformations_take_the_outputs_out_of_their_records() {
        let records = [json!({"Name": "a", "Output": "[1,2]"}), json!({"Name": "b", "Output": "3"})];
        assert_eq!(transformed(&records, &json!({"Transformation": "COMPACT"})), json!([[1, 2], 3]));
        assert_eq!(transformed(&records, &json!({"Transformation": "FLATTEN"})), json!([1, 2, 3]));
        assert_eq!(transformed(&records, &json!({})), json!(records));
    }
}
