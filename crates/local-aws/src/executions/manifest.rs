//! Objects that name the objects which hold the items: S3 inventories, and what Athena unloads.
//!
//! Source: Step Functions developer guide, "ItemReader (Map)", `ManifestType`; S3 user guide, "Inventory manifest".

use std::sync::Arc;

use asl::Failure;
use asl::effect::ReadItems;
use serde_json::{Value, json};

use super::items::{failure, json_value, named, parsed, rows, text};
use crate::Cloud;

/// The rows of the inventory whose `manifest.json` the parameters name; members are called as its `fileSchema` says.
pub async fn inventory(cloud: &Arc<Cloud>, region: &str, wish: &ReadItems) -> Result<Vec<Value>, Failure> {
    let manifest = json_value(&text(cloud, region, &wish.parameters).await?)?;
    let names = columns(&manifest)?;
    let bucket = manifest["destinationBucket"].as_str().map(|arn| arn.rsplit(':').next().unwrap_or(arn));
    let bucket = bucket.or(wish.parameters["Bucket"].as_str()).unwrap_or_default();
    let files = manifest["files"].as_array().ok_or_else(|| failure("The manifest has no list 'files'".to_owned()))?;
    let mut items = Vec::new();
    for file in files {
        let table = text(cloud, region, &json!({"Bucket": bucket, "Key": file["key"]})).await?;
        items.extend(rows(&table, ',').into_iter().map(|row| named(&names, row)));
    }
    Ok(items)
}

fn columns(manifest: &Value) -> Result<Vec<String>, Failure> {
    match manifest["fileFormat"].as_str() {
        Some("CSV") => {}
        other => {
            let found = other.unwrap_or("none");
            return Err(failure(format!("The inventory's fileFormat has to be CSV, and is {found}")));
        }
    }
    let schema = manifest["fileSchema"].as_str().filter(|schema| !schema.trim().is_empty());
    let schema = schema.ok_or_else(|| failure("The manifest has no 'fileSchema'".to_owned()))?;
    Ok(schema.split(',').map(|name| name.trim().to_owned()).collect())
}

/// The items in the objects whose URIs, `s3://BUCKET/KEY`, stand one a line in the object that the parameters name.
pub async fn athena(cloud: &Arc<Cloud>, region: &str, wish: &ReadItems) -> Result<Vec<Value>, Failure> {
    let manifest = text(cloud, region, &wish.parameters).await?;
    let mut items = Vec::new();
    for uri in manifest.lines().map(|line| line.trim().trim_matches('"')).filter(|line| !line.is_empty()) {
        let place = uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        let (bucket, key) = place.ok_or_else(|| failure(format!("The manifest's line '{uri}' is no s3:// URI")))?;
        let data = text(cloud, region, &json!({"Bucket": bucket, "Key": key})).await?;
        items.append(&mut parsed(&data, &wish.config)?);
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_names_its_columns_and_is_csv() {
        let manifest = json!({"fileFormat": "CSV", "fileSchema": "Bucket, Key,Size"});
        assert_eq!(columns(&manifest).unwrap(), ["Bucket", "Key", "Size"]);
        let cause = |manifest: Value| columns(&manifest).unwrap_err().cause.unwrap();
        assert!(cause(json!({"fileFormat": "ORC", "fileSchema": "Key"})).contains("ORC"));
        assert!(cause(json!({"fileFormat": "CSV"})).contains("fileSchema"));
    }
}
