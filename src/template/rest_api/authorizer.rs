//! `AWS::ApiGateway::Authorizer`: who may call.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::rest_api::{Authorizer, AuthorizerDetails};
use crate::stack::{Expr, normalized};
use crate::template::draft::{Draft, depend, extend};
use crate::template::intrinsic::reference;

use super::method::{invocation, source_arn};
use super::{Route, api_id};

/// What an authorizer means for a method.
#[derive(Debug, Default)]
pub struct Authorization {
    pub properties: Map<String, Value>,
    pub depends_on: Option<String>,
}

/// An authorizer that the API asks.
struct Asked<'a> {
    name: String,
    arn: Value,
    /// The function's key, when it is one of the stack's.
    function: Option<String>,
    details: Option<&'a AuthorizerDetails>,
}

impl Asked<'_> {
    fn id(&self) -> String {
        format!("{}ApiGatewayAuthorizer", normalized(&self.name))
    }

    fn kind(&self) -> Option<String> {
        self.details.and_then(|details| details.kind.as_ref()).map(|kind| kind.text.to_uppercase())
    }

    fn is_cognito(&self) -> bool {
        self.kind().as_deref() == Some("COGNITO_USER_POOLS")
            || self.arn.as_str().is_some_and(|arn| arn.contains(":cognito-idp:"))
    }
}

/// How a route is guarded.
pub fn authorization(draft: &mut Draft, route: &Route) -> Authorization {
    let mut properties = Map::new();
    let kind = |kind: &str, properties: &mut Map<String, Value>| {
        properties.insert("AuthorizationType".into(), json!(kind));
    };
    if let Some((existing, id)) = existing(route) {
        let upper = existing.kind.as_ref().map_or(String::new(), |kind| kind.text.to_uppercase());
        let word = existing.kind.as_ref().map_or("", |kind| kind.text.as_str());
        kind(if matches!(upper.as_str(), "TOKEN" | "REQUEST") { "CUSTOM" } else { word }, &mut properties);
        properties.insert("AuthorizerId".into(), id.value.clone());
        if upper == "COGNITO_USER_POOLS" || route.machine().is_some() {
            extend(&mut properties, [("AuthorizationScopes", scopes(Some(existing)))]);
        }
        return Authorization { properties, depends_on: None };
    }
    if is_iam(route) {
        kind("AWS_IAM", &mut properties);
        return Authorization { properties, depends_on: None };
    }
    let Some(asked) = asked(draft, route) else {
        kind("NONE", &mut properties);
        return Authorization { properties, depends_on: None };
    };
    kind(if asked.is_cognito() { "COGNITO_USER_POOLS" } else { "CUSTOM" }, &mut properties);
    properties.insert("AuthorizerId".into(), reference(&asked.id()));
    if asked.is_cognito() {
        extend(&mut properties, [("AuthorizationScopes", scopes(asked.details))]);
    }
    Authorization { properties, depends_on: Some(asked.id()) }
}

/// Adds the authorizers that routes name, and the API's right to ask them.
pub fn render(draft: &mut Draft, routes: &[Route]) {
    for route in routes {
        if existing(route).is_some() || is_iam(route) {
            continue;
        }
        let Some(asked) = asked(draft, route) else { continue };
        let alias = asked.function.as_ref().and_then(|key| draft.aliases.get(key).cloned());
        let authorizer = properties(draft, &asked);
        depend(draft.add(asked.id(), route.span(), "AWS::ApiGateway::Authorizer", authorizer), alias.clone());
        let external = asked.details.and_then(|details| details.managed_externally).is_some_and(|flag| flag.value);
        // The plugin gives authorizers that only its own routes ask their right in its own way.
        let of_plugin = route.machine().is_some() && !draft.stack.is_safe();
        if asked.is_cognito() || external || of_plugin {
            continue;
        }
        let called = alias.as_ref().map_or_else(|| asked.arn.clone(), |alias| reference(alias));
        let permission = json!({
            "FunctionName": called,
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": source_arn(draft.stack),
        });
        let id = format!("{}LambdaPermissionApiGateway", normalized(&asked.name));
        let taken = draft.template.resources.contains_key(&id);
        if taken && draft.stack.functions.entry(&asked.name).is_some_and(answers_http) {
            // The function also answers requests: the right for those covers this one.
            continue;
        }
        let resource = draft.add(id, route.span(), "AWS::Lambda::Permission", permission);
        depend(resource, alias);
    }
}

/// Lets API Gateway call every function that is an authorizer by token, as the plugin does once a state machine has a route: under ids of
/// its own, and with no API named.
pub fn render_of_plugin(draft: &mut Draft, routes: &[Route]) {
    let Some(first) = routes.iter().find(|route| route.machine().is_some() && !draft.stack.is_safe()) else { return };
    let is_token = |resource: &cfn::Resource| {
        resource.kind == "AWS::ApiGateway::Authorizer"
            && resource.properties.as_ref().is_some_and(|properties| properties["Type"] == "TOKEN")
    };
    let authorizers = draft.template.resources.values().filter(|resource| is_token(resource));
    let targets: Vec<(String, Value)> = authorizers.filter_map(called).collect();
    for (id, function) in targets {
        let permission = json!({
            "FunctionName": function,
            "Action": "lambda:InvokeFunction",
            "Principal": {"Fn::Sub": "apigateway.${AWS::URLSuffix}"},
        });
        draft.add(format!("{id}LambdaPermission"), first.span(), "AWS::Lambda::Permission", permission);
    }
}

/// The function that an authorizer calls: a name for it, and its ARN.
fn called(authorizer: &cfn::Resource) -> Option<(String, Value)> {
    let parts = authorizer.properties.as_ref()?.get("AuthorizerUri")?.get("Fn::Join")?.get(1)?.as_array()?;
    let function = parts.iter().find(|part| part.get("Fn::GetAtt").is_some());
    if let Some(id) = function.and_then(|part| part["Fn::GetAtt"][0].as_str()) {
        return Some((id.to_owned(), json!({"Fn::GetAtt": [id, "Arn"]})));
    }
    let arn = parts.iter().rev().nth(1)?;
    let kind = arn.as_str()?.split(':').nth(5)?;
    Some((kind.to_owned(), arn.clone()))
}

fn answers_http(function: &crate::stack::Named<crate::stack::Function>) -> bool {
    function.value.events.iter().any(|event| matches!(event, crate::stack::event::Event::Http(_)))
}

fn properties(draft: &Draft, asked: &Asked) -> Value {
    let details = asked.details;
    let ttl = details.map(|details| details.result_ttl_s.map_or(300, |ttl| ttl.value));
    let source = details.and_then(|details| details.identity_source.as_ref()).map(|source| source.text.clone());
    let unasked = asked.kind().as_deref() == Some("REQUEST") && ttl == Some(0);
    let source = source.or_else(|| (!unasked).then(|| "method.request.header.Authorization".to_owned()));
    let mut all = Map::new();
    all.insert("Name".into(), json!(asked.name));
    all.insert("RestApiId".into(), api_id(draft.stack));
    let validation = details.and_then(|details| details.identity_validation.as_ref());
    extend(
        &mut all,
        [
            ("AuthorizerResultTtlInSeconds", ttl.map(|ttl| json!(ttl))),
            ("IdentitySource", source.map(|source| json!(source))),
            ("IdentityValidationExpression", validation.map(|text| json!(text.text))),
        ],
    );
    if asked.is_cognito() {
        all.insert("Type".into(), json!("COGNITO_USER_POOLS"));
        all.insert("ProviderARNs".into(), json!([asked.arn]));
    } else {
        all.insert("Type".into(), json!(asked.kind().unwrap_or_else(|| "TOKEN".to_owned())));
        all.insert("AuthorizerUri".into(), invocation(vec![asked.arn.clone()], false));
    }
    Value::Object(all)
}

fn scopes(details: Option<&AuthorizerDetails>) -> Option<Value> {
    let scopes: Vec<Value> = details?.scopes.iter().flatten().map(|scope| scope.value.clone()).collect();
    (!scopes.is_empty()).then(|| json!(scopes))
}

fn existing<'a>(route: &Route<'a>) -> Option<(&'a AuthorizerDetails, &'a Expr)> {
    match route.authorizer()? {
        Authorizer::Detailed(details) => {
            let id = details.authorizer_id.as_ref()?;
            details.kind.is_some().then_some((&**details, id))
        }
        Authorizer::Name(_) => None,
    }
}

fn is_iam(route: &Route) -> bool {
    let kind = match route.authorizer() {
        Some(Authorizer::Name(name)) => name.as_str(),
        Some(Authorizer::Detailed(details)) => details.kind.as_ref().map(|kind| kind.text.as_str()),
        None => None,
    };
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("aws_iam"))
}

/// The authorizer that a route names; `None` without one, or after a diagnostic.
fn asked<'a>(draft: &mut Draft, route: &Route<'a>) -> Option<Asked<'a>> {
    let (details, arn, name) = match route.authorizer()? {
        Authorizer::Name(name) => match name.as_str() {
            Some(text) if !text.contains(':') => (None, None, Some(text)),
            _ => (None, Some(&name.value), None),
        },
        Authorizer::Detailed(details) => (
            Some(&**details),
            details.arn.as_ref().map(|arn| &arn.value),
            details.name.as_ref().map(|name| name.text.as_str()),
        ),
    };
    if let Some(arn) = arn {
        let name = name.map_or_else(|| name_of_arn(arn), str::to_owned);
        return Some(Asked { name, arn: arn.clone(), function: None, details });
    }
    let known = name.filter(|name| draft.stack.functions.entry(name).is_some());
    let Some(name) = known else {
        let wanted = name.unwrap_or_default();
        let message = format!("the authorizer `{wanted}` is neither a function of the stack nor an ARN");
        let diagnostic = Diagnostic::error(Code::UnknownReference, route.span(), message);
        let none = "declare the function under `functions`, or give an ARN";
        let diagnostic = diagnostic.choose(wanted, draft.stack.functions.names(), none);
        if !draft.diagnostics.contains(&diagnostic) {
            draft.diagnostics.push(diagnostic);
        }
        return None;
    };
    Some(Asked { name: name.to_owned(), arn: draft.function_arn(name), function: Some(name.to_owned()), details })
}

/// A name for an authorizer that is known by its ARN only: what follows the last `-` of its last part.
fn name_of_arn(arn: &Value) -> String {
    let text = match arn.get("Fn::GetAtt").and_then(|parts| parts.get(0)).and_then(Value::as_str) {
        Some(id) => id,
        None => arn.as_str().unwrap_or("authorizer"),
    };
    let last = text.rsplit(':').next().unwrap_or(text);
    last.rsplit('-').next().unwrap_or(last).to_owned()
}
