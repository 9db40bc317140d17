//! What is wrong with a YAML file, in sentences.

use super::{Code, Diagnostic};
use crate::source::yaml::{Fault, Problem};
use crate::source::{SHORT_TAGS, limits};

/// The mistake that a problem of a file is.
pub fn from_yaml(problem: &Problem) -> Diagnostic {
    let (code, message) = sentence(&problem.fault);
    let diagnostic = Diagnostic::error(code, problem.span, message);
    match &problem.fault {
        Fault::TooFarRight { key, above } => {
            diagnostic.note(*above, "the line above begins here, and its value is complete").hint(format!(
                "begin `{key}` in the same column as the line above; a text of several lines needs quotes or `|`"
            ))
        }
        Fault::Tab => diagnostic.hint("indent with spaces: two for each level"),
        Fault::DuplicateKey { key, first } => diagnostic
            .note(*first, format!("`{key}` is here already"))
            .hint("keep one of them; YAML would silently forget the other"),
        Fault::UnknownTag(tag) => {
            let tags: Vec<String> = SHORT_TAGS.iter().map(|tag| format!("!{tag}")).collect();
            diagnostic
                .did_you_mean(tag, tags.iter().map(String::as_str))
                .hint("CloudFormation's short tags (`!Ref`, `!GetAtt`, `!Sub`, …) and YAML's own are understood")
        }
        Fault::BadMerge(_) => {
            diagnostic.hint("`<<` takes an alias of a mapping (`<<: *name`) or a list of such aliases")
        }
        Fault::UnknownAnchor(name) => diagnostic.hint(format!(
            "mark the value with `&{name}` above this line, or put the word in quotes if a star is meant"
        )),
        Fault::SeveralDocuments => diagnostic.hint("put each document into a file of its own"),
        Fault::KeyNotText => diagnostic.hint("put the key in quotes"),
        Fault::TooManyValues => diagnostic.hint("aliases count as often as they are used"),
        Fault::Syntax { words, open } => {
            let diagnostic = match open {
                Some(open) => diagnostic.note(*open, "the bracket that is open here is not closed before"),
                None => diagnostic,
            };
            diagnostic.hint(syntax_hint(words, open.is_some()))
        }
        Fault::TagMismatch(tag) => diagnostic.hint(format!("take `{tag}` away, or write a value of that kind")),
        Fault::TooDeep => diagnostic.hint("put the inner part into a file of its own"),
        Fault::TooLarge => diagnostic.hint("split the file into several"),
    }
}

fn sentence(fault: &Fault) -> (Code, String) {
    match fault {
        Fault::Syntax { words, .. } => (Code::YamlSyntax, format!("this is not YAML: {}", quoted(words))),
        Fault::TooFarRight { key, .. } => {
            (Code::YamlSyntax, format!("`{key}` begins further right than the line above, which has its value already"))
        }
        Fault::Tab => (Code::YamlTab, "a tab where YAML wants spaces".to_owned()),
        Fault::DuplicateKey { key, .. } => (Code::DuplicateKey, format!("`{key}` is there twice")),
        Fault::KeyNotText => (Code::YamlUnsupported, "a key has to be a text, not a list or a mapping".to_owned()),
        Fault::UnknownAnchor(name) => {
            (Code::UnknownAnchor, format!("`*{name}` stands for nothing: there is no `&{name}` before it"))
        }
        Fault::UnknownTag(tag) => (Code::UnknownTag, format!("`{tag}` is no tag that means something here")),
        Fault::TagMismatch(tag) => (Code::UnknownTag, format!("the value does not fit its tag `{tag}`")),
        Fault::BadMerge(noun) => (Code::YamlUnsupported, format!("`<<` merges mappings, and this is {noun}")),
        Fault::SeveralDocuments => {
            (Code::YamlUnsupported, "a second document begins here, and only one is read".to_owned())
        }
        Fault::TooDeep => {
            (Code::LimitExceeded, format!("lists and mappings nest deeper than {} levels here", limits::FILE_DEPTH))
        }
        Fault::TooManyValues => {
            (Code::LimitExceeded, format!("the file makes more than {} values", limits::FILE_VALUES))
        }
        Fault::TooLarge => {
            (Code::LimitExceeded, format!("the file is larger than {} MiB", limits::FILE_BYTES / 1024 / 1024))
        }
    }
}

/// The parser's words with the same quotes at both sides of a character.
fn quoted(words: &str) -> String {
    match words.split_once('`') {
        Some((before, after)) => format!("{before}`{}", after.replacen('\'', "`", 1)),
        None => words.to_owned(),
    }
}

/// What usually lies behind the parser's words.
fn syntax_hint(words: &str, in_brackets: bool) -> &'static str {
    let has = |part: &str| words.contains(part);
    if has("escape") {
        "in double quotes a backslash begins an escape: write `\\\\`, or put the text in single quotes"
    } else if has("quote") {
        "the closing quote is missing, or stands too far left"
    } else if in_brackets || has("bracket") || has("flow") || has("',' or") {
        "every `[` needs its `]` and every `{` its `}`, with commas between"
    } else if has("simple key expected") {
        "a key needs a colon and a blank before its value: `key: value`"
    } else if has("mapping value") {
        "a text with `: ` inside needs quotes; or the line above lacks its indentation"
    } else if has("character") || has("cannot start") {
        "put the text in quotes"
    } else {
        "look at the indentation of this line and the one above: keys of one mapping begin in the same column"
    }
}
