//! How a JSON value is an XML document, both ways.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value, json};

use crate::wire::{Fault, timestamp, xml};

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// How deep a document may nest; AWS's own stay below ten.
const DEEPEST: usize = 32;

/// The shape of a member on S3's wire.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Text,
    Integer,
    Boolean,
    /// Seconds since 1970 as JSON, ISO 8601 as XML.
    Time,
    Struct(&'static [Member]),
    /// A list whose items stand in the parent, each under the member's element.
    Flat(&'static Shape),
    /// A list in an element of its own, with the items' element.
    List(&'static str, &'static Shape),
}

/// A member, its element, and its shape.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    pub name: &'static str,
    pub element: &'static str,
    pub shape: Shape,
}

/// A member whose element has its name.
pub const fn member(name: &'static str, shape: Shape) -> Member {
    Member { name, element: name, shape }
}

/// A member under another element.
pub const fn renamed(name: &'static str, element: &'static str, shape: Shape) -> Member {
    Member { name, element, shape }
}

impl Shape {
    /// The value of a whole document; the root element's name does not matter.
    ///
    /// # Errors
    /// `MalformedXML` for what is not well-formed or has elements that the shape does not have.
    pub fn parse(&self, document: &[u8]) -> Result<Value, Fault> {
        self.read(&Element::parse(document)?)
    }

    fn read(&self, element: &Element) -> Result<Value, Fault> {
        let text = element.text.trim();
        Ok(match self {
            Shape::Text => json!(element.text),
            Shape::Integer => json!(text.parse::<i64>().map_err(|_| malformed())?),
            Shape::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "1" => json!(true),
                "false" | "0" => json!(false),
                _ => return Err(malformed()),
            },
            Shape::Time => json!(timestamp::parse(text).ok_or_else(malformed)?),
            Shape::Flat(item) => json!([item.read(element)?]),
            Shape::List(name, item) => {
                let items = element
                    .children
                    .iter()
                    .map(|child| if child.name == *name { item.read(child) } else { Err(malformed()) });
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Shape::Struct(members) => Value::Object(read_members(members, element)?),
        })
    }

    /// Appends the document `root` with S3's namespace.
    pub fn write_root(&self, out: &mut String, root: &str, value: &Value) {
        out.push_str(&format!("<{root} xmlns=\"{NAMESPACE}\">"));
        self.write_content(out, value);
        xml::close(out, root);
    }

    fn write(&self, out: &mut String, element: &str, value: &Value) {
        match (self, value) {
            (_, Value::Null) => {}
            (Shape::Flat(item), Value::Array(items)) => items.iter().for_each(|value| item.write(out, element, value)),
            _ => {
                xml::open(out, element);
                self.write_content(out, value);
                xml::close(out, element);
            }
        }
    }

    fn write_content(&self, out: &mut String, value: &Value) {
        match (self, value) {
            (Shape::Struct(members), value) => {
                for member in *members {
                    if let Some(value) = value.get(member.name) {
                        member.shape.write(out, member.element, value);
                    }
                }
            }
            (Shape::List(name, item), Value::Array(items)) => {
                items.iter().for_each(|value| item.write(out, name, value))
            }
            (Shape::Time, value) => out.push_str(&timestamp::iso8601(value).unwrap_or_default()),
            (_, Value::String(text)) => out.push_str(&xml::escape(text)),
            (_, Value::Null) => {}
            (_, value) => out.push_str(&xml::escape(&value.to_string())),
        }
    }
}

fn read_members(members: &[Member], element: &Element) -> Result<Map<String, Value>, Fault> {
    let mut map = Map::new();
    for child in &element.children {
        let member = members.iter().find(|member| member.element == child.name).ok_or_else(malformed)?;
        let value = member.shape.read(child)?;
        match (map.get_mut(member.name), value) {
            (Some(Value::Array(items)), Value::Array(more)) if matches!(member.shape, Shape::Flat(_)) => {
                items.extend(more);
            }
            (Some(_), _) => return Err(malformed()),
            (None, value) => {
                map.insert(member.name.to_owned(), value);
            }
        }
    }
    Ok(map)
}

/// An element on its way to a value.
#[derive(Debug, Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn parse(document: &[u8]) -> Result<Element, Fault> {
        let text = std::str::from_utf8(document).map_err(|_| malformed())?;
        let mut reader = Reader::from_str(text);
        let mut stack: Vec<Element> = vec![Element::default()];
        loop {
            match reader.read_event().map_err(|_| malformed())? {
                Event::Start(start) => {
                    if stack.len() > DEEPEST {
                        return Err(malformed());
                    }
                    stack.push(Element::named(start.local_name().as_ref()));
                }
                Event::Empty(start) => push(&mut stack, Element::named(start.local_name().as_ref()))?,
                Event::End(_) => {
                    let element = stack.pop().ok_or_else(malformed)?;
                    push(&mut stack, element)?;
                }
                Event::Text(part) => append(&mut stack, &part),
                Event::CData(part) => append(&mut stack, &part),
                Event::GeneralRef(entity) => {
                    let text =
                        quick_xml::escape::unescape(&format!("&{};", &*entity)).map_err(|_| malformed())?.into_owned();
                    append(&mut stack, &text);
                }
                Event::DocType(_) => return Err(malformed()),
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
        let [root] = stack.as_mut_slice() else { return Err(malformed()) };
        if root.children.len() != 1 {
            return Err(malformed());
        }
        root.children.pop().ok_or_else(malformed)
    }

    fn named(name: &str) -> Element {
        Element { name: name.to_owned(), ..Element::default() }
    }
}

fn push(stack: &mut [Element], element: Element) -> Result<(), Fault> {
    stack.last_mut().ok_or_else(malformed)?.children.push(element);
    Ok(())
}

fn append(stack: &mut [Element], text: &str) {
    if let Some(element) = stack.last_mut() {
        element.text.push_str(text);
    }
}

fn malformed() -> Fault {
    Fault::sender(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}
