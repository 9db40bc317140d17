//! What is wrong with a YAML file, in sentences.

use super::{Code, Diagnostic};
use crate::source::yaml::{Fault, Problem};
use crate::source::{SHORT_TAGS, limits};

/// The mistake that a problem of a file is.
pub fn from_yaml(problem: &Problem) -> Diagnostic {
    let (code, message) = sentence(&problem.fault);
    let diagnostic = Diagnostic::error(code, problem.span, message);
    match &problem.fault {
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
        Fault::Syntax(words) => syntax_hint(words).map_or(diagnostic.clone(), |hint| diagnostic.hint(hint)),
        _ => diagnostic,
    }
}

fn sentence(fault: &Fault) -> (Code, String) {
    match fault {
        Fault::Syntax(words) => (Code::YamlSyntax, format!("this is not YAML: {words}")),
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

/// What usually lies behind the parser's words.
fn syntax_hint(words: &str) -> Option<&'static str> {
    let hint = if words.contains("mapping values") || words.contains("mapping value") {
        "a text with `: ` inside, or that begins with a special character, needs quotes; or the line above lacks its indentation"
    } else if words.contains("quoted scalar") {
        "the closing quote is missing or stands too far left"
    } else if words.contains("flow") || words.contains("',' or") {
        "every `[` needs its `]` and every `{` its `}`, with commas between"
    } else if words.contains("did not find expected") || words.contains("simple key") || words.contains("indent") {
        "look at the indentation of this line and the one above: keys of one mapping begin in the same column"
    } else if words.contains("cannot start") || words.contains("character") {
        "put the text in quotes"
    } else {
        return None;
    };
    Some(hint)
}
