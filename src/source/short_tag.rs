//! CloudFormation's short tags: `!Ref X` means `{Ref: X}`.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>

use super::{Entry, Key, Kind, Node, Span};

/// Every tag without its `!`. `Ref` and `Condition` keep their name in the long form; the others become `Fn::<tag>`.
pub const SHORT_TAGS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAtt",
    "GetAZs",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// The long form of `!tag value`, or nothing for a tag that is not CloudFormation's.
pub(super) fn long_form(tag: &str, at: Span, value: Node) -> Option<Node> {
    let name = SHORT_TAGS.iter().find(|known| **known == tag)?;
    let text = match *name {
        "Ref" | "Condition" => (*name).to_owned(),
        other => format!("Fn::{other}"),
    };
    let span = Span { start: at.start.min(value.span.start), ..value.span };
    let value = if tag == "GetAtt" { attribute(value) } else { value };
    let entry = Entry { key: Key { text, span: at }, value };
    Some(Node::new(span, Kind::Mapping(vec![entry])))
}

/// `Resource.Attribute` in two; the attribute may hold further dots (`Outputs.Arn` of a nested stack).
fn attribute(value: Node) -> Node {
    let Kind::String(text) = &value.kind else { return value };
    let Some((resource, attribute)) = text.split_once('.') else { return value };
    let part = |text: &str| Node::new(value.span, Kind::String(text.to_owned()));
    Node { kind: Kind::Sequence(vec![part(resource), part(attribute)]), ..value }
}
