//! Follows variables to their values: lazily, each place once.
//!
//! A place in a tree is known by the address of its node, which stays the same because all trees are kept. A place has a
//! shallow value (its own variable is gone; what lies inside may still hold some), which is what an address digs through,
//! and a full value (no variable left). So `self:custom.a` needs nothing of `custom.b`, even if all of `custom` comes from
//! a file.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::answer::{Answer, Answers, Question};
use super::place::{Openings, place};
use super::syntax::{self, Asks, Part, Source, Text, Variable};
use super::trees::Trees;
use super::world::{Refusal, World};
use super::{circle, limits, source, unasked};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::project::{Dialect, Project};
use crate::source::{Entry, Key, Kind, Miss, Node, Origin, Sources, Span};

/// Why a value is not there (yet).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// A mistake that is reported.
    Failed,
    /// An answer from outside is needed first.
    Waiting,
}

/// A value whose own variable is gone.
#[derive(Clone, Debug)]
pub(super) struct Shallow<'a> {
    pub(super) node: &'a Node,
    /// How it came here, if through a variable.
    pub(super) origin: Option<Arc<Origin>>,
    pub(super) secret: bool,
}

/// What a source has.
#[derive(Debug)]
pub(super) enum Found<'a> {
    Value(Shallow<'a>),
    Missing(Missing),
}

/// Why a source has no value.
#[derive(Debug)]
pub(super) struct Missing {
    /// One sentence that names what is not there.
    pub(super) why: String,
    /// The part of the text that names it; the source's if not given.
    pub(super) at: Option<Range<usize>>,
    pub(super) notes: Vec<(Span, String)>,
    pub(super) hint: Option<String>,
}

impl Missing {
    pub(super) fn new(why: impl Into<String>) -> Missing {
        Missing { why: why.into(), at: None, notes: Vec::new(), hint: None }
    }
}

/// A text and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Site<'t> {
    pub(super) text: &'t str,
    pub(super) span: Span,
}

/// What lasts from round to round.
#[derive(Debug)]
pub(super) struct Memory<'a> {
    pub(super) sources: Sources,
    /// Files by path: none for one that is not there, a failure for one whose mistakes are reported.
    pub(super) files: HashMap<PathBuf, Result<Option<&'a Node>, Stop>>,
    /// What is wrong with the files that were read.
    pub(super) file_diagnostics: Vec<Diagnostic>,
    /// The keys and addresses that `secrets:` names.
    pub(super) secrets: Vec<String>,
    pub(super) answers: Answers,
    /// Answers that were read as trees, by what was asked.
    pub(super) outside: HashMap<String, &'a Node>,
    /// Places whose text came from outside: there, `$<` is held to the rule of `${`.
    pub(super) foreign: HashSet<usize>,
    /// What `useDotenv` brought in, the winning file first.
    pub(super) dotenv: Option<Vec<&'a Node>>,
}

enum Progress<T> {
    Begun,
    Done(Result<T, Stop>),
}

/// A place on the way to a value.
pub(super) struct Hop<'a> {
    pub(super) node: &'a Node,
    full: bool,
}

pub(super) struct Resolver<'a, 'w, W> {
    pub(super) project: &'w Project,
    pub(super) world: &'w W,
    pub(super) trees: &'a Trees,
    pub(super) root: &'a Node,
    pub(super) memory: &'w mut Memory<'a>,
    pub(super) diagnostics: Diagnostics,
    pub(super) wanted: Vec<Question>,
    pub(super) stage: Option<Result<String, Stop>>,
    pub(super) region: Option<Result<String, Stop>>,
    shallow: HashMap<usize, Progress<Shallow<'a>>>,
    /// Full values, each with how many values it is made of.
    full: HashMap<usize, Progress<(Node, usize)>>,
    hops: Vec<Hop<'a>>,
    depth: usize,
    values: usize,
    text_bytes: usize,
    /// Where the variables of long texts begin, by the text.
    openings: HashMap<(Span, usize, usize), Openings>,
    /// Where the keys of large mappings are, by the mapping.
    indices: HashMap<usize, HashMap<&'a str, usize>>,
}

/// From how many bytes on a text's openings are looked for only once.
const LONG_TEXT: usize = 1_024;
/// From how many keys on a mapping has an index.
const LARGE_MAPPING: usize = 16;

pub(super) fn id(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}

impl<'a, 'w, W: World> Resolver<'a, 'w, W> {
    pub(super) fn new(
        project: &'w Project,
        world: &'w W,
        trees: &'a Trees,
        root: &'a Node,
        memory: &'w mut Memory<'a>,
    ) -> Self {
        Resolver {
            project,
            world,
            trees,
            root,
            memory,
            diagnostics: Diagnostics::default(),
            wanted: Vec::new(),
            stage: None,
            region: None,
            shallow: HashMap::new(),
            full: HashMap::new(),
            hops: Vec::new(),
            depth: 0,
            values: 0,
            text_bytes: 0,
            openings: HashMap::new(),
            indices: HashMap::new(),
        }
    }

    /// The entry of a key; of a large mapping without looking at all of its keys.
    fn entry(&mut self, node: &'a Node, key: &str) -> Option<&'a Entry> {
        let entries = node.entries();
        if entries.len() < LARGE_MAPPING {
            return node.entry(key);
        }
        let index = self
            .indices
            .entry(id(node))
            .or_insert_with(|| entries.iter().enumerate().map(|(at, entry)| (entry.key.text.as_str(), at)).collect());
        entries.get(*index.get(key)?)
    }

    /// The value of a place with no variable left in it. All that is wrong inside is reported, not only the first.
    pub(super) fn full(&mut self, node: &'a Node) -> Result<Node, Stop> {
        self.count(node, 1)?;
        match &node.kind {
            Kind::String(text) if syntax::may_hold_variable(text) => self.full_text(node),
            Kind::Sequence(items) => {
                let items = self.inside(node, |this| {
                    let found: Vec<_> = items.iter().map(|item| this.full(item)).collect();
                    all(found)
                })?;
                Ok(with_kind(node, Kind::Sequence(items)))
            }
            Kind::Mapping(entries) => {
                let values = self.inside(node, |this| {
                    let found: Vec<_> = entries.iter().map(|entry| this.full(&entry.value)).collect();
                    all(found)
                })?;
                let entries = entries.iter().zip(values);
                let entries = entries.map(|(entry, value)| Entry { key: entry.key.clone(), value }).collect();
                Ok(with_kind(node, Kind::Mapping(entries)))
            }
            _ => Ok(node.clone()),
        }
    }

    fn full_text(&mut self, node: &'a Node) -> Result<Node, Stop> {
        match self.full.get(&id(node)) {
            Some(Progress::Done(found)) => {
                let size = found.as_ref().map_or(0, |(_, size)| *size);
                self.count(node, size)?;
                return self.done(node);
            }
            Some(Progress::Begun) => return self.circle(node, true),
            None => {}
        }
        self.full.insert(id(node), Progress::Begun);
        self.hops.push(Hop { node, full: true });
        let before = self.values;
        let found = self.inside(node, |this| {
            let shallow = this.shallow(node)?;
            let same = std::ptr::eq(shallow.node, node);
            let mut value = if same { shallow.node.clone() } else { this.full(shallow.node)? };
            if shallow.secret || node.secret {
                taint(&mut value);
            }
            value.origin = shallow.origin;
            Ok((value, this.values - before))
        });
        self.hops.pop();
        let waits = matches!(found, Err(Stop::Waiting));
        self.full.insert(id(node), Progress::Done(found));
        let found = self.done(node);
        if waits {
            self.full.remove(&id(node));
        }
        found
    }

    /// The full value that a place has by now.
    fn done(&self, node: &Node) -> Result<Node, Stop> {
        match self.full.get(&id(node)) {
            Some(Progress::Done(Ok((value, _)))) => Ok(value.clone()),
            Some(Progress::Done(Err(stop))) => Err(*stop),
            _ => Err(Stop::Failed),
        }
    }

    /// The value of a place, its own variable gone.
    pub(super) fn shallow(&mut self, node: &'a Node) -> Result<Shallow<'a>, Stop> {
        let plain = Shallow { node, origin: None, secret: node.secret };
        let Kind::String(text) = &node.kind else { return Ok(plain) };
        if !syntax::may_hold_variable(text) {
            return Ok(plain);
        }
        match self.shallow.get(&id(node)) {
            Some(Progress::Done(found)) => return found.clone(),
            Some(Progress::Begun) => return self.circle(node, false),
            None => {}
        }
        self.shallow.insert(id(node), Progress::Begun);
        self.hops.push(Hop { node, full: false });
        let found = self.inside(node, |this| this.follow(node, text, plain));
        self.hops.pop();
        if matches!(found, Err(Stop::Waiting)) {
            self.shallow.remove(&id(node));
        } else {
            self.shallow.insert(id(node), Progress::Done(found.clone()));
        }
        found
    }

    fn follow(&mut self, node: &'a Node, text: &'a str, plain: Shallow<'a>) -> Result<Shallow<'a>, Stop> {
        let own = self.project.dialect == Dialect::Stack && !self.memory.foreign.contains(&id(node));
        let site = Site { text, span: node.span };
        let parsed = match syntax::parse(text, own) {
            Ok(parsed) => parsed,
            Err(fault) => return self.fault(site, fault),
        };
        if parsed.is_plain() {
            if matches!(parsed.parts.as_slice(), [Part::Plain(same)] if same == text) {
                return Ok(plain);
            }
            let text = joined_plain(&parsed);
            return Ok(Shallow { node: self.made(text, node.span, node.secret), ..plain });
        }
        let mut found = match parsed.single() {
            Some(variable) => self.variable(site, variable)?,
            None => self.composed(site, &parsed)?,
        };
        found.secret |= node.secret;
        Ok(found)
    }

    /// The value of one variable: of the first of its sources that has one.
    pub(super) fn variable(&mut self, site: Site<'_>, variable: &Variable) -> Result<Shallow<'a>, Stop> {
        let span = self.place(site, variable.at.clone());
        let written = site.text[variable.at.clone()].to_owned();
        let mut missed: Vec<Missing> = Vec::new();
        for source in &variable.sources {
            let mut parts = Vec::new();
            match self.source(site, source, &mut parts)? {
                Found::Missing(missing) => missed.push(missing),
                Found::Value(found) => {
                    let deeper = self.shallow(found.node)?;
                    let through = join_origins(found.origin, deeper.origin);
                    let in_a_file =
                        !self.memory.foreign.contains(&id(found.node)) && !matches!(source.asks, Asks::Literal(_));
                    let misses = variable.sources.iter().zip(&missed);
                    let origin = Origin {
                        variable: written,
                        span,
                        source: site.text[source.at.clone()].to_owned(),
                        place: in_a_file.then_some(found.node.span),
                        missed: misses
                            .map(|(source, missing)| Miss {
                                source: site.text[source.at.clone()].to_owned(),
                                why: missing.why.clone(),
                            })
                            .collect(),
                        parts,
                        through,
                    };
                    let secret = found.secret || deeper.secret;
                    return Ok(Shallow { node: deeper.node, origin: Some(Arc::new(origin)), secret });
                }
            }
        }
        self.nowhere(site, variable, missed)
    }

    /// Reports that no source of a variable has a value.
    fn nowhere(&mut self, site: Site<'_>, variable: &Variable, mut missed: Vec<Missing>) -> Result<Shallow<'a>, Stop> {
        let (Some(source), Some(last)) = (variable.sources.last(), missed.pop()) else { return Err(Stop::Failed) };
        let span = self.place(site, last.at.unwrap_or_else(|| source.at.clone()));
        let mut diagnostic = Diagnostic::error(Code::VariableNotFound, span, last.why);
        for (span, note) in last.notes {
            diagnostic = diagnostic.note(span, note);
        }
        for (source, earlier) in variable.sources.iter().zip(missed) {
            let at = self.place(site, source.at.clone());
            diagnostic = diagnostic.note(at, format!("tried before it: {}", earlier.why));
        }
        let hint =
            last.hint.unwrap_or_else(|| "give a value for when there is none: `…, 'value'`, or `…, null`".to_owned());
        self.report(diagnostic.hint(hint))
    }

    /// The value of one source. What its parameters and address came through is added to `parts`.
    fn source(&mut self, site: Site<'_>, asked: &Source, parts: &mut Vec<Arc<Origin>>) -> Result<Found<'a>, Stop> {
        let (name, parameters, address) = match &asked.asks {
            Asks::Literal(value) => {
                let span = self.place(site, asked.at.clone());
                let node = self.trees.keep(Node::from_json(value, span));
                self.memory.foreign.insert(id(node));
                return Ok(Found::Value(Shallow { node, origin: None, secret: false }));
            }
            Asks::Call { name, parameters, address } => (name, parameters, address),
        };
        let mut secret = false;
        let mut values = Vec::new();
        for parameter in parameters {
            let value = self.text(site, parameter, parts)?;
            secret |= value.secret;
            values.push(value);
        }
        let mut at = None;
        let address = match address {
            None => None,
            Some((text, range)) => {
                let value = self.text(site, text, parts)?;
                secret |= value.secret;
                at = Some(range.clone());
                Some(self.coerced(site, range.clone(), &value)?)
            }
        };
        let call = source::Call { site, at: asked.at.clone(), name, parameters: values, address, address_at: at };
        let mut found = self.call(&call)?;
        if let Found::Value(value) = &mut found {
            value.secret |= secret;
        }
        Ok(found)
    }

    /// The value of a parameter or an address.
    fn text(&mut self, site: Site<'_>, text: &Text, parts: &mut Vec<Arc<Origin>>) -> Result<Node, Stop> {
        let shallow = match text.single() {
            Some(variable) => self.variable(site, variable)?,
            None if text.is_plain() => return Ok(Node::new(site.span, Kind::String(joined_plain(text)))),
            None => self.composed(site, text)?,
        };
        parts.extend(shallow.origin.clone());
        let mut value = self.full(shallow.node)?;
        value.secret |= shallow.secret;
        Ok(value)
    }

    /// A text built of several pieces.
    fn composed(&mut self, site: Site<'_>, text: &Text) -> Result<Shallow<'a>, Stop> {
        let (mut out, mut parts, mut secret, mut stop) = (String::new(), Vec::new(), false, None);
        for part in &text.parts {
            match part {
                Part::Plain(plain) => out.push_str(plain),
                Part::Variable(variable) => match self.piece(site, variable) {
                    Ok((piece, origin, piece_secret)) => {
                        out.push_str(&piece);
                        parts.extend(origin);
                        secret |= piece_secret;
                    }
                    Err(found) => stop = Some(worse(stop, found)),
                },
            }
        }
        if let Some(stop) = stop {
            return Err(stop);
        }
        self.text_bytes += out.len();
        if self.text_bytes > limits::TEXT_BYTES {
            let message = format!("variables make more than {} MiB of text", limits::TEXT_BYTES / 1024 / 1024);
            let diagnostic = Diagnostic::error(Code::LimitExceeded, site.span, message);
            return self.report(diagnostic.hint("use each long text once"));
        }
        let origin = Origin {
            variable: site.text.to_owned(),
            span: site.span,
            source: String::new(),
            place: None,
            missed: Vec::new(),
            parts,
            through: None,
        };
        let node = self.made(out, site.span, secret);
        Ok(Shallow { node, origin: Some(Arc::new(origin)), secret })
    }

    /// The text of a variable inside a text.
    fn piece(&mut self, site: Site<'_>, variable: &Variable) -> Result<(String, Option<Arc<Origin>>, bool), Stop> {
        let shallow = self.variable(site, variable)?;
        let value = self.full(shallow.node)?;
        let secret = shallow.secret || value.secret;
        Ok((self.coerced(site, variable.at.clone(), &value)?, shallow.origin, secret))
    }

    /// A value as text; lists, mappings and nothing have no place in one.
    fn coerced(&mut self, site: Site<'_>, at: Range<usize>, value: &Node) -> Result<String, Stop> {
        if let Some(text) = source::as_text(value) {
            return Ok(text);
        }
        let span = self.place(site, at.clone());
        let message = format!(
            "`{}` is {}, and only a text, a number or a boolean has a place here",
            &site.text[at],
            value.noun()
        );
        let mut diagnostic = Diagnostic::error(Code::VariableNotText, span, message).came_through(&value.origin);
        if value.span != site.span {
            diagnostic = diagnostic.note(value.span, "the value is here");
        }
        let hint = if value.kind == Kind::Null {
            "give a value for when there is none: `…, ''`"
        } else {
            "name one of its keys in the address"
        };
        self.report(diagnostic.hint(hint))
    }

    /// Digs through a tree along keys; variables on the way are followed.
    pub(super) fn dig(&mut self, root: &'a Node, keys: &[&str]) -> Result<Dug<'a>, Stop> {
        let mut here = self.shallow(root)?;
        let mut named = here.node.span;
        for (depth, key) in keys.iter().enumerate() {
            let inner = match &here.node.kind {
                Kind::Mapping(_) => self.entry(here.node, key).map(|entry| (&entry.value, entry.key.span)),
                Kind::Sequence(items) => {
                    key.parse::<usize>().ok().and_then(|at| items.get(at)).map(|item| (item, item.span))
                }
                // What lies inside a value that is not known is not known either.
                Kind::String(text) if unasked::is_unasked(text) => return Ok(Dug::Found(here)),
                _ => None,
            };
            let Some((inner, key_span)) = inner else { return Ok(Dug::Absent { parent: here, depth, named }) };
            let found = self.shallow(inner)?;
            named = if std::ptr::eq(found.node, inner) { key_span } else { found.node.span };
            let origin = if found.origin.is_some() { found.origin } else { here.origin };
            here = Shallow { node: found.node, origin, secret: here.secret || found.secret };
        }
        Ok(Dug::Found(here))
    }

    /// The answer to a question, or the wish to have it.
    pub(super) fn ask(&mut self, question: Question) -> Result<Result<Answer, Refusal>, Stop> {
        if let Some(answer) = self.memory.answers.get(&question) {
            return Ok(answer.clone());
        }
        self.wanted.push(question);
        Err(Stop::Waiting)
    }

    /// Keeps a text that is made and needs no further look.
    fn made(&mut self, text: String, span: Span, secret: bool) -> &'a Node {
        let node = self.trees.keep(Node { secret, ..Node::new(span, Kind::String(text)) });
        let plain = Shallow { node, origin: None, secret };
        self.shallow.insert(id(node), Progress::Done(Ok(plain)));
        node
    }

    pub(super) fn place(&mut self, site: Site<'_>, part: Range<usize>) -> Span {
        let key = (site.span, site.text.as_ptr().addr(), site.text.len());
        if site.text.len() < LONG_TEXT {
            let openings = Openings::of(&self.memory.sources, site.span, site.text);
            return place(&self.memory.sources, site.span, site.text, part, &openings);
        }
        let sources = &self.memory.sources;
        let openings = self.openings.entry(key).or_insert_with(|| Openings::of(sources, site.span, site.text));
        place(sources, site.span, site.text, part, openings)
    }

    /// Reports a mistake.
    pub(super) fn report<T>(&mut self, diagnostic: Diagnostic) -> Result<T, Stop> {
        self.diagnostics.push(diagnostic);
        Err(Stop::Failed)
    }

    fn fault<T>(&mut self, site: Site<'_>, fault: syntax::Fault) -> Result<T, Stop> {
        let span = self.place(site, fault.at.clone());
        let code = match &fault {
            syntax::Fault { too_deep: true, .. } => Code::LimitExceeded,
            syntax::Fault { unknown: Some(_), .. } => Code::UnknownSource,
            _ => Code::VariableSyntax,
        };
        let mut diagnostic = Diagnostic::error(code, span, fault.message);
        diagnostic.hints.extend(fault.hint);
        self.report(diagnostic)
    }

    fn circle<T>(&mut self, node: &'a Node, full: bool) -> Result<T, Stop> {
        let begin = self.hops.iter().position(|hop| std::ptr::eq(hop.node, node) && hop.full == full).unwrap_or(0);
        let mut nodes: Vec<&Node> = self.hops[begin..].iter().map(|hop| hop.node).collect();
        nodes.dedup_by(|a, b| std::ptr::eq(*a, *b));
        if nodes.len() > 1 && std::ptr::eq(nodes[0], nodes[nodes.len() - 1]) {
            nodes.pop();
        }
        let first = (0..nodes.len()).min_by_key(|at| nodes[*at].span).unwrap_or(0);
        nodes.rotate_left(first);
        let trees: Vec<&Node> = std::iter::once(self.root)
            .chain(self.memory.files.values().filter_map(|file| file.ok().flatten()))
            .collect();
        let diagnostic = circle::report(&nodes, &trees, &self.memory.sources);
        self.report(diagnostic)
    }

    /// Runs `work` one level deeper.
    fn inside<T>(&mut self, node: &Node, work: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        if self.depth >= limits::DEPTH {
            let message =
                format!("values lie more than {} deep behind variables and inside each other here", limits::DEPTH);
            let diagnostic = Diagnostic::error(Code::LimitExceeded, node.span, message);
            return self.report(diagnostic.hint("let fewer variables stand behind each other"));
        }
        self.depth += 1;
        let found = work(self);
        self.depth -= 1;
        found
    }

    fn count(&mut self, node: &Node, more: usize) -> Result<(), Stop> {
        self.values += more;
        if self.values <= limits::VALUES {
            return Ok(());
        }
        if self.values - more <= limits::VALUES {
            let message = format!("variables make more than {} values", limits::VALUES);
            let diagnostic = Diagnostic::error(Code::LimitExceeded, node.span, message);
            return self.report(diagnostic.hint("bring in the keys that are needed, not the whole"));
        }
        Err(Stop::Failed)
    }
}

/// What digging came to.
pub(super) enum Dug<'a> {
    Found(Shallow<'a>),
    Absent {
        /// The value that has nothing for the key at `depth`.
        parent: Shallow<'a>,
        depth: usize,
        /// The parent's key, or where it is written if a variable brought it.
        named: Span,
    },
}

fn joined_plain(text: &Text) -> String {
    let plain = text.parts.iter().filter_map(|part| match part {
        Part::Plain(plain) => Some(plain.as_str()),
        Part::Variable(_) => None,
    });
    plain.collect()
}

fn with_kind(node: &Node, kind: Kind) -> Node {
    Node { span: node.span, origin: node.origin.clone(), secret: node.secret, kind }
}

/// All values, or the worst of what stopped one.
fn all(found: Vec<Result<Node, Stop>>) -> Result<Vec<Node>, Stop> {
    let mut stop = None;
    let mut values = Vec::with_capacity(found.len());
    for value in found {
        match value {
            Ok(value) => values.push(value),
            Err(found) => stop = Some(worse(stop, found)),
        }
    }
    stop.map_or(Ok(values), Err)
}

/// Waiting wins: what failed is reported anyway, what waits has to be asked for.
fn worse(before: Option<Stop>, now: Stop) -> Stop {
    if before == Some(Stop::Waiting) { Stop::Waiting } else { now }
}

/// The way through `outer`, which goes on through `inner`.
fn join_origins(outer: Option<Arc<Origin>>, inner: Option<Arc<Origin>>) -> Option<Arc<Origin>> {
    match (outer, inner) {
        (Some(outer), Some(inner)) if outer != inner => {
            let through = join_origins(outer.through.clone(), Some(inner));
            Some(Arc::new(Origin { through, ..(*outer).clone() }))
        }
        (Some(found), _) | (None, Some(found)) => Some(found),
        (None, None) => None,
    }
}

/// Marks a value and all that lies inside as secret.
pub(super) fn taint(node: &mut Node) {
    node.secret = true;
    match &mut node.kind {
        Kind::Sequence(items) => items.iter_mut().for_each(taint),
        Kind::Mapping(entries) => entries.iter_mut().for_each(|entry| taint(&mut entry.value)),
        _ => {}
    }
}

/// The keys of a mapping, for messages.
pub(super) fn keys_of(node: &Node) -> Vec<&str> {
    node.entries().iter().map(|entry: &Entry| Key::as_str(&entry.key)).collect()
}
