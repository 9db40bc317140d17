//! Parameters are read.

use std::sync::Arc;

use serde_json::{Value, json};

use super::fault;
use super::parameter::{Parameter, Selector, sealed};
use crate::Cloud;
use crate::services::input;
use crate::wire::{Call, Fault, Output};

/// One parameter, or one version of it.
pub async fn get_parameter(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let name = input::text(&call, "Name").ok_or_else(|| fault::invalid("Name must not be null"))?;
    let shape = read(&cloud, &call, name)?;
    Ok(Output::json(json!({ "Parameter": shape })))
}

/// Many parameters; names that are not there are told.
pub async fn get_parameters(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let names = input::list(&call, "Names");
    if names.is_empty() || names.len() > 10 {
        return Err(fault::invalid(
            "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length between 1 and 10",
        ));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names.iter().filter_map(Value::as_str) {
        match read(&cloud, &call, name) {
            Ok(shape) => found.push(shape),
            Err(_) => missing.push(name),
        }
    }
    Ok(Output::json(json!({ "Parameters": found, "InvalidParameters": missing })))
}

fn read(cloud: &Cloud, call: &Call, name: &str) -> Result<Value, Fault> {
    let selector = Selector::parse(name);
    let parameter = Parameter::load(cloud, &call.region, &selector.name)?;
    let version = parameter.select(selector.suffix.as_deref())?;
    let decrypt = input::flag(call, "WithDecryption");
    Ok(parameter.shape(cloud, &call.region, version, selector.suffix.as_deref(), decrypt))
}

/// The parameters below a path.
pub async fn get_parameters_by_path(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let path = input::text(&call, "Path").unwrap_or_default();
    if !path.starts_with('/') {
        return Err(fault::invalid(
            "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash \"/\".",
        ));
    }
    let filters = filters(&call)?;
    let prefix = format!("{}/", path.trim_end_matches('/'));
    let recursive = input::flag(&call, "Recursive");
    let decrypt = input::flag(&call, "WithDecryption");
    let mut parameters = Parameter::all(&cloud, &call.region, &prefix)?;
    parameters.retain(|parameter| {
        (recursive || !parameter.name[prefix.len()..].contains('/'))
            && filters.iter().all(|filter| filter.takes(parameter))
    });
    let shapes = parameters.iter().filter_map(|parameter| {
        let version = parameter.versions.last()?;
        Some(parameter.shape(&cloud, &call.region, version, None, decrypt))
    });
    page(&call, "Parameters", 10, shapes.collect())
}

/// The metadata of parameters.
pub async fn describe_parameters(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let filters = filters(&call)?;
    let mut parameters = Parameter::all(&cloud, &call.region, "")?;
    parameters.retain(|parameter| filters.iter().all(|filter| filter.takes(parameter)));
    let shapes = parameters.iter().filter_map(|parameter| {
        let version = parameter.versions.last()?;
        Some(json!({
            "Name": parameter.name,
            "ARN": parameter.arn(&cloud, &call.region),
            "Type": version.kind,
            "KeyId": version.key,
            "LastModifiedDate": version.modified_ms as f64 / 1000.0,
            "LastModifiedUser": format!("arn:aws:iam::{}:root", cloud.config.account),
            "Description": version.description,
            "AllowedPattern": version.allowed_pattern,
            "Version": version.number,
            "Tier": parameter.tier,
            "Policies": [],
            "DataType": version.data_type,
        }))
    });
    page(&call, "Parameters", 50, shapes.collect())
}

/// All versions of a parameter.
pub async fn get_parameter_history(cloud: Arc<Cloud>, call: Call) -> Result<Output, Fault> {
    let selector = Selector::parse(input::text(&call, "Name").unwrap_or_default());
    let parameter = Parameter::load(&cloud, &call.region, &selector.name)?;
    let decrypt = input::flag(&call, "WithDecryption");
    let shapes = parameter.versions.iter().map(|version| {
        let secret = version.kind == "SecureString" && !decrypt;
        json!({
            "Name": parameter.name,
            "Type": version.kind,
            "KeyId": version.key,
            "LastModifiedDate": version.modified_ms as f64 / 1000.0,
            "LastModifiedUser": format!("arn:aws:iam::{}:root", cloud.config.account),
            "Description": version.description,
            "Value": if secret { sealed(version) } else { version.value.clone() },
            "AllowedPattern": version.allowed_pattern,
            "Version": version.number,
            "Labels": version.labels,
            "Tier": parameter.tier,
            "Policies": [],
            "DataType": version.data_type,
        })
    });
    page(&call, "Parameters", 50, shapes.collect())
}

/// One filter of a list.
struct Filter {
    key: String,
    option: String,
    values: Vec<String>,
}

impl Filter {
    fn takes(&self, parameter: &Parameter) -> bool {
        let subject = match (self.key.as_str(), parameter.versions.last()) {
            ("Type", Some(version)) => Some(version.kind.as_str()),
            ("KeyId", Some(version)) => version.key.as_deref(),
            ("Tier", _) => Some(parameter.tier.as_str()),
            ("Name", _) => Some(parameter.name.as_str()),
            (key, _) => {
                let wanted = key.strip_prefix("tag:").unwrap_or(key);
                let tag = parameter.tags.iter().find(|tag| tag["Key"] == wanted);
                tag.and_then(|tag| tag["Value"].as_str())
            }
        };
        let Some(subject) = subject else { return false };
        self.values.is_empty()
            || self.values.iter().any(|value| match self.option.as_str() {
                "BeginsWith" => subject.starts_with(value) || subject.trim_start_matches('/').starts_with(value),
                "Contains" => subject.contains(value),
                _ => subject == value,
            })
    }
}

/// The filters of a list. Keys that are not supported are refused by name.
fn filters(call: &Call) -> Result<Vec<Filter>, Fault> {
    if !input::list(call, "Filters").is_empty() {
        return Err(fault::invalid("the local AWS does not support Filters; use ParameterFilters"));
    }
    let read = |filter: &Value| {
        let key = filter["Key"].as_str().unwrap_or_default();
        let option = filter["Option"].as_str().unwrap_or("Equals");
        if !matches!(key, "Name" | "Type" | "KeyId" | "Tier") && !key.starts_with("tag:") {
            let message = format!("the local AWS does not support the parameter filter {key}; see docs/local-aws.md");
            return Err(Fault::sender("InvalidFilterKey", message));
        }
        if !matches!(option, "Equals" | "BeginsWith" | "Contains") {
            return Err(Fault::sender(
                "InvalidFilterOption",
                format!("The following filter option is not valid: {option}."),
            ));
        }
        let values = filter["Values"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        Ok(Filter { key: key.to_owned(), option: option.to_owned(), values: values.collect() })
    };
    input::list(call, "ParameterFilters").iter().map(read).collect()
}

/// One page; the token is the number of items that came before.
fn page(call: &Call, member: &str, most: i64, items: Vec<Value>) -> Result<Output, Fault> {
    let limit = input::integer(call, "MaxResults").unwrap_or(most);
    if !(1..=most).contains(&limit) {
        return Err(fault::invalid(format!(
            "1 validation error detected: Value '{limit}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to {most}"
        )));
    }
    let start: usize = match input::text(call, "NextToken") {
        Some(token) => {
            token.parse().map_err(|_| Fault::sender("InvalidNextToken", "The specified token is not valid."))?
        }
        None => 0,
    };
    let total = items.len();
    let page: Vec<Value> = items.into_iter().skip(start).take(usize::try_from(limit).unwrap_or(1)).collect();
    let end = start + page.len();
    let mut body = json!({ member: page });
    if end < total {
        body["NextToken"] = json!(end.to_string());
    }
    Ok(Output::json(body))
}
