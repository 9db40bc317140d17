//! Properties of the reader, and files that try to exhaust it.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn read_alone(text: &str) -> (Option<Node>, Vec<Problem>) {
    read(FileId(0), text)
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[ -~\\n\\té&*!|>\\[\\]{}:,-]{0,300}") {
        let (node, problems) = read_alone(&text);
        prop_assert!(node.is_some() || !problems.is_empty());
        for problem in problems {
            prop_assert!(problem.span.end as usize <= text.len() && problem.span.start <= problem.span.end);
        }
    }

    #[test]
    fn any_json_is_read_as_itself(value in json()) {
        let (node, problems) = read_alone(&value.to_string());
        prop_assert_eq!(problems, vec![]);
        prop_assert_eq!(node.map(|node| node.to_json()), Some(value));
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~é]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,8}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[test]
fn a_file_over_the_limit_is_refused_by_name() {
    let (node, problems) = read_alone(&"a".repeat(10 * 1024 * 1024));
    assert!(node.is_none());
    assert_eq!(problems[0].fault, Fault::TooLarge);
}

#[test]
fn deep_nesting_is_refused_by_name() {
    for text in ["[".repeat(5_000), "- ".repeat(5_000), "{a: ".repeat(5_000)] {
        let (_, problems) = read_alone(&text);
        assert!(
            problems.iter().any(|problem| matches!(problem.fault, Fault::TooDeep | Fault::Syntax { .. })),
            "{problems:?}"
        );
    }
}

#[test]
fn values_know_their_places() {
    let text = "a:\n  b: [x, 'y z']\n  c: {d: 1}\n";
    let (node, _) = read_alone(text);
    let node = node.expect("a tree");
    let slice = |span: Span| &text[span.start as usize..span.end as usize];
    let a = node.get("a").expect("a");
    assert_eq!(slice(a.get("b").expect("b").span), "[x, 'y z']");
    assert_eq!(slice(a.get("b").expect("b").items()[1].span), "'y z'");
    assert_eq!(slice(a.get("c").expect("c").span), "{d: 1}");
    assert_eq!(slice(a.entry("c").expect("c").key.span), "c");
}
