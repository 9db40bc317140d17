//! Values that are written in a short form or as a mapping.

use crate::source::{Kind, Node};

use super::function::{Destination, ImageReference, RuntimeManagement, Tracing};
use super::reader::{Decode, Reader};
use super::shape::Shape;
use super::value::{Expr, Flag, Text};

/// Decodes an enum of two: a mapping is the long form, everything else the short one.
macro_rules! short_or_long {
    ($name:ty, $short:ident($short_type:ty), $long:ident($long_type:ty)) => {
        impl $crate::stack::reader::Decode for $name {
            fn shape() -> $crate::stack::shape::Shape {
                $crate::stack::shape::Shape::OneOf(vec![
                    <$short_type as $crate::stack::reader::Decode>::shape(),
                    <$long_type as $crate::stack::reader::Decode>::shape(),
                ])
            }

            fn decode(node: &$crate::source::Node, reader: &mut $crate::stack::reader::Reader) -> Option<Self> {
                use $crate::stack::reader::Decode;
                if matches!(node.kind, $crate::source::Kind::Mapping(_)) {
                    <$long_type as Decode>::decode(node, reader).map(Self::$long)
                } else {
                    <$short_type as Decode>::decode(node, reader).map(Self::$short)
                }
            }
        }
    };
}

pub(super) use short_or_long;

short_or_long!(Destination, Name(Text), Typed(super::function::TypedDestination));
short_or_long!(RuntimeManagement, Mode(Text), Detailed(super::function::RuntimeManagementDetails));

/// Whether a mapping is one CloudFormation function, such as `{Ref: X}` or `{Fn::GetAtt: [X, Arn]}`.
pub fn is_intrinsic(node: &Node) -> bool {
    match node.entries() {
        [entry] => entry.key.text == "Ref" || entry.key.text == "Condition" || entry.key.text.starts_with("Fn::"),
        _ => false,
    }
}

impl Decode for ImageReference {
    fn shape() -> Shape {
        Shape::OneOf(vec![Shape::Expression, super::function::FunctionImage::shape()])
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<ImageReference> {
        if matches!(node.kind, Kind::Mapping(_)) && !is_intrinsic(node) {
            Decode::decode(node, reader).map(ImageReference::Detailed)
        } else {
            Expr::decode(node, reader).map(ImageReference::Name)
        }
    }
}

impl Decode for Tracing {
    fn shape() -> Shape {
        Shape::OneOf(vec![Shape::Flag, Shape::Words(&["Active", "PassThrough"])])
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Tracing> {
        match &node.kind {
            Kind::String(text) if text != "true" && text != "false" => Text::decode(node, reader).map(Tracing::Mode),
            _ => Flag::decode(node, reader).map(Tracing::Switch),
        }
    }
}
