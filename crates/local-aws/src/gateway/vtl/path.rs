//! The JSONPath expressions of `$input.path` and `$input.json`.

use serde_json::Value;

use super::TemplateError;

/// What `path` selects in `root`: one value for a definite path, a list for one with wildcards; nothing when a definite
/// path leads nowhere.
///
/// # Errors
/// For a malformed path.
pub fn select(root: &Value, path: &str) -> Result<Option<Value>, TemplateError> {
    let steps = parse(path)?;
    let mut found = vec![root];
    let mut definite = true;
    for step in &steps {
        definite &= matches!(step, Step::Name(_) | Step::Index(_));
        found = found.into_iter().flat_map(|value| step.of(value)).collect();
    }
    if definite {
        return Ok(found.first().map(|value| (*value).clone()));
    }
    Ok(Some(found.into_iter().cloned().collect()))
}

enum Step {
    Name(String),
    Index(i64),
    Every,
    Anywhere(String),
}

impl Step {
    fn of<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match self {
            Step::Name(name) => value.get(name).into_iter().collect(),
            Step::Index(index) => {
                let items = value.as_array().map_or(&[][..], Vec::as_slice);
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let index = if *index < 0 { length.saturating_add(*index) } else { *index };
                usize::try_from(index).ok().and_then(|index| items.get(index)).into_iter().collect()
            }
            Step::Every => children(value),
            Step::Anywhere(name) => {
                let mut found: Vec<&Value> = value.get(name).into_iter().collect();
                found.extend(children(value).into_iter().flat_map(|child| self.of(child)));
                found
            }
        }
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => Vec::new(),
    }
}

fn parse(path: &str) -> Result<Vec<Step>, TemplateError> {
    let malformed = || TemplateError::Evaluation(format!("`{path}` is not a JSONPath expression"));
    let mut rest = path.trim();
    rest = rest.strip_prefix('$').unwrap_or(rest);
    if !rest.is_empty() && !rest.starts_with(['.', '[']) {
        // `$input.json('name')` means `$.name`.
        return parse(&format!("$.{rest}"));
    }
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = if let Some(after) = rest.strip_prefix("..") {
            let (name, after) = name(after).ok_or_else(malformed)?;
            (Step::Anywhere(name), after)
        } else if let Some(after) = rest.strip_prefix(".*") {
            (Step::Every, after)
        } else if let Some(after) = rest.strip_prefix('.') {
            let (name, after) = name(after).ok_or_else(malformed)?;
            (Step::Name(name), after)
        } else {
            bracket(rest).ok_or_else(malformed)??
        };
        steps.push(step);
        rest = after;
    }
    Ok(steps)
}

fn name(text: &str) -> Option<(String, &str)> {
    let end = text.find(['.', '[', ' ', '(', ')', '?', '@']).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].to_owned(), &text[end..]))
}

fn bracket(text: &str) -> Option<Result<(Step, &str), TemplateError>> {
    let inside = text.strip_prefix('[')?;
    if let Some(quote) = inside.chars().next().filter(|c| *c == '\'' || *c == '"') {
        let (name, after) = inside[1..].split_once(quote)?;
        return Some(Ok((Step::Name(name.to_owned()), after.strip_prefix(']')?)));
    }
    let (index, after) = inside.split_once(']')?;
    if index.trim() == "*" {
        return Some(Ok((Step::Every, after)));
    }
    match index.trim().parse() {
        Ok(index) => Some(Ok((Step::Index(index), after))),
        Err(_) => {
            let what = format!("`[{index}]` in the path of a mapping template");
            Some(Err(TemplateError::Unsupported { line: 1, what }))
        }
    }
}
