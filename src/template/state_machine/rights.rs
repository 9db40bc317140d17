//! What a task needs a right to, by its service and action.
//!
//! Source: the IAM policies that the Step Functions developer guide lists for each integration.

use serde_json::{Map, Value, json};

use crate::stack::Stack;
use crate::template::intrinsic::{attribute, sub};

use super::definition::{is_intrinsic, local};
use super::{emr, redshift};

/// Actions, and what they act on.
#[derive(Clone, Debug, PartialEq)]
pub struct Right {
    /// Joined by `,`.
    pub actions: String,
    pub resources: Vec<Value>,
}

/// Why rights are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The integration is not in the table.
    Service(String),
    /// The definition says at run time what is called.
    Dynamic(String),
}

/// What a machine is named by, for rights on itself.
pub struct Own<'a> {
    pub stack: &'a Stack,
    /// The pattern of the machine's ARN, `Fn::Sub`.
    pub arn: &'a str,
}

/// A right to these actions, joined by `,`.
pub fn right(actions: &str, resources: Vec<Value>) -> Right {
    Right { actions: actions.to_owned(), resources }
}

/// Everything.
pub fn any() -> Vec<Value> {
    vec![json!("*")]
}

const EVENT_RULE: &str = "events:PutTargets,events:PutRule,events:DescribeRule";

fn managed_rule(name: &str) -> Right {
    right(
        EVENT_RULE,
        vec![sub(format!("arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{name}"))],
    )
}

/// The rights that a task needs.
///
/// # Errors
///
/// [`Unknown`] when neither the table nor the definition tells.
pub fn of_task(task: &Map<String, Value>, own: &Own) -> Result<Vec<Right>, Unknown> {
    let stack = own.stack;
    let resource = task.get("Resource").cloned().unwrap_or(Value::Null);
    let Some(service) = service(&resource) else { return direct(stack, &resource) };
    let (name, arguments) = (service.as_str(), Arguments(task));
    let name = name.strip_suffix(".waitForTaskToken").unwrap_or(name);
    let (base, is_sync) = match name.split_once(".sync") {
        Some((base, _)) => (base, true),
        None => (name, false),
    };
    if !stack.is_safe() && !is_known_to_plugin(base) {
        return Err(Unknown::Service(service.clone()));
    }
    match base {
        "lambda:invoke" => lambda(stack, &arguments),
        // The plugin looks at `Parameters` only.
        "sqs:sendMessage" | "sns:publish" if !stack.is_safe() && !task.contains_key("Parameters") => Ok(Vec::new()),
        "sqs:sendMessage" | "aws-sdk:sqs:sendMessage" => queue(&arguments),
        "sns:publish" | "aws-sdk:sns:publish" => topic(&arguments),
        "states:startExecution" => executions("states:StartExecution", &arguments, stack),
        "aws-sdk:sfn:startSyncExecution" => executions("states:StartSyncExecution", &arguments, stack),
        "events:putEvents" => events(&arguments),
        "aws-sdk:eventbridge:putTargets" => rule_targets(&arguments),
        "aws-sdk:scheduler:createSchedule" => schedules("scheduler:CreateSchedule", &arguments),
        "aws-sdk:scheduler:deleteSchedule" => schedules("scheduler:DeleteSchedule", &arguments),
        "batch:submitJob" => Ok(vec![
            right("batch:SubmitJob,batch:DescribeJobs,batch:TerminateJob", any()),
            managed_rule("StepFunctionsGetEventsForBatchJobsRule"),
        ]),
        "glue:startJobRun" => {
            Ok(vec![right("glue:StartJobRun,glue:GetJobRun,glue:GetJobRuns,glue:BatchStopJobRun", any())])
        }
        "ecs:runTask" => Ok(vec![
            right("ecs:RunTask,ecs:StopTask,ecs:DescribeTasks,ecs:TagResource,iam:PassRole", any()),
            managed_rule("StepFunctionsGetEventsForECSTaskRule"),
        ]),
        "codebuild:startBuild" => Ok(vec![
            right("codebuild:StartBuild,codebuild:StopBuild,codebuild:BatchGetBuilds", project(&arguments)?),
            managed_rule("StepFunctionsGetEventForCodeBuildStartBuildRule"),
        ]),
        "sagemaker:createTransformJob" => Ok(transform_job(&arguments)),
        "bedrock:invokeModel" => model(&arguments),
        "http:invoke" => Ok(http_call(&arguments)),
        "aws-sdk:sesv2:sendEmail" => Ok(vec![right("ses:SendEmail", any())]),
        "s3:listObjectsV2" | "aws-sdk:s3:listObjectsV2" => bucket(&arguments),
        "s3:getObject" | "aws-sdk:s3:getObject" => object("s3:GetObject", &arguments),
        "s3:putObject" | "aws-sdk:s3:putObject" => object("s3:PutObject", &arguments),
        "athena:startQueryExecution" => Ok(athena(&arguments, is_sync)),
        "athena:stopQueryExecution" => Ok(vec![right("athena:stopQueryExecution", vec![work_group("*")])]),
        "athena:getQueryExecution" => Ok(vec![right("athena:getQueryExecution", vec![work_group("*")])]),
        "athena:getQueryResults" => Ok(vec![
            right("athena:getQueryResults", vec![work_group("*")]),
            right("s3:GetObject", vec![json!("arn:aws:s3:::*")]),
        ]),
        _ => match emr::of_task(base, is_sync) {
            Some(rights) => Ok(rights),
            None => table_or_other(base, &arguments),
        },
    }
}

/// The integrations that serverless-step-functions derives rights from, without the way in which they are waited for.
///
/// Source: the plugin's table; a role of a deployed stack has the rights of these and of no other.
const KNOWN_TO_PLUGIN: [&str; 52] = [
    "athena:getQueryExecution",
    "athena:getQueryResults",
    "athena:startQueryExecution",
    "athena:stopQueryExecution",
    "aws-sdk:dynamodb:batchGetItem",
    "aws-sdk:dynamodb:batchWriteItem",
    "aws-sdk:dynamodb:putItem",
    "aws-sdk:dynamodb:query",
    "aws-sdk:dynamodb:scan",
    "aws-sdk:dynamodb:updateItem",
    "aws-sdk:dynamodb:updateTable",
    "aws-sdk:eventbridge:putTargets",
    "aws-sdk:redshiftdata:batchExecuteStatement",
    "aws-sdk:redshiftdata:cancelStatement",
    "aws-sdk:redshiftdata:describeStatement",
    "aws-sdk:redshiftdata:executeStatement",
    "aws-sdk:redshiftdata:getStatementResult",
    "aws-sdk:redshiftdata:listStatements",
    "aws-sdk:s3:getObject",
    "aws-sdk:s3:listObjectsV2",
    "aws-sdk:s3:putObject",
    "aws-sdk:scheduler:createSchedule",
    "aws-sdk:scheduler:deleteSchedule",
    "aws-sdk:sesv2:sendEmail",
    "aws-sdk:sfn:startSyncExecution",
    "batch:submitJob",
    "bedrock:invokeModel",
    "codebuild:startBuild",
    "dynamodb:deleteItem",
    "dynamodb:getItem",
    "dynamodb:putItem",
    "dynamodb:updateItem",
    "ecs:runTask",
    "elasticmapreduce:addStep",
    "elasticmapreduce:cancelStep",
    "elasticmapreduce:createCluster",
    "elasticmapreduce:modifyInstanceFleetByName",
    "elasticmapreduce:modifyInstanceGroupByName",
    "elasticmapreduce:runJobFlow",
    "elasticmapreduce:setClusterTerminationProtection",
    "elasticmapreduce:terminateCluster",
    "events:putEvents",
    "glue:startJobRun",
    "http:invoke",
    "lambda:invoke",
    "s3:getObject",
    "s3:listObjectsV2",
    "s3:putObject",
    "sagemaker:createTransformJob",
    "sns:publish",
    "sqs:sendMessage",
    "states:startExecution",
];

fn is_known_to_plugin(base: &str) -> bool {
    KNOWN_TO_PLUGIN.contains(&base)
}

/// Rights to the machine itself: a distributed map starts its items as executions.
pub fn of_distributed_map(own: &Own) -> Vec<Right> {
    vec![
        right("states:StartExecution", vec![sub(own.arn)]),
        right(
            "states:DescribeExecution,states:StopExecution",
            vec![sub(format!("{}:*", own.arn.replace(":stateMachine:", ":execution:")))],
        ),
        managed_rule("StepFunctionsGetEventsForStepFunctionsExecutionRule"),
    ]
}

/// `SERVICE:ACTION…` of an integration's ARN, in any partition.
fn service(resource: &Value) -> Option<String> {
    let text = match resource.get("Fn::Sub") {
        Some(text) => text.as_str()?,
        None => resource.as_str()?,
    };
    let (_, service) = text.split_once(":states:::")?;
    Some(service.to_owned())
}

/// A task whose resource is a function or an activity itself.
fn direct(stack: &Stack, resource: &Value) -> Result<Vec<Right>, Unknown> {
    let text = resource.as_str().unwrap_or("");
    if text.contains(":states:") && text.contains(":activity:") {
        return Ok(Vec::new());
    }
    let is_function = is_intrinsic(resource) || text.starts_with("arn:") && text.contains(":lambda");
    if !is_function {
        return Err(Unknown::Service(if text.is_empty() { resource.to_string() } else { text.to_owned() }));
    }
    let parts: Vec<&str> = text.split(':').collect();
    // The eighth part is a version or an alias: the right is for the function.
    let function = if parts.len() == 8 { json!(parts[..7].join(":")) } else { local(stack, resource) };
    Ok(vec![right("lambda:InvokeFunction", vec![function.clone(), with_versions(function)])])
}

fn with_versions(function: Value) -> Value {
    match &function {
        Value::String(text) => json!(format!("{text}:*")),
        Value::Object(map) => match map.get("Fn::Sub") {
            Some(Value::String(text)) => sub(format!("{text}:*")),
            Some(Value::Array(parts)) => match parts.as_slice() {
                [Value::String(text), variables] => json!({"Fn::Sub": [format!("{text}:*"), variables]}),
                _ => json!({"Fn::Sub": ["${functionArn}:*", {"functionArn": function}]}),
            },
            _ => json!({"Fn::Sub": ["${functionArn}:*", {"functionArn": function}]}),
        },
        _ => json!({"Fn::Sub": ["${functionArn}:*", {"functionArn": function}]}),
    }
}

/// What a task is called with, in either query language.
pub struct Arguments<'a>(&'a Map<String, Value>);

impl<'a> Arguments<'a> {
    /// A value that is known before the task runs.
    pub fn fixed(&self, key: &str) -> Option<&'a Value> {
        let of = |section: &str| self.0.get(section).and_then(|section| section.get(key));
        of("Parameters").or_else(|| of("Arguments")).filter(|value| !is_expression(value))
    }

    /// Whether the value is made when the task runs.
    pub fn is_dynamic(&self, key: &str) -> bool {
        let by_path = self.0.get("Parameters").and_then(|section| section.get(format!("{key}.$"))).is_some();
        let by_expression = self
            .0
            .get("Arguments")
            .is_some_and(|section| is_expression(section) || section.get(key).is_some_and(is_expression));
        by_path || by_expression
    }

    /// A value that rights depend on.
    fn needed(&self, key: &str) -> Result<&'a Value, Unknown> {
        self.fixed(key).ok_or_else(|| Unknown::Dynamic(key.to_owned()))
    }
}

fn is_expression(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim_start().starts_with("{%"))
}

/// `Parameters.AllowedFunctions` is no argument of Lambda's: it names what a dynamic call may reach.
fn lambda(stack: &Stack, arguments: &Arguments) -> Result<Vec<Right>, Unknown> {
    let invoke = |resources| Ok(vec![right("lambda:InvokeFunction", resources)]);
    if let Some(allowed) = arguments.fixed("AllowedFunctions").filter(|_| arguments.is_dynamic("FunctionName")) {
        return invoke(allowed.as_array().cloned().unwrap_or_else(|| vec![allowed.clone()]));
    }
    let name = arguments.needed("FunctionName")?;
    if let Some(text) = name.as_str() {
        let parts: Vec<&str> = text.split(':').collect();
        let account_first = parts.len() == 3 && parts[0].bytes().all(|byte| byte.is_ascii_digit());
        if text.starts_with("arn:") {
            return invoke(vec![json!(text), json!(format!("{text}:*"))]);
        }
        let prefix = if account_first {
            "arn:${AWS::Partition}:lambda:${AWS::Region}:".to_owned()
        } else {
            "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:".to_owned()
        };
        return invoke(vec![sub(format!("{prefix}{text}")), sub(format!("{prefix}{text}:*"))]);
    }
    let is_reference = name.get("Ref").is_some();
    let function = local(stack, name);
    if !is_reference || function.get("Fn::Sub").is_some() {
        // Of other CloudFormation functions than `Fn::GetAtt` and `Ref` the plugin makes the one ARN.
        let has_versions = is_intrinsic(name)
            && (stack.is_safe()
                || name.get("Fn::GetAtt").is_some()
                || function.get("Fn::Sub").is_some() && is_reference);
        return invoke(if has_versions { vec![function.clone(), with_versions(function)] } else { vec![function] });
    }
    let prefix = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${functionArn}";
    invoke(vec![
        json!({"Fn::Sub": [prefix, {"functionArn": function}]}),
        json!({"Fn::Sub": [format!("{prefix}:*"), {"functionArn": function}]}),
    ])
}

fn queue(arguments: &Arguments) -> Result<Vec<Right>, Unknown> {
    let url = arguments.needed("QueueUrl")?;
    let arn = match (url.as_str(), url.get("Ref").and_then(Value::as_str)) {
        (Some(text), _) => queue_arn(text).ok_or_else(|| Unknown::Dynamic("QueueUrl".to_owned()))?,
        (None, Some(id)) => attribute(id, "Arn"),
        (None, None) => return Err(Unknown::Dynamic("QueueUrl".to_owned())),
    };
    Ok(vec![right("sqs:SendMessage", vec![arn])])
}

/// The ARN of `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`.
fn queue_arn(url: &str) -> Option<Value> {
    let rest = url.strip_prefix("https://sqs.")?;
    let (host, path) = rest.split_once('/')?;
    let (region, _) = host.split_once(".amazonaws.com")?;
    let (account, name) = path.split_once('/')?;
    let text = format!("arn:aws:sqs:{region}:{account}:{name}");
    Some(if text.contains("${") { sub(text) } else { json!(text) })
}

fn topic(arguments: &Arguments) -> Result<Vec<Right>, Unknown> {
    Ok(vec![right("sns:Publish", vec![arguments.needed("TopicArn")?.clone()])])
}

fn executions(action: &str, arguments: &Arguments, stack: &Stack) -> Result<Vec<Right>, Unknown> {
    let machine = match arguments.needed("StateMachineArn") {
        Err(why) if stack.is_safe() => return Err(why),
        Err(_) => json!("*"),
        Ok(machine) => machine.clone(),
    };
    let runs = match machine.as_str().or_else(|| machine.get("Fn::Sub").and_then(Value::as_str)) {
        Some(text) => {
            let text = if text == "*" {
                text.to_owned()
            } else {
                format!("{}:*", text.replace(":stateMachine:", ":execution:"))
            };
            if machine.is_string() { json!(text) } else { sub(text) }
        }
        // The ARN of a reference is not known here, and executions are named by it.
        None => json!("*"),
    };
    Ok(vec![
        right(action, vec![machine]),
        right("states:DescribeExecution,states:StopExecution", vec![runs]),
        managed_rule("StepFunctionsGetEventsForStepFunctionsExecutionRule"),
    ])
}

fn events(arguments: &Arguments) -> Result<Vec<Right>, Unknown> {
    let entries = arguments.needed("Entries")?.as_array().cloned().unwrap_or_default();
    let mut buses: Vec<Value> = Vec::new();
    for entry in &entries {
        let bus = entry.get("EventBusName").cloned().unwrap_or_else(|| json!("default"));
        if !buses.contains(&bus) {
            buses.push(bus);
        }
    }
    let arn = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${eventBus}";
    let resources = buses.into_iter().map(|bus| json!({"Fn::Sub": [arn, {"eventBus": bus}]}));
    Ok(vec![right("events:PutEvents", resources.collect())])
}

fn rule_targets(arguments: &Arguments) -> Result<Vec<Right>, Unknown> {
    let rule = arguments.needed("Rule")?;
    let prefix = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/";
    let arn = match arguments.fixed("EventBusName") {
        Some(bus) => {
            json!({"Fn::Sub": [format!("{prefix}${{eventBusName}}/${{ruleName}}"), {"eventBusName": bus, "ruleName": rule}]})
        }
        None => json!({"Fn::Sub": [format!("{prefix}${{ruleName}}"), {"ruleName": rule}]}),
    };
    Ok(vec![right("events:PutTargets", vec![arn])])
}

fn schedules(action: &str, arguments: &Arguments) -> Result<Vec<Right>, Unknown> {
    let group = arguments.fixed("GroupName").cloned().unwrap_or_else(|| json!("default"));
    let arn = "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/${scheduleGroupName}/*";
    let mut rights = vec![right(action, vec![json!({"Fn::Sub": [arn, {"scheduleGroupName": group}]})])];
    if let Some(role) = arguments.fixed("Target").and_then(|target| target.get("RoleArn")) {
        rights.push(right("iam:PassRole", vec![role.clone()]));
    }
    Ok(rights)
}

fn project(arguments: &Arguments) -> Result<Vec<Value>, Unknown> {
    let name = arguments.needed("ProjectName")?;
    let arn = "arn:${AWS::Partition}:codebuild:${AWS::Region}:${AWS::AccountId}:project/";
    Ok(vec![match name.as_str() {
        Some(name) => sub(format!("{arn}{name}")),
        None => json!({"Fn::Sub": [format!("{arn}${{project}}"), {"project": name}]}),
    }])
}

fn transform_job(arguments: &Arguments) -> Vec<Right> {
    let name = arguments.fixed("TransformJobName").and_then(Value::as_str).unwrap_or_default();
    let jobs = format!("arn:${{AWS::Partition}}:sagemaker:${{AWS::Region}}:${{AWS::AccountId}}:transform-job/{name}*");
    let actions = "sagemaker:CreateTransformJob,sagemaker:DescribeTransformJob,sagemaker:StopTransformJob";
    vec![
        right(actions, vec![sub(jobs)]),
        right("sagemaker:ListTags", any()),
        managed_rule("StepFunctionsGetEventsForSageMakerTransformJobsRule"),
    ]
}

fn http_call(arguments: &Arguments) -> Vec<Right> {
    let connection = arguments.fixed("Authentication").and_then(|authentication| authentication.get("ConnectionArn"));
    let secrets = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:events!connection/*";
    vec![
        right("states:InvokeHTTPEndpoint", any()),
        right("events:RetrieveConnectionCredentials", vec![connection.cloned().unwrap_or_else(|| json!("*"))]),
        right("secretsmanager:GetSecretValue,secretsmanager:DescribeSecret", vec![sub(secrets)]),
    ]
}

fn model(arguments: &Arguments) -> Result<Vec<Right>, Unknown> {
    let model = arguments.needed("ModelId")?;
    let arn = match model.as_str() {
        Some(id) if !id.starts_with("arn:") => {
            sub(format!("arn:${{AWS::Partition}}:bedrock:${{AWS::Region}}::foundation-model/{id}"))
        }
        _ => model.clone(),
    };
    Ok(vec![right("bedrock:InvokeModel", vec![arn])])
}

fn bucket_arn(bucket: &Value, rest: &str) -> Value {
    match bucket.as_str() {
        Some(name) => sub(format!("arn:${{AWS::Partition}}:s3:::{name}{rest}")),
        None => json!({"Fn::Sub": [format!("arn:${{AWS::Partition}}:s3:::${{bucket}}{rest}"), {"bucket": bucket}]}),
    }
}

fn bucket(arguments: &Arguments) -> Result<Vec<Right>, Unknown> {
    let any = json!("*");
    let bucket = arguments.fixed("Bucket").unwrap_or(&any);
    let both = || vec![bucket_arn(bucket, ""), bucket_arn(bucket, "/*")];
    Ok(vec![right("s3:Get*", both()), right("s3:List*", both())])
}

fn object(action: &str, arguments: &Arguments) -> Result<Vec<Right>, Unknown> {
    let key = arguments.fixed("Key").and_then(Value::as_str).unwrap_or("*");
    let Some(bucket) = arguments.fixed("Bucket") else {
        return if key == "*" { Ok(vec![right(action, any())]) } else { Err(Unknown::Dynamic("Bucket".to_owned())) };
    };
    let rest = match arguments.fixed("Prefix").and_then(Value::as_str) {
        Some(prefix) => format!("/{prefix}/{key}"),
        None => format!("/{key}"),
    };
    Ok(vec![right(action, vec![bucket_arn(bucket, &rest)])])
}

fn work_group(name: &str) -> Value {
    sub(format!("arn:${{AWS::Partition}}:athena:${{AWS::Region}}:${{AWS::AccountId}}:workgroup/{name}"))
}

/// Athena reads tables and writes results with the caller's rights.
fn athena(arguments: &Arguments, is_sync: bool) -> Vec<Right> {
    let group = arguments.fixed("WorkGroup").and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or("*");
    let actions = if is_sync {
        "athena:startQueryExecution,athena:stopQueryExecution,athena:getQueryExecution,athena:getDataCatalog,\
         athena:GetWorkGroup,athena:BatchGetQueryExecution,athena:GetQueryResults,athena:ListQueryExecutions"
    } else {
        "athena:startQueryExecution,athena:getDataCatalog"
    };
    let own = |service: &str, rest: &str| {
        sub(format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{rest}"))
    };
    let storage = "s3:GetBucketLocation,s3:GetObject,s3:ListBucket,s3:ListBucketMultipartUploads,\
                   s3:ListMultipartUploadParts,s3:AbortMultipartUpload,s3:CreateBucket,s3:PutObject";
    let catalog = "glue:CreateDatabase,glue:GetDatabase,glue:GetDatabases,glue:UpdateDatabase,glue:DeleteDatabase,\
                   glue:CreateTable,glue:UpdateTable,glue:GetTable,glue:GetTables,glue:DeleteTable,glue:BatchDeleteTable,\
                   glue:BatchCreatePartition,glue:CreatePartition,glue:UpdatePartition,glue:GetPartition,glue:GetPartitions,\
                   glue:BatchGetPartition,glue:DeletePartition,glue:BatchDeletePartition";
    let tables = ["catalog", "database/*", "table/*", "userDefinedFunction/*"];
    vec![
        right(actions, vec![work_group(group), own("athena", "datacatalog/*")]),
        right(storage, vec![json!("arn:aws:s3:::*")]),
        right(catalog, tables.iter().map(|rest| own("glue", rest)).collect()),
        right("lakeformation:GetDataAccess", any()),
    ]
}

/// DynamoDB's and Redshift's operations, which name a table or cluster.
fn table_or_other(service: &str, arguments: &Arguments) -> Result<Vec<Right>, Unknown> {
    let plain = service.strip_prefix("aws-sdk:").unwrap_or(service);
    let unknown = || Unknown::Service(service.to_owned());
    let (name, operation) = plain.split_once(':').ok_or_else(unknown)?;
    let action = crate::template::naming::upper_first(operation);
    match (name, operation) {
        ("dynamodb", "batchGetItem" | "batchWriteItem") => {
            let tables = arguments.needed("RequestItems")?.as_object().cloned().unwrap_or_default();
            let tables = tables.keys().map(|table| table_arn(&json!(table.trim_end_matches(".$")), None));
            Ok(vec![right(&format!("dynamodb:{action}"), tables.collect())])
        }
        ("dynamodb", "getItem" | "putItem" | "updateItem" | "deleteItem" | "updateTable" | "query" | "scan") => {
            let table = arguments.needed("TableName")?;
            let index = match arguments.fixed("IndexName").and_then(Value::as_str) {
                Some(index) => Some(index),
                None if arguments.is_dynamic("IndexName") => Some("*"),
                None => None,
            };
            Ok(vec![right(&format!("dynamodb:{action}"), vec![table_arn(table, index)])])
        }
        ("redshiftdata", _) => Ok(redshift::of_task(&action, arguments)),
        _ => Err(unknown()),
    }
}

fn table_arn(table: &Value, index: Option<&str>) -> Value {
    let rest = index.map(|index| format!("/index/{index}")).unwrap_or_default();
    if let Some(id) = table.get("Ref").and_then(Value::as_str) {
        let arn = attribute(id, "Arn");
        return if rest.is_empty() { arn } else { json!({"Fn::Join": ["", [arn, rest]]}) };
    }
    let prefix = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/";
    match table.as_str() {
        Some(name) => sub(format!("{prefix}{name}{rest}")),
        None => json!({"Fn::Sub": [format!("{prefix}${{table}}{rest}"), {"table": table}]}),
    }
}
