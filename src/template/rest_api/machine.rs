//! Methods that start a state machine, and the role that API Gateway does it with.

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::stack::state_machine::MachineHttpEvent;
use crate::stack::{Named, StateMachine};
use crate::template::draft::{Draft, depend, extend};
use crate::template::intrinsic::{arn, attribute, reference, region};
use crate::template::role;

use super::resource::Resources;
use super::{Route, api_id, authorizer, cors, response_parameters};

/// The id of the role that API Gateway starts executions with.
const ROLE: &str = "ApigatewayToStepFunctionsRole";

/// The call that starts an execution: the whole body as its input, the request's id as its name.
const START: &str = "
#set( $body = $util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\", \"'\") )
{\"input\": \"$body\", \"name\": \"$context.requestId\", \"stateMachineArn\":\"${StateMachineArn}\"}";

/// The call that starts an execution with the whole request as its input: `template: lambda_proxy`.
const START_WITH_REQUEST: &str = include_str!("start_with_request.vtl");

/// Adds a method that calls Step Functions; its id.
pub fn render(
    draft: &mut Draft,
    route: &Route,
    (machine, event): (&Named<StateMachine>, &MachineHttpEvent),
    resources: &Resources,
) -> String {
    let id = route.method_id();
    let mut method = Map::new();
    method.insert("HttpMethod".into(), json!(route.method().to_uppercase()));
    method.insert("RequestParameters".into(), json!({}));
    method.insert("ApiKeyRequired".into(), json!(route.is_private()));
    method.insert("ResourceId".into(), resources.get(route.path()).cloned().unwrap_or(Value::Null));
    method.insert("RestApiId".into(), api_id(draft.stack));
    method.insert("Integration".into(), integration(draft, route, machine, event));
    method.insert("MethodResponses".into(), method_responses(route, event));
    extend(&mut method, [("OperationName", event.operation_id.as_ref().map(|text| json!(text.text)))]);
    let authorization = authorizer::authorization(draft, route);
    method.extend(authorization.properties);
    let resource = draft.add(&id, route.span(), "AWS::ApiGateway::Method", Value::Object(method));
    depend(resource, authorization.depends_on);
    id
}

fn integration(draft: &mut Draft, route: &Route, machine: &Named<StateMachine>, event: &MachineHttpEvent) -> Value {
    let action = event.action.as_ref().map_or("StartExecution", |action| action.text.as_str());
    let credentials = event.iam_role.as_ref().map_or_else(|| attribute(ROLE, "Arn"), |role| role.value.clone());
    let templates = request_templates(draft, machine, event);
    let pass_through = if event.action.is_some() && templates.is_empty() { "WHEN_NO_TEMPLATES" } else { "NEVER" };
    let pass_through =
        if event.action.is_some() && !draft.stack.is_safe() { "WHEN_NO_TEMPLATES" } else { pass_through };
    let mut all = Map::new();
    all.insert("IntegrationHttpMethod".into(), json!("POST"));
    all.insert("Type".into(), json!("AWS"));
    all.insert("Credentials".into(), credentials);
    all.insert("Uri".into(), arn(vec![json!(":apigateway:"), region(), json!(format!(":states:action/{action}"))]));
    all.insert("PassthroughBehavior".into(), json!(pass_through));
    all.insert("RequestTemplates".into(), Value::Object(templates));
    all.insert("IntegrationResponses".into(), integration_responses(route, event));
    let shared = draft.stack.provider.api_gateway.as_ref().and_then(|api| api.timeout_ms);
    extend(&mut all, [("TimeoutInMillis", event.timeout_ms.or(shared).map(|timeout| json!(timeout.value)))]);
    Value::Object(all)
}

fn request_templates(draft: &mut Draft, machine: &Named<StateMachine>, event: &MachineHttpEvent) -> Map<String, Value> {
    let machine_arn = reference(&draft.stack.machine_id(machine));
    let both = |text: &str, variables: Value| {
        let call = json!({"Fn::Sub": [text, variables]});
        let kinds = ["application/json", "application/x-www-form-urlencoded"];
        kinds.into_iter().map(|kind| (kind.to_owned(), call.clone())).collect::<Map<_, _>>()
    };
    let start = both(START, json!({"StateMachineArn": machine_arn}));
    if let Some(template) = event.request.as_ref().and_then(|request| request.template.as_ref()) {
        if template.0.as_str() == Some("lambda_proxy") {
            let variables = json!({"StateMachineArn": machine_arn, "AccountId": reference("AWS::AccountId")});
            return both(START_WITH_REQUEST, variables);
        }
        let own = template.0.entries().iter().map(|entry| (entry.key.text.clone(), entry.value.to_json()));
        return start.into_iter().chain(own).collect();
    }
    match event.action.as_ref().map(|action| action.text.as_str()) {
        None => start,
        Some("StartExecution" | "StartSyncExecution") if draft.stack.is_safe() => {
            both(START, json!({"StateMachineArn": machine_arn}))
        }
        Some(action) => {
            let message =
                format!("the body of a request to `{action}` is passed on as it is: the caller chooses the machine");
            let diagnostic = Diagnostic::warning(Code::WeakTemplate, event.span, message);
            draft.diagnostics.push(diagnostic.hint("set `request.template`, or `compatibility: safe`"));
            Map::new()
        }
    }
}

fn integration_responses(route: &Route, event: &MachineHttpEvent) -> Value {
    let mut answers: Vec<Value> = match &event.responses {
        Some(responses) => {
            responses.0.entries().iter().map(|entry| own_answer(&entry.key.text, &entry.value.to_json())).collect()
        }
        None => {
            let response = event.response.as_ref();
            let headers = response.into_iter().flat_map(|response| response.headers.iter());
            let parameters =
                response_parameters(headers.map(|header| (header.name.as_str(), header.value.value.clone())));
            let templates = response.and_then(|response| response.template.as_ref());
            let templates = templates.map_or_else(|| json!({}), |templates| templates.to_json());
            vec![
                answer(json!(200), json!(""), parameters, templates),
                answer(json!(400), json!("400"), json!({}), json!({})),
            ]
        }
    };
    add_origin(route, &mut answers);
    json!(answers)
}

fn own_answer(status: &str, given: &Value) -> Value {
    let of = |key: &str, default: Value| given.get(key).cloned().unwrap_or(default);
    let code = status.parse::<i64>().map_or_else(|_| json!(status), |code| json!(code));
    answer(
        of("statusCode", code),
        of("selectionPattern", json!(status)),
        of("responseParameters", json!({})),
        of("responseTemplates", json!({})),
    )
}

fn answer(status: Value, pattern: Value, parameters: Value, templates: Value) -> Value {
    json!({"StatusCode": status, "SelectionPattern": pattern, "ResponseParameters": parameters, "ResponseTemplates": templates})
}

/// The header that lets web pages read an answer.
fn add_origin(route: &Route, answers: &mut [Value]) {
    let Some(origin) = cors::allowed_origin(route) else { return };
    for parameters in answers.iter_mut().filter_map(|answer| answer["ResponseParameters"].as_object_mut()) {
        parameters.insert("method.response.header.Access-Control-Allow-Origin".to_owned(), json!(origin));
    }
}

fn method_responses(route: &Route, event: &MachineHttpEvent) -> Value {
    let headers = event.response.iter().flat_map(|response| response.headers.iter());
    let parameters = response_parameters(headers.map(|header| (header.name.as_str(), header.value.value.clone())));
    let mut responses = vec![
        json!({"StatusCode": 200, "ResponseParameters": parameters, "ResponseModels": {}}),
        json!({"StatusCode": 400, "ResponseParameters": {}, "ResponseModels": {}}),
    ];
    add_origin(route, &mut responses);
    json!(responses)
}

/// Adds the role that routes without one of their own start executions with.
pub fn render_role(draft: &mut Draft, routes: &[Route]) {
    let users: Vec<_> =
        routes.iter().filter_map(Route::machine).filter(|(_, event)| event.iam_role.is_none()).collect();
    let Some((_, first)) = users.first() else { return };
    // The plugin always lets the role start executions.
    let started = (!draft.stack.is_safe()).then(|| "states:StartExecution".to_owned());
    let mut actions: Vec<String> = started.into_iter().collect();
    let mut machines: Vec<Value> = Vec::new();
    // The plugin also grants what routes with a role of their own ask for.
    let counted = routes.iter().filter_map(Route::machine);
    for (machine, event) in counted.filter(|(_, event)| event.iam_role.is_none() || !draft.stack.is_safe()) {
        let action = format!("states:{}", event.action.as_ref().map_or("StartExecution", |action| &action.text));
        if !actions.contains(&action) {
            actions.push(action);
        }
        let machine = reference(&draft.stack.machine_id(machine));
        if !machines.contains(&machine) {
            machines.push(machine);
        }
    }
    // Executions have ARNs of their own, which the definition does not tell.
    let of_machines_only =
        actions.iter().all(|action| matches!(action.as_str(), "states:StartExecution" | "states:StartSyncExecution"));
    let resource = if draft.stack.is_safe() && of_machines_only { json!(machines) } else { json!("*") };
    if resource == json!("*") {
        let message = "the API's role may act on every state machine of the account, as the plugin makes it";
        let diagnostic = Diagnostic::warning(Code::WeakTemplate, first.span, message);
        draft.diagnostics.push(diagnostic.hint("set `compatibility: safe` to name the machines"));
    }
    let mut made = json!({
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}],
        },
        "Policies": [{
            "PolicyName": "apigatewaytostepfunctions",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}],
            },
        }],
    });
    if let Some(made) = made.as_object_mut() {
        let path = role::details(draft.stack).and_then(|details| details.path.as_ref());
        let boundary = draft.stack.provider.role_permissions_boundary.as_ref();
        extend(
            made,
            [
                ("Path", path.map(|path| json!(path.text))),
                ("PermissionsBoundary", boundary.map(|arn| arn.value.clone())),
            ],
        );
    }
    draft.add(ROLE, first.span, "AWS::IAM::Role", made);
}
