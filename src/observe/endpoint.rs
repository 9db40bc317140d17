//! What can be called over HTTP, read from the template that is deployed.

use std::collections::BTreeMap;

use serde_json::Value;

/// How many path parts a resource of a REST API may be deep.
const MAX_DEPTH: usize = 64;

/// Something that can be called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// Logical id of the API.
    pub api: String,
    pub protocol: Protocol,
    /// Upper case; `ANY` for all.
    pub method: String,
    /// With a leading `/`, without the stage; the route key of a websocket.
    pub path: String,
    /// The deployed stage of the API; `$default` has no part in an address.
    pub stage: String,
    /// Logical id and type of what is called, when it is of this stack.
    pub target: Option<(String, String)>,
}

/// The kind of API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    Rest,
    Http,
    Websocket,
}

/// The endpoints of a template, in its own order. Mock integrations, as those that answer CORS, are none.
pub fn endpoints(template: &Value) -> Vec<Endpoint> {
    let Some(resources) = template.get("Resources").and_then(Value::as_object) else { return Vec::new() };
    let resources: BTreeMap<&str, &Value> = resources.iter().map(|(id, resource)| (id.as_str(), resource)).collect();
    let reader = Reader { resources };
    let order = template.get("Resources").and_then(Value::as_object).into_iter().flatten();
    order
        .filter_map(|(_, resource)| match kind(resource) {
            "AWS::ApiGateway::Method" => reader.rest(resource),
            "AWS::ApiGatewayV2::Route" => reader.route(resource),
            _ => None,
        })
        .collect()
}

struct Reader<'a> {
    resources: BTreeMap<&'a str, &'a Value>,
}

impl Reader<'_> {
    fn rest(&self, method: &Value) -> Option<Endpoint> {
        let properties = method.get("Properties")?;
        let integration = properties.get("Integration")?;
        if integration.get("Type").and_then(Value::as_str) == Some("MOCK") {
            return None;
        }
        let api = reference(properties.get("RestApiId")?)?;
        Some(Endpoint {
            api: api.to_owned(),
            protocol: Protocol::Rest,
            method: properties.get("HttpMethod")?.as_str()?.to_owned(),
            path: self.path(properties.get("ResourceId")?)?,
            stage: self.rest_stage(api)?,
            target: self.target(integration),
        })
    }

    /// The path of a REST resource, from its parents.
    fn path(&self, id: &Value) -> Option<String> {
        let mut parts = Vec::new();
        let mut at = reference(id)?;
        for _ in 0..MAX_DEPTH {
            let resource = self.resources.get(at)?;
            if kind(resource) != "AWS::ApiGateway::Resource" {
                break;
            }
            parts.push(resource.pointer("/Properties/PathPart")?.as_str()?);
            at = reference(resource.pointer("/Properties/ParentId")?)?;
        }
        parts.reverse();
        Some(format!("/{}", parts.join("/")))
    }

    fn rest_stage(&self, api: &str) -> Option<String> {
        let of_api = |resource: &&&Value| {
            matches!(kind(resource), "AWS::ApiGateway::Stage" | "AWS::ApiGateway::Deployment")
                && resource.pointer("/Properties/RestApiId").and_then(reference) == Some(api)
        };
        let stages = self.resources.values().filter(of_api);
        let mut names = stages.filter_map(|stage| stage.pointer("/Properties/StageName")?.as_str());
        names.next().map(str::to_owned)
    }

    fn route(&self, route: &Value) -> Option<Endpoint> {
        let properties = route.get("Properties")?;
        let api = reference(properties.get("ApiId")?)?;
        let protocol = self.resources.get(api).and_then(|api| api.pointer("/Properties/ProtocolType"));
        let websocket = protocol.and_then(Value::as_str) == Some("WEBSOCKET");
        let key = properties.get("RouteKey")?.as_str()?;
        let (method, path) = match key.split_once(' ') {
            Some((method, path)) => (method, path),
            None if websocket => ("", key),
            // `$default`: whatever no other route takes.
            None => ("ANY", "/{proxy+}"),
        };
        let integration = references(properties.get("Target")?).into_iter().next()?;
        Some(Endpoint {
            api: api.to_owned(),
            protocol: if websocket { Protocol::Websocket } else { Protocol::Http },
            method: method.to_owned(),
            path: path.to_owned(),
            stage: self.http_stage(api).unwrap_or_else(|| "$default".to_owned()),
            target: self.resources.get(integration).and_then(|integration| self.target(integration)),
        })
    }

    fn http_stage(&self, api: &str) -> Option<String> {
        let of_api = |resource: &&&Value| {
            kind(resource) == "AWS::ApiGatewayV2::Stage"
                && resource.pointer("/Properties/ApiId").and_then(reference) == Some(api)
        };
        let stage = self.resources.values().find(of_api)?;
        stage.pointer("/Properties/StageName")?.as_str().map(str::to_owned)
    }

    /// The function or state machine that an integration names.
    fn target(&self, integration: &Value) -> Option<(String, String)> {
        references(integration).into_iter().find_map(|id| {
            let resource = self.resources.get(id)?;
            match kind(resource) {
                "AWS::Lambda::Alias" | "AWS::Lambda::Version" => {
                    let function = references(resource.pointer("/Properties/FunctionName")?).into_iter().next()?;
                    Some((function.to_owned(), "AWS::Lambda::Function".to_owned()))
                }
                kind @ ("AWS::Lambda::Function" | "AWS::StepFunctions::StateMachine") => {
                    Some((id.to_owned(), kind.to_owned()))
                }
                _ => None,
            }
        })
    }
}

fn kind(resource: &Value) -> &str {
    resource.get("Type").and_then(Value::as_str).unwrap_or_default()
}

/// The logical id that a value refers to as a whole.
fn reference(value: &Value) -> Option<&str> {
    if let Some(id) = value.get("Ref").and_then(Value::as_str) {
        return Some(id);
    }
    match value.get("Fn::GetAtt")? {
        Value::Array(parts) => parts.first()?.as_str(),
        Value::String(path) => path.split('.').next(),
        _ => None,
    }
}

/// Every logical id that is named anywhere inside a value, in order.
fn references(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(entries) => match reference(value) {
                Some(id) => found.push(id),
                None => waiting.extend(entries.values().rev()),
            },
            Value::Array(items) => waiting.extend(items.iter().rev()),
            Value::String(text) => found.extend(substitutions(text)),
            _ => {}
        }
    }
    found
}

/// The logical ids of `${Id}` and `${Id.Attribute}`.
fn substitutions(text: &str) -> impl Iterator<Item = &str> {
    let places = text.split("${").skip(1).filter_map(|rest| rest.split_once('}').map(|(inside, _)| inside));
    places
        .filter(|inside| !inside.starts_with('!') && !inside.contains("::"))
        .map(|inside| inside.split('.').next().unwrap_or(inside))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_method_that_starts_an_execution_leads_to_the_state_machine() {
        let template = json!({"Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi"},
            "Users": {"Type": "AWS::ApiGateway::Resource", "Properties":
                {"RestApiId": {"Ref": "Api"}, "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "PathPart": "users"}},
            "Id": {"Type": "AWS::ApiGateway::Resource", "Properties":
                {"RestApiId": {"Ref": "Api"}, "ParentId": {"Ref": "Users"}, "PathPart": "{id}"}},
            "Post": {"Type": "AWS::ApiGateway::Method", "Properties": {
                "HttpMethod": "POST", "RestApiId": {"Ref": "Api"}, "ResourceId": {"Ref": "Id"},
                "Integration": {"Type": "AWS", "RequestTemplates":
                    {"application/json": {"Fn::Sub": ["{\"stateMachineArn\": \"${Machine}\"}", {}]}}}}},
            "Options": {"Type": "AWS::ApiGateway::Method", "Properties": {
                "HttpMethod": "OPTIONS", "RestApiId": {"Ref": "Api"}, "ResourceId": {"Ref": "Id"},
                "Integration": {"Type": "MOCK"}}},
            "Deployed": {"Type": "AWS::ApiGateway::Deployment", "Properties":
                {"RestApiId": {"Ref": "Api"}, "StageName": "dev"}},
            "Machine": {"Type": "AWS::StepFunctions::StateMachine"},
        }});
        assert_eq!(
            endpoints(&template),
            [Endpoint {
                api: "Api".into(),
                protocol: Protocol::Rest,
                method: "POST".into(),
                path: "/users/{id}".into(),
                stage: "dev".into(),
                target: Some(("Machine".into(), "AWS::StepFunctions::StateMachine".into())),
            }]
        );
    }

    #[test]
    fn a_route_leads_through_its_integration_to_the_function() {
        let template = json!({"Resources": {
            "HttpApi": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP"}},
            "Route": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "HttpApi"},
                "RouteKey": "GET /users", "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]}}},
            "Integration": {"Type": "AWS::ApiGatewayV2::Integration", "Properties":
                {"ApiId": {"Ref": "HttpApi"}, "IntegrationUri": {"Fn::GetAtt": ["Fn", "Arn"]}}},
            "Fn": {"Type": "AWS::Lambda::Function"},
        }});
        let found = endpoints(&template);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].method.as_str(), found[0].path.as_str()), ("GET", "/users"));
        assert_eq!(found[0].target, Some(("Fn".into(), "AWS::Lambda::Function".into())));
    }
}
