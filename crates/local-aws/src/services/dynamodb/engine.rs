//! Calls that the embedded engine answers.

use std::sync::Arc;

use dynoxide::Database;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{arn, fault, shard};
use crate::Cloud;
use crate::wire::{Call, Fault, Output};

/// Answers any operation of the engine's; it blocks, so it runs on a thread of its own.
pub async fn run(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let region = call.region.clone();
    let account = cloud.config.account.clone();
    let work = tokio::task::spawn_blocking(move || {
        let database = cloud.dynamodb.database(&call.region)?;
        let mut input = call.input;
        arn::to_engine(&mut input, &call.region, &cloud.config.account);
        shard::to_engine(&mut input);
        dispatch(&database, &call.operation, input)
    });
    let done =
        work.await.map_err(|_| Fault::receiver("InternalServerError", "the embedded engine failed on this request"));
    match done? {
        Ok(mut body) => {
            arn::from_engine(&mut body, &region, &account);
            shard::from_engine(&mut body);
            Ok(Output::json(body))
        }
        Err(mut fault) => {
            fault.message = arn::text_from_engine(&fault.message, &region, &account);
            Err(fault)
        }
    }
}

fn dispatch(db: &Database, operation: &str, input: Value) -> Result<Value, Fault> {
    match operation {
        "BatchExecuteStatement" => answer(operation, input, |request| db.batch_execute_statement(request)),
        "BatchGetItem" => answer(operation, input, |request| db.batch_get_item(request)),
        "BatchWriteItem" => answer(operation, input, |request| db.batch_write_item(request)),
        "CreateTable" => answer(operation, input, |request| db.create_table(request)),
        "DeleteItem" => answer(operation, input, |request| db.delete_item(request)),
        "DeleteTable" => answer(operation, input, |request| db.delete_table(request)),
        "DescribeStream" => answer(operation, input, |request| db.describe_stream(request)),
        "DescribeTable" => answer(operation, input, |request| db.describe_table(request)),
        "DescribeTimeToLive" => answer(operation, input, |request| db.describe_time_to_live(request)),
        "ExecuteStatement" => answer(operation, input, |request| db.execute_statement(request)),
        "ExecuteTransaction" => answer(operation, input, |request| db.execute_transaction(request)),
        "GetItem" => answer(operation, input, |request| db.get_item(request)),
        "GetRecords" => answer(operation, input, |request| db.get_records(request)),
        "GetShardIterator" => answer(operation, input, |request| db.get_shard_iterator(request)),
        "ListStreams" => answer(operation, input, |request| db.list_streams(request)),
        "ListTables" => answer(operation, input, |request| db.list_tables(request)),
        "ListTagsOfResource" => answer(operation, input, |request| db.list_tags_of_resource(request)),
        "PutItem" => answer(operation, input, |request| db.put_item(request)),
        "Query" => answer(operation, input, |request| db.query(request)),
        "Scan" => answer(operation, input, |request| db.scan(request)),
        "TagResource" => answer(operation, input, |request| db.tag_resource(request)),
        "TransactGetItems" => answer(operation, input, |request| db.transact_get_items(request)),
        "TransactWriteItems" => answer(operation, input, |request| db.transact_write_items(request)),
        "UntagResource" => answer(operation, input, |request| db.untag_resource(request)),
        "UpdateItem" => answer(operation, input, |request| db.update_item(request)),
        "UpdateTable" => answer(operation, input, |request| db.update_table(request)),
        "UpdateTimeToLive" => answer(operation, input, |request| db.update_time_to_live(request)),
        other => Err(Fault::unknown_operation("dynamodb", other)),
    }
}

fn answer<I: DeserializeOwned, O: Serialize>(
    operation: &str,
    input: Value,
    act: impl FnOnce(I) -> dynoxide::Result<O>,
) -> Result<Value, Fault> {
    let request = serde_json::from_value(input).map_err(|error| fault::of_input(operation, &error.to_string()))?;
    let response = act(request).map_err(|error| fault::of_engine(operation, &error))?;
    serde_json::to_value(response).map_err(|error| Fault::receiver("InternalServerError", error.to_string()))
}
