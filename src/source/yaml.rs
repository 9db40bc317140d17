//! Reads YAML (and JSON, which is YAML) into a tree with positions.
//!
//! Aliases are written out, merge keys (`<<`) applied, CloudFormation's short tags made long. What is wrong is reported
//! with its place; after a syntax error nothing more of the file is known, after every other problem reading goes on.

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Tag};

use super::short_tag::long_form;
use super::{Entry, FileId, Key, Kind, Node, Span, limits, scalar};

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub fault: Fault,
    pub span: Span,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Not YAML, in the parser's words; with the innermost bracket that is open there.
    Syntax { words: String, open: Option<Span> },
    /// A key that begins further right than the one on the line above, which has its value already.
    TooFarRight { key: String, above: Span },
    /// A tab where YAML wants spaces.
    Tab,
    /// A key that its mapping has already; the first one's place.
    DuplicateKey { key: String, first: Span },
    /// A key that is a list or a mapping.
    KeyNotText,
    /// `*name` without `&name` before it, or inside what `&name` marks.
    UnknownAnchor(String),
    /// A tag that is neither YAML's nor CloudFormation's.
    UnknownTag(String),
    /// A YAML tag on a value that it does not fit (`!!int abc`).
    TagMismatch(String),
    /// `<<` with something that is not a mapping.
    BadMerge(&'static str),
    /// A second `---` document.
    SeveralDocuments,
    /// Lists and mappings nest deeper than [`limits::FILE_DEPTH`].
    TooDeep,
    /// More values than [`limits::FILE_VALUES`].
    TooManyValues,
    /// More bytes than [`limits::FILE_BYTES`].
    TooLarge,
}

/// Reads a file's text. An empty file is null. The tree is there as far as it could be read; it is complete only when
/// there are no problems.
pub fn read(file: FileId, text: &str) -> (Option<Node>, Vec<Problem>) {
    let whole = Span { file, start: 0, end: 0 };
    if text.len() > limits::FILE_BYTES {
        return (None, vec![Problem { fault: Fault::TooLarge, span: whole }]);
    }
    let mut builder =
        Builder { file, text, open: Vec::new(), anchors: HashMap::new(), values: 0, root: None, problems: Vec::new() };
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        simple_key_max_lookahead: limits::FILE_BYTES,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let goes_on = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => {
                builder.syntax(&error);
                false
            }
        };
        if !goes_on {
            return (None, builder.problems);
        }
    }
    let root = builder.root.unwrap_or_else(|| Node::new(whole, Kind::Null));
    (Some(root), builder.problems)
}

/// A list or a mapping that is not closed yet.
struct Open {
    anchor: usize,
    tag: Option<(String, Span)>,
    span: Span,
    inside: Inside,
    /// How many values there were when it was opened.
    values: usize,
}

enum Inside {
    List(Vec<Node>),
    Mapping { entries: Vec<(Entry, bool)>, key: Option<(Key, bool)> },
}

/// An anchor's value and how many values it is made of.
type Anchored = (Node, usize);

struct Builder<'a> {
    file: FileId,
    text: &'a str,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    values: usize,
    root: Option<Node>,
    problems: Vec<Problem>,
}

impl Builder<'_> {
    /// Takes one event; false when reading cannot go on.
    fn take(&mut self, event: Event<'_>, at: granit_parser::Span) -> bool {
        let span = self.span(&at);
        match event {
            Event::DocumentStart(..) if self.root.is_some() => return self.stop(Fault::SeveralDocuments, span),
            Event::Alias(id) => return self.alias(id, span),
            Event::UnresolvedAlias(name) => {
                self.problem(Fault::UnknownAnchor(name.into_owned()), span);
                return self.put(Node::new(span, Kind::Null), false);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| (spelled(&tag), self.tag_span(&at)));
                let node = self.scalar(&text, style, tag, span);
                let plain = style == ScalarStyle::Plain;
                self.remember(anchor, &node, 1);
                return self.put(node, plain);
            }
            Event::SequenceStart(_, anchor, tag) => {
                return self.begin(anchor, tag.as_deref(), &at, Inside::List(Vec::new()));
            }
            Event::MappingStart(_, anchor, tag) => {
                return self.begin(anchor, tag.as_deref(), &at, Inside::Mapping { entries: Vec::new(), key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => return self.end(span),
            _ => {}
        }
        true
    }

    fn begin(&mut self, anchor: usize, tag: Option<&Tag>, at: &granit_parser::Span, inside: Inside) -> bool {
        let span = self.span(at);
        if self.open.len() >= limits::FILE_DEPTH {
            return self.stop(Fault::TooDeep, span);
        }
        let tag = tag.map(|tag| (spelled(tag), self.tag_span(at)));
        self.open.push(Open { anchor, tag, span, inside, values: self.values });
        true
    }

    /// Closes the innermost list or mapping.
    fn end(&mut self, at: Span) -> bool {
        let Some(open) = self.open.pop() else { return true };
        let kind = match open.inside {
            Inside::List(items) => Kind::Sequence(items),
            Inside::Mapping { entries, .. } => Kind::Mapping(self.merged(entries)),
        };
        let mut span = open.span;
        span.end = last_byte(&kind).unwrap_or(span.end).max(span.end);
        if self.text.as_bytes().get(span.start as usize).is_some_and(|byte| matches!(byte, b'{' | b'[')) {
            span.end = span.end.max(at.end);
        }
        let mut node = Node::new(span, kind);
        if let Some((tag, place)) = open.tag {
            node = self.tagged_collection(&tag, place, node);
        }
        let size = self.values - open.values + 1;
        self.remember(open.anchor, &node, size);
        self.put(node, false)
    }

    /// Puts a finished value where it belongs; false when there are too many.
    fn put(&mut self, node: Node, plain: bool) -> bool {
        self.values += 1;
        if self.values > limits::FILE_VALUES {
            return self.stop(Fault::TooManyValues, node.span);
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Mapping { entries, key }) => match key.take() {
                Some((key, merge)) => entries.push((Entry { key, value: node }, merge)),
                None => {
                    let (found, wrong) = as_key(node, self.text);
                    let merge = plain && found.text == "<<";
                    *key = Some((found, merge));
                    if let Some(span) = wrong {
                        self.problem(Fault::KeyNotText, span);
                    }
                }
            },
        }
        true
    }

    fn alias(&mut self, id: usize, span: Span) -> bool {
        let Some((node, size)) = self.anchors.get(&id).cloned() else {
            let name = self.slice(span).trim_start_matches('*').to_owned();
            self.problem(Fault::UnknownAnchor(name), span);
            return self.put(Node::new(span, Kind::Null), false);
        };
        self.values += size;
        if self.values > limits::FILE_VALUES {
            return self.stop(Fault::TooManyValues, span);
        }
        self.put(node, false)
    }

    /// Keeps what an anchor marks. The clone is bounded: anchored values count when they are used.
    fn remember(&mut self, anchor: usize, node: &Node, size: usize) {
        if anchor != 0 {
            self.values += size;
            self.anchors.insert(anchor, (node.clone(), size));
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<(String, Span)>, span: Span) -> Node {
        let string = || Kind::String(text.to_owned());
        let Some((tag, place)) = tag else {
            return Node::new(span, if style == ScalarStyle::Plain { scalar::plain(text) } else { string() });
        };
        let kind = match tag.as_str() {
            "!" | "!!str" => Some(string()),
            "!!null" => (scalar::plain(text) == Kind::Null).then_some(Kind::Null),
            "!!bool" => Some(scalar::plain(text)).filter(|kind| matches!(kind, Kind::Bool(_))),
            "!!int" | "!!float" => scalar::number(text).map(Kind::Number),
            _ => {
                let value = if style == ScalarStyle::Plain && tag != "!GetAtt" && tag != "!Sub" {
                    scalar::plain(text)
                } else {
                    string()
                };
                return self.short_tag(&tag, place, Node::new(span, value));
            }
        };
        if kind.is_none() {
            self.problem(Fault::TagMismatch(tag), place);
        }
        Node::new(span, kind.unwrap_or(Kind::Null))
    }

    fn tagged_collection(&mut self, tag: &str, place: Span, node: Node) -> Node {
        match (tag, &node.kind) {
            ("!!map" | "!!omap", Kind::Mapping(_)) | ("!!seq", Kind::Sequence(_)) | ("!", _) => node,
            _ if tag.starts_with("!!") => {
                self.problem(Fault::TagMismatch(tag.to_owned()), place);
                node
            }
            _ => self.short_tag(tag, place, node),
        }
    }

    fn short_tag(&mut self, tag: &str, place: Span, node: Node) -> Node {
        let plain = node.clone();
        long_form(tag.trim_start_matches('!'), place, node).unwrap_or_else(|| {
            self.problem(Fault::UnknownTag(tag.to_owned()), place);
            plain
        })
    }

    /// Applies `<<` and reports keys that are there twice; the first one stays.
    fn merged(&mut self, entries: Vec<(Entry, bool)>) -> Vec<Entry> {
        let mut places: HashMap<String, Span> = HashMap::with_capacity(entries.len());
        for (entry, merge) in &entries {
            if *merge {
                continue;
            }
            if let Some(first) = places.get(&entry.key.text) {
                let fault = Fault::DuplicateKey { key: entry.key.text.clone(), first: *first };
                self.problems.push(Problem { fault, span: entry.key.span });
            } else {
                places.insert(entry.key.text.clone(), entry.key.span);
            }
        }
        let mut kept = Vec::with_capacity(entries.len());
        for (entry, merge) in entries {
            if merge {
                self.merge(entry.value, &mut places, &mut kept);
            } else if places.get(&entry.key.text) == Some(&entry.key.span) {
                kept.push(entry);
            }
        }
        kept
    }

    /// Adds the entries of a merged mapping whose keys are not there yet.
    fn merge(&mut self, value: Node, places: &mut HashMap<String, Span>, kept: &mut Vec<Entry>) {
        let (span, noun) = (value.span, value.noun());
        match value.kind {
            Kind::Mapping(entries) => {
                for entry in entries {
                    if !places.contains_key(&entry.key.text) {
                        places.insert(entry.key.text.clone(), entry.key.span);
                        kept.push(entry);
                    }
                }
            }
            Kind::Sequence(items) if items.iter().all(|item| matches!(item.kind, Kind::Mapping(_))) => {
                for item in items {
                    self.merge(item, places, kept);
                }
            }
            _ => self.problem(Fault::BadMerge(noun), span),
        }
    }

    fn syntax(&mut self, error: &ScanError) {
        let at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len()) as u32;
        let end = self.text[at as usize..].chars().next().map_or(at, |next| at + next.len_utf8() as u32);
        let span = Span { file: self.file, start: at, end };
        let fault = match error.kind() {
            ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => Fault::Tab,
            ErrorKind::RecursionLimitExceeded => Fault::TooDeep,
            _ if self.text[at as usize..].starts_with('\t') => Fault::Tab,
            kind => {
                let words = kind.to_string();
                let surprised = words.contains("mapping values") || words.contains("expected key");
                if let Some((key, above)) = surprised.then(|| self.too_far_right(at)).flatten() {
                    let name = self.slice(key).to_owned();
                    return self.problem(Fault::TooFarRight { key: name, above }, key);
                }
                Fault::Syntax { words, open: self.open_bracket() }
            }
        };
        self.problem(fault, span);
    }

    /// The key on the line of `at`, and the key on the line above it, if that one has a value and begins further left: then
    /// YAML takes both lines for one text, or has no mapping to put the key into.
    fn too_far_right(&self, at: u32) -> Option<(Span, Span)> {
        let (before, _) = self.text.get(..at as usize)?.rsplit_once('\n')?;
        let here = self.text[before.len() + 1..].split([':', '\n']).next()?;
        let name = here.trim_start();
        let end = (before.len() + 1 + here.len()) as u32;
        let key = Span { file: self.file, start: end - name.len() as u32, end };
        let above = before.rsplit('\n').find(|line| !matches!(line.trim_start().chars().next(), None | Some('#')))?;
        let content = above.trim_start_matches([' ', '-']);
        let (first, value) = content.split_once(": ")?;
        let indent = above.len() - content.len();
        let is_plain = !name.is_empty() && !name.contains([' ', ':', '\'', '"', '[', '{', '-']);
        let ends =
            !value.trim_start().starts_with(['|', '>', '"', '\'', '[', '{', '&', '#']) && !value.trim().is_empty();
        if !is_plain || !ends || here.len() - name.len() <= indent {
            return None;
        }
        let start = (content.as_ptr().addr() - self.text.as_ptr().addr()) as u32;
        Some((key, Span { file: self.file, start, end: start + first.len() as u32 }))
    }

    /// The innermost `[` or `{` that is not closed yet.
    fn open_bracket(&self) -> Option<Span> {
        let innermost = self.open.last()?.span;
        let bracket = self.text.as_bytes().get(innermost.start as usize)?;
        matches!(bracket, b'[' | b'{').then_some(Span { end: innermost.start + 1, ..innermost })
    }

    fn problem(&mut self, fault: Fault, span: Span) {
        self.problems.push(Problem { fault, span });
    }

    fn stop(&mut self, fault: Fault, span: Span) -> bool {
        self.problem(fault, span);
        false
    }

    fn span(&self, at: &granit_parser::Span) -> Span {
        let range = at.byte_range().unwrap_or(0..0);
        Span { file: self.file, start: range.start as u32, end: range.end.max(range.start) as u32 }
    }

    fn tag_span(&self, at: &granit_parser::Span) -> Span {
        at.tag_span().map_or_else(|| self.span(at), |tag| self.span(&tag))
    }

    fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

/// A tag as people write it: `!Ref`, `!!str`.
fn spelled(tag: &Tag) -> String {
    match tag.core_suffix() {
        Some(suffix) => format!("!!{suffix}"),
        None => format!("{}{}", tag.handle(), tag.suffix()).replace(YAML_TAGS, "!!"),
    }
}

/// What `!!` stands for.
const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// A value as a key; with its place if it cannot be one.
fn as_key(node: Node, text: &str) -> (Key, Option<Span>) {
    let span = node.span;
    let written = || text.get(span.start as usize..span.end as usize).unwrap_or("").to_owned();
    match node.kind {
        Kind::String(text) => (Key { text, span }, None),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => (Key { text: written(), span }, None),
        Kind::Sequence(_) | Kind::Mapping(_) => (Key { text: written(), span }, Some(span)),
    }
}

/// Where the last thing inside ends.
fn last_byte(kind: &Kind) -> Option<u32> {
    match kind {
        Kind::Sequence(items) => items.last().map(|item| item.span.end),
        Kind::Mapping(entries) => entries.last().map(|entry| entry.value.span.end.max(entry.key.span.end)),
        _ => None,
    }
}

#[cfg(test)]
#[path = "yaml_test.rs"]
mod tests;
