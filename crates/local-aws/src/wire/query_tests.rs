use proptest::prelude::*;

use super::*;

fn read(body: &str) -> Result<(String, Value), Fault> {
    input(&Bytes::copy_from_slice(body.as_bytes()), "")
}

#[test]
fn dotted_keys_become_lists_maps_and_structures() {
    let body = "Action=CreateStack&Version=2010-05-15&StackName=a+b%26c&Capabilities.member.1=CAPABILITY_IAM\
                &Tags.member.10.Key=ten&Tags.member.2.Key=two&Tags.member.2.Value=&Parameters.member.1.UsePreviousValue=true\
                &TimeoutInMinutes=5&Map.entry.1.key=k&Map.entry.1.value=v&NotificationARNs=";
    let (action, value) = read(body).unwrap();
    assert_eq!(action, "CreateStack");
    assert_eq!(
        value,
        json!({
            "StackName": "a b&c",
            "Capabilities": ["CAPABILITY_IAM"],
            "Tags": [{ "Key": "two", "Value": "" }, { "Key": "ten" }],
            "Parameters": [{ "UsePreviousValue": true }],
            "TimeoutInMinutes": 5,
            "Map": { "k": "v" },
            "NotificationARNs": [],
        })
    );
}

#[test]
fn a_request_without_an_action_and_a_key_that_is_two_things_are_refused() {
    assert_eq!(read("StackName=a").unwrap_err().code, "MissingAction");
    for body in ["Action=A&B=1&B.member.1=2", "Action=A&B.member.1=2&B=1", "Action=A&B..C=1", "Action=A&B=1&B=2"] {
        assert_eq!(read(body).unwrap_err().code, "MalformedQueryString", "{body}");
    }
}

#[test]
fn an_answer_names_its_action_and_writes_lists_as_members_and_times_as_text() {
    let body = json!({
        "Stacks": [{ "StackName": "a<b", "CreationTime": 0.5, "Outputs": [], "DisableRollback": false, "RoleARN": null }],
    });
    let response = answer("cloudformation", "DescribeStacks", &Output::json(body), "id");
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    assert_eq!(
        text,
        "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><DescribeStacksResult>\
         <Stacks><member><StackName>a&lt;b</StackName><CreationTime>1970-01-01T00:00:00.500Z</CreationTime>\
         <Outputs></Outputs><DisableRollback>false</DisableRollback></member></Stacks></DescribeStacksResult>\
         <ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DescribeStacksResponse>"
    );
}

proptest! {
    #[test]
    fn no_form_breaks_the_reading(body in "Action=A(&[A-C.member0-9%+=]{0,12}){0,6}") {
        let _ = read(&body);
    }

    #[test]
    fn a_list_comes_back_in_the_order_of_its_numbers(items in proptest::collection::vec("[a-z]{1,5}", 1..30)) {
        let mut pairs: Vec<String> =
            items.iter().enumerate().map(|(index, item)| format!("L.member.{}={item}", index + 1)).collect();
        pairs.reverse();
        let (_, value) = read(&format!("Action=A&{}", pairs.join("&"))).unwrap();
        prop_assert_eq!(&value["L"], &json!(items));
    }
}
