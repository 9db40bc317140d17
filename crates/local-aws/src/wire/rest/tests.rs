use http::Request;
use proptest::prelude::*;

use super::*;
use crate::wire::Caller;

fn read(service: &str, method: &str, uri: &str, body: &str) -> Result<Call, Fault> {
    let request = Request::builder().method(method).uri(uri).header("x-amz-invocation-type", "Event").body(()).unwrap();
    let mut call = Call::internal(service, "", "us-east-1", Value::Null, Bytes::new());
    call.caller = Caller::Internal;
    decode(&mut call, &request.into_parts().0, Bytes::copy_from_slice(body.as_bytes()))?;
    Ok(call)
}

#[test]
fn members_come_from_path_query_header_and_body() {
    let call =
        read("lambda", "POST", "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations?Qualifier=1", "{}").unwrap();
    assert_eq!(call.operation, "Invoke");
    assert_eq!(call.input, json!({ "FunctionName": "arn:aws:lambda", "Qualifier": "1", "InvocationType": "Event" }));
    assert_eq!(call.payload, "{}");
    let call = read("lambda", "GET", "/2015-03-31/functions/?MaxItems=5", "").unwrap();
    assert_eq!((call.operation.as_str(), call.input), ("ListFunctions", json!({ "MaxItems": 5 })));
    let call = read("lambda", "DELETE", "/2017-03-31/tags/arn%3Aa%2Fb?tagKeys=x&tagKeys=y", "").unwrap();
    assert_eq!(call.input, json!({ "Resource": "arn:a/b", "TagKeys": ["x", "y"] }));
}

#[test]
fn the_integration_s_method_is_not_the_method_s() {
    let path = "/restapis/a/resources/r/methods/POST/integration";
    let call = read("apigateway", "PUT", path, r#"{"type":"AWS","httpMethod":"GET"}"#).unwrap();
    assert_eq!(call.operation, "PutIntegration");
    assert_eq!(call.input["httpMethod"], "POST");
    assert_eq!(call.input["integrationHttpMethod"], "GET");
}

#[test]
fn a_query_may_choose_the_operation() {
    assert_eq!(read("apigateway", "POST", "/restapis?mode=import", "{}").unwrap().operation, "ImportRestApi");
    assert_eq!(read("apigateway", "POST", "/restapis", "{}").unwrap().operation, "CreateRestApi");
}

#[test]
fn the_second_api_gateway_is_told_by_its_path_and_has_upper_camel_members() {
    let call = read("apigateway", "POST", "/v2/apis/a/routes", r#"{"routeKey":"GET /x"}"#).unwrap();
    assert_eq!((call.service.as_str(), call.operation.as_str()), ("apigatewayv2", "CreateRoute"));
    assert_eq!(call.input, json!({ "RouteKey": "GET /x", "ApiId": "a" }));
}

#[test]
fn an_address_that_is_none_is_refused_by_its_name() {
    let fault = read("lambda", "GET", "/2015-03-31/nothing", "").unwrap_err();
    assert_eq!((fault.code.as_str(), fault.status), ("UnknownOperationException", 404));
    assert!(fault.message.contains("GET /2015-03-31/nothing"));
}

#[test]
fn no_two_routes_of_a_table_have_the_same_name() {
    for table in [&LAMBDA, &APIGATEWAY, &APIGATEWAYV2] {
        let mut names: Vec<&str> = table.routes.iter().map(|route| route.operation).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before, "{}", table.service);
    }
}

proptest! {
    #[test]
    fn no_path_breaks_the_routing(path in "(/[a-z0-9%{}+.-]{0,10}){1,8}", service in "lambda|apigateway") {
        if let Ok(request) = Request::builder().uri(path).body(()) {
            let mut call = Call::internal(&service, "", "us-east-1", Value::Null, Bytes::new());
            let _ = decode(&mut call, &request.into_parts().0, Bytes::new());
        }
    }
}
