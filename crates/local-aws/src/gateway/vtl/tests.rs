use indexmap::IndexMap;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Template, TemplateError, Variables, render};

fn variables(body: &str) -> Variables {
    let map = |pairs: &[(&str, &str)]| -> IndexMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Variables {
        body: body.to_owned(),
        path: map(&[("id", "7")]),
        querystring: map(&[("q", "a b")]),
        header: map(&[("Content-Type", "application/json")]),
        context: json!({"requestId": "r-1", "identity": {"sourceIp": "127.0.0.1"}}),
        stage_variables: map(&[("colour", "blue")]),
    }
}

fn rendered(template: &str, body: &str) -> String {
    render(&Template::parse(template).unwrap(), &variables(body)).unwrap().text
}

fn text(template: &str) -> String {
    rendered(template, "{}")
}

#[test]
fn the_frameworks_template_starts_an_execution_with_every_quote_intact() {
    let template = "\n#set( $body = $util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\", \"'\") )\n\
                    {\"input\": \"$body\", \"name\": \"$context.requestId\", \"stateMachineArn\":\"arn:aws:states:x\"}";
    let body = json!({"body": {"name": "O'Brien \"Bob\" \\ / ü 😀", "lines": "a\nb", "n": 1.5}});
    let document: Json = serde_json::from_str(&rendered(template, &body.to_string())).unwrap();
    assert_eq!(document["name"], "r-1");
    let input: Json = serde_json::from_str(document["input"].as_str().unwrap()).unwrap();
    assert_eq!(input, body);
}

#[test]
fn the_lambda_proxy_template_of_step_functions_renders() {
    let template = include_str!("suite/lambda_proxy.vtl");
    let document: Json = serde_json::from_str(&rendered(template, r#"{"a":"it's"}"#)).unwrap();
    let input: Json = serde_json::from_str(document["input"].as_str().unwrap()).unwrap();
    assert_eq!(input["headers"], json!({"Content-Type": "application/json"}));
    assert_eq!(input["queryStringParameters"], json!({"q": "a b"}));
    assert_eq!(input["pathParameters"], json!({"id": "7"}));
    assert_eq!(input["body"], r#"{"a":"it's"}"#);
    assert_eq!(input["requestContext"]["requestId"], "r-1");
}

#[test]
fn references_render_what_they_mean_and_else_themselves() {
    assert_eq!(text("$x $!x ${x} $!{x}."), "$x  ${x} .");
    assert_eq!(text("#set($x = 1)$x.-${x}y$x.z"), "1.-1y$x.z");
    assert_eq!(text("$stageVariables.colour $stageVariables.none|$context.identity.sourceIp"), "blue |127.0.0.1");
    assert_eq!(text("$context.nothing.at.all"), "$context.nothing.at.all");
    assert_eq!(text("cost: $5, $ and $"), "cost: $5, $ and $");
    assert_eq!(text("#set($x = 1)\\$x \\\\$x #fff #1"), "$x \\1 #fff #1");
}

#[test]
fn directives_choose_repeat_and_define() {
    assert_eq!(text("#if(1 > 2)a#elseif('x' == \"x\")b#{else}c#end"), "b");
    assert_eq!(text("#foreach($i in [1..3])$i#if($foreach.hasNext),#end#end"), "1,2,3");
    assert_eq!(text("#foreach($i in [1..9])#if($i == 3)#break#end$velocityCount#end"), "12");
    assert_eq!(text("#define($b)<$x>#end#set($x = 1)$b#set($x = 2)$b"), "<1><2>");
    assert_eq!(text("a#stop b"), "a");
    assert_eq!(text("## comment\nx#* many\nlines *#y#[[$raw #if]]#"), "xy$raw #if");
    assert_eq!(
        text("#set($m = {\"a\": 1, 'b': [true, null]})$m $m.a $m['b'][0] $m.size()"),
        r#"{"a":1,"b":[true,null]} 1 true 2"#
    );
}

#[test]
fn arithmetic_and_logic_are_javas() {
    assert_eq!(text("#set($x = 7 / 2 * 2 + 7 % 4 - -1)$x"), "10");
    assert_eq!(text("#set($x = 7.0 / 2)$x #set($y = 'a' + 1)$y"), "3.5 a1");
    assert_eq!(text("#set($x = 1 / 0)$x"), "$x");
    assert_eq!(text("#if(!$none && (true or false) and not false)y#end"), "y");
}

#[test]
fn strings_and_lists_have_javas_methods() {
    assert_eq!(
        text("#set($s = 'a=b=c==')$s.split('=').size() $s.replaceAll('[=]+', '-') $s.substring(2, 3)"),
        "3 a-b-c- b"
    );
    assert_eq!(
        text("#set($s = 'Ab')$s.toUpperCase()$s.length()$s.indexOf('b')$s.contains('x')$s.equals('Ab')"),
        "AB21falsetrue"
    );
    assert_eq!(text("#set($l = [])#set($d = $l.add('x'))$l.size()$l.get(0)$l[0]$l.isEmpty()"), "1xxfalse");
    assert_eq!(text("#set($s = 'john smith')$s.replaceAll('(\\w+) (\\w+)', '$2 $1')"), "smith john");
    let message = failure("#set($s = 'a')$s.frobnicate(1)");
    assert_eq!(message, "the local AWS's mapping templates have no method frobnicate with 1 arguments on a string");
}

fn failure(template: &str) -> String {
    render(&Template::parse(template).unwrap(), &variables("{}")).unwrap_err().to_string()
}

#[test]
fn input_answers_paths_and_parameters() {
    let body = r#"{"a": {"b": [1, {"c": "x"}]}, "n": null}"#;
    assert_eq!(
        rendered("$input.json('$.a')|$input.path('$.a.b[1].c')|$input.json('$.a.b[*]')", body),
        r#"{"b":[1,{"c":"x"}]}|x|[1,{"c":"x"}]"#
    );
    assert_eq!(rendered("[$input.path('$.none')] $input.json('$.none')", body), r#"[] """#);
    assert_eq!(
        rendered("$input.params('id') $input.params('q') $input.params('content-type')", body),
        "7 a b application/json"
    );
    assert_eq!(
        rendered("$input.params().path.id $input.params().header.get('Content-Type')", body),
        "7 application/json"
    );
    assert_eq!(rendered("#foreach($k in $input.path('$.a').keySet())$k#end", body), "b");
    assert_eq!(rendered("#foreach($t in $input.path('$').split('&'))<$t>#end", "a=1&b=2"), "<a=1><b=2>");
    assert_eq!(rendered("$input.body $input.json('$')", ""), "{} {}");
}

#[test]
fn util_encodes_and_decodes() {
    assert_eq!(text("$util.urlEncode('a b&ü') $util.urlDecode('a+b%26')"), "a+b%26%C3%BC a b&");
    assert_eq!(text("$util.base64Encode('hi') $util.base64Decode('aGk=')"), "aGk= hi");
    assert_eq!(text("$util.parseJson('{\"a\":[5]}').a[0]"), "5");
    assert_eq!(text("$util.escapeJavaScript(\"it's\")"), "it\\'s");
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let refused = Template::parse("a\n#macro(x)y#end").unwrap_err();
    assert_eq!(refused, TemplateError::Unsupported { line: 2, what: "#macro".to_owned() });
    assert!(matches!(Template::parse("#if(true)a"), Err(TemplateError::Syntax { .. })));
    assert!(matches!(Template::parse("a#end"), Err(TemplateError::Syntax { .. })));
}

#[test]
fn templates_without_an_end_are_ended() {
    assert!(failure("#define($x)$x#end$x").contains("uses itself"));
    assert!(failure("#foreach($i in [1..1000])#foreach($j in [1..1000])x#end#end").contains("too many steps"));
    assert!(failure("#set($a = 'xxxxxxxxxx')#foreach($i in [1..40])#set($a = $a + $a)#end").contains("too much text"));
    assert_eq!(text("#set($x = [])#foreach($i in [1..20000])#set($x = [$x])#end"), "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_template_panics(template in "([$#{}()\\[\\]\"'.,!\\\\ \n]|set|if|else|elseif|end|foreach|define|in|x|y|input|util|json|path|=|==|1|9|\\.\\.|size|add|put|get|replaceAll|split|substring){0,40}") {
        if let Ok(template) = Template::parse(&template) {
            let _ = render(&template, &variables(r#"{"x":[1,{"y":2}]}"#));
        }
    }

    #[test]
    fn plain_text_renders_as_itself(text_in in "[a-z0-9 .,:{}\"'/\n-]{0,60}") {
        prop_assert_eq!(text(&text_in), text_in);
    }
}
