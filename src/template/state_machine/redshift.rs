//! Rights of tasks that use the data API of Amazon Redshift.

use serde_json::{Value, json};

use crate::template::intrinsic::sub;

use super::rights::{Arguments, Right, any, right};

/// What a call of the data API needs. A statement runs on a work group or a cluster, with the rights of a secret, of a database user,
/// or of the caller.
pub fn of_task(action: &str, arguments: &Arguments) -> Vec<Right> {
    let own = right(&format!("redshift-data:{action}"), any());
    if !matches!(action, "ExecuteStatement" | "BatchExecuteStatement") {
        return vec![own];
    }
    let group = work_group(arguments);
    let text = |key: &str| arguments.fixed(key).and_then(Value::as_str);
    let cluster = text("ClusterIdentifier").unwrap_or("*");
    let target = group.clone().unwrap_or_else(|| of_cluster("cluster", cluster));
    let database = of_cluster("dbname", &format!("{cluster}/{}", text("Database").unwrap_or("*")));
    let user = text("DbUser").or_else(|| arguments.is_dynamic("DbUser").then_some("*"));
    let credentials = match (secret(arguments), user, group) {
        (Some(secret), ..) => right("secretsmanager:GetSecretValue", vec![secret]),
        (None, Some(user), _) => {
            let users = of_cluster("dbuser", &format!("{cluster}/{user}"));
            right("redshift:GetClusterCredentials", vec![users, database])
        }
        (None, None, Some(group)) => right("redshift-serverless:GetCredentials", vec![group]),
        (None, None, None) => right("redshift:GetClusterCredentialsWithIAM", vec![database]),
    };
    vec![Right { resources: vec![target], ..own }, credentials]
}

fn own_arn(service: &str, rest: &str) -> Value {
    sub(format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{rest}"))
}

fn of_cluster(kind: &str, name: &str) -> Value {
    own_arn("redshift", &format!("{kind}:{name}"))
}

/// The work group: by its ARN, or any, since a work group's ARN ends in an id that its name does not tell.
fn work_group(arguments: &Arguments) -> Option<Value> {
    match arguments.fixed("WorkgroupName") {
        Some(Value::String(arn)) if arn.starts_with("arn:") => Some(json!(arn)),
        None if !arguments.is_dynamic("WorkgroupName") => None,
        _ => Some(own_arn("redshift-serverless", "workgroup/*")),
    }
}

fn secret(arguments: &Arguments) -> Option<Value> {
    match arguments.fixed("SecretArn") {
        Some(Value::String(text)) if text.starts_with("arn:") => Some(json!(text)),
        Some(Value::String(name)) => Some(own_arn("secretsmanager", &format!("secret:{name}*"))),
        Some(other) => Some(other.clone()),
        None => arguments.is_dynamic("SecretArn").then(|| own_arn("secretsmanager", "secret:*")),
    }
}
