//! The declaration of sections: one list of keys makes the struct, its decoder and its table.

/// Declares a section: a struct whose fields are keys of the configuration.
///
/// Each field is `/// what it does`, `"key" => field: Type`, and what holds for it: `instead "key"` for a deprecated one, `from 1 to 900`
/// for a number, `words ["A", "B"]` for a text. Beside them the struct has `span`, the place of the whole section.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $name:ident, $title:literal {
            $( $(#[doc = $doc:literal])+ $key:literal => $field:ident : $type:ty
                $(, instead $instead:literal)? $(, from $least:literal $(to $most:literal)?)? $(, words [$($word:literal),+])? ; )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            /// Where the section stands.
            pub span: $crate::source::Span,
            $( $(#[doc = $doc])+ pub $field: $type, )*
        }

        impl $crate::stack::reader::Section for $name {
            fn table() -> &'static $crate::stack::shape::Table {
                static TABLE: std::sync::LazyLock<$crate::stack::shape::Table> = std::sync::LazyLock::new(|| $crate::stack::shape::Table {
                    title: $title,
                    doc: concat!($($about),+).trim_ascii_start(),
                    one_of: false,
                    keys: vec![$(
                        $crate::stack::shape::Key {
                            name: $key,
                            doc: concat!($($doc),+).trim_ascii_start(),
                            shape: <$type as $crate::stack::reader::Decode>::shape(),
                            bounds: $crate::stack::section::bounds(&[$(($least, &[$($most)?]))?], &[$($($word),+)?]),
                            standing: $crate::stack::section::standing::<$type>(&[$($instead)?]),
                            required: <$type as $crate::stack::reader::Decode>::absent().is_none(),
                        },
                    )*],
                });
                &TABLE
            }
        }

        impl $crate::stack::reader::Decode for $name {
            fn shape() -> $crate::stack::shape::Shape {
                $crate::stack::shape::Shape::Section($title, <$name as $crate::stack::reader::Section>::table)
            }

            fn decode(node: &$crate::source::Node, reader: &mut $crate::stack::reader::Reader) -> Option<Self> {
                if !matches!(node.kind, $crate::source::Kind::Mapping(_)) {
                    reader.wrong(node, concat!("a mapping (", $title, ")"));
                    return None;
                }
                reader.keys(node, <$name as $crate::stack::reader::Section>::table());
                $( let $field = reader.field(node, $key); )*
                Some($name { span: node.span, $( $field: $field?, )* })
            }
        }
    };
}

/// Declares a choice: a mapping with exactly one of several keys, such as an event.
macro_rules! choice {
    (
        $(#[doc = $about:literal])+
        $name:ident, $title:literal {
            $( $(#[doc = $doc:literal])+ $key:literal => $variant:ident($type:ty) ; )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $( $(#[doc = $doc])+ $variant(Box<$type>), )*
        }

        impl $crate::stack::reader::Section for $name {
            fn table() -> &'static $crate::stack::shape::Table {
                static TABLE: std::sync::LazyLock<$crate::stack::shape::Table> = std::sync::LazyLock::new(|| $crate::stack::shape::Table {
                    title: $title,
                    doc: concat!($($about),+).trim_ascii_start(),
                    one_of: true,
                    keys: vec![$(
                        $crate::stack::shape::Key {
                            name: $key,
                            doc: concat!($($doc),+).trim_ascii_start(),
                            shape: <$type as $crate::stack::reader::Decode>::shape(),
                            bounds: $crate::stack::shape::Bounds::None,
                            standing: <$type as $crate::stack::reader::Decode>::standing(),
                            required: false,
                        },
                    )*],
                });
                &TABLE
            }
        }

        impl $crate::stack::reader::Decode for $name {
            fn shape() -> $crate::stack::shape::Shape {
                $crate::stack::shape::Shape::Section($title, <$name as $crate::stack::reader::Section>::table)
            }

            fn decode(node: &$crate::source::Node, reader: &mut $crate::stack::reader::Reader) -> Option<Self> {
                if node.entries().is_empty() {
                    reader.wrong(node, concat!("a mapping with one key (", $title, ")"));
                    return None;
                }
                let entry = reader.only(node, <$name as $crate::stack::reader::Section>::table())?;
                match entry.key.text.as_str() {
                    $( $key => reader.within($key, |reader| <$type>::decode(&entry.value, reader)).map(Box::new).map($name::$variant), )*
                    _ => None,
                }
            }
        }
    };
}

/// Declares a set of words: an enum whose values are written as text.
macro_rules! words {
    (
        $(#[doc = $about:literal])+
        $name:ident { $( $variant:ident = $word:literal ),* $(,)? }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $( #[doc = $word] $variant, )* }

        impl $name {
            /// The word as it is written.
            pub fn as_str(self) -> &'static str {
                match self { $( $name::$variant => $word, )* }
            }
        }

        impl $crate::stack::reader::Decode for $name {
            fn shape() -> $crate::stack::shape::Shape {
                $crate::stack::shape::Shape::Words(&[$($word),*])
            }

            fn decode(node: &$crate::source::Node, reader: &mut $crate::stack::reader::Reader) -> Option<Self> {
                match node.as_str() {
                    $( Some(text) if text.eq_ignore_ascii_case($word) => Some($name::$variant), )*
                    _ => {
                        reader.wrong(node, &<$name as $crate::stack::reader::Decode>::shape().words());
                        None
                    }
                }
            }
        }
    };
}

pub(super) use {choice, section, words};

use super::reader::Decode;
use super::shape::{Bounds, Standing};

/// How a key stands: deprecated when it names another, else as its type says.
pub(super) fn standing<T: Decode>(instead: &[&'static str]) -> Standing {
    match instead {
        [instead, ..] => Standing::Deprecated(instead),
        [] => T::standing(),
    }
}

/// Which values a key takes.
pub(super) fn bounds(range: &[(i64, &[i64])], words: &'static [&'static str]) -> Bounds {
    match (range, words) {
        ([(least, most), ..], _) => Bounds::Range(*least, most.first().copied().unwrap_or(i64::MAX)),
        ([], []) => Bounds::None,
        ([], words) => Bounds::Words(words),
    }
}
