//! A mistake as one JSON object, for programs.

use serde_json::{Map, Value, json};

use super::Diagnostic;
use crate::source::{Sources, Span};

/// `{severity, code, message, file, line, column, endLine, endColumn, label, notes, hints}`; lines and columns count from
/// 1 and the columns count characters. Without a place, the members of the place are missing.
pub fn to_json(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let mut object = Map::new();
    object.insert("severity".into(), json!(diagnostic.severity.as_str()));
    object.insert("code".into(), json!(diagnostic.code.as_str()));
    object.insert("message".into(), json!(sources.masked(&diagnostic.message)));
    place(&mut object, diagnostic.span, sources);
    if !diagnostic.label.is_empty() {
        object.insert("label".into(), json!(sources.masked(&diagnostic.label)));
    }
    let notes = diagnostic.notes.iter().map(|note| {
        let mut object = Map::new();
        object.insert("message".into(), json!(sources.masked(&note.message)));
        place(&mut object, note.span, sources);
        Value::Object(object)
    });
    object.insert("notes".into(), notes.collect());
    object.insert("hints".into(), diagnostic.hints.iter().map(|hint| json!(sources.masked(hint))).collect());
    Value::Object(object)
}

fn place(object: &mut Map<String, Value>, span: Option<Span>, sources: &Sources) {
    let Some(span) = span else { return };
    let file = sources.file(span.file);
    let (line, column) = file.line_column(span.start);
    let (end_line, end_column) = file.line_column(span.end.max(span.start));
    object.insert("file".into(), json!(file.shown_path()));
    object.insert("line".into(), json!(line));
    object.insert("column".into(), json!(column));
    object.insert("endLine".into(), json!(end_line));
    object.insert("endColumn".into(), json!(end_column));
}
