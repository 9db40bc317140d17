//! Lists in pages: `maxResults`, `nextToken`, and a token that says where the next page begins.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::constraint::Members;
use super::refusal;
use crate::wire::Fault;

/// Which page of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many items at most.
    pub size: usize,
    /// The key of the last item of the page before.
    pub after: Option<String>,
}

impl Page {
    /// Reads the paging members; `token_limit` is the longest token that the operation takes.
    ///
    /// # Errors
    /// `InvalidToken` for a token that this service did not give out; limits are noted in `members`.
    pub fn of(members: &mut Members<'_>, token_limit: usize) -> Result<Page, Fault> {
        let size = members.integer("maxResults", 0, 1000).unwrap_or(0);
        let token = members.text("nextToken", 1, token_limit).filter(|token| token.len() <= token_limit);
        let after = token.map(|token| decode(token).ok_or_else(refusal::token)).transpose();
        let size = if size == 0 { 100 } else { usize::try_from(size).unwrap_or(100) };
        match after {
            Ok(after) => Ok(Page { size, after }),
            Err(fault) => Err(fault),
        }
    }

    /// The token of the page behind `key`, for lists that cut themselves.
    pub fn token(key: &str) -> String {
        encode(key)
    }

    /// Puts the page of `items` under `member` of an output, with the token of the next one.
    ///
    /// `key` names an item uniquely; a page begins behind the item whose key the token holds.
    ///
    /// # Errors
    /// `InvalidToken` when the token's item is no longer there.
    pub fn cut<T>(
        &self,
        member: &str,
        items: Vec<T>,
        key: impl Fn(&T) -> String,
        show: impl Fn(T) -> Value,
    ) -> Result<Map<String, Value>, Fault> {
        let start = match &self.after {
            None => 0,
            Some(after) => items.iter().position(|item| key(item) == *after).ok_or_else(refusal::token)? + 1,
        };
        let end = (start + self.size).min(items.len());
        let next = (end < items.len() && end > start).then(|| encode(&key(&items[end - 1])));
        let page: Vec<Value> = items.into_iter().skip(start).take(end - start).map(show).collect();
        let mut output = Map::new();
        output.insert(member.to_owned(), Value::Array(page));
        if let Some(token) = next {
            output.insert("nextToken".to_owned(), token.into());
        }
        Ok(output)
    }
}

fn encode(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("states/1/{key}"))
}

fn decode(token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    String::from_utf8(bytes).ok()?.strip_prefix("states/1/").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(input: &Value) -> Result<Page, Fault> {
        let mut members = Members::of(input);
        let page = Page::of(&mut members, 1024);
        members.finish()?;
        page
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let items: Vec<u32> = (1..=5).collect();
        let mut token = Value::Null;
        let mut seen = Vec::new();
        for _ in 0..3 {
            let asked = page(&json!({"maxResults": 2, "nextToken": token})).unwrap();
            let output = asked.cut("items", items.clone(), u32::to_string, Value::from).unwrap();
            seen.push(output["items"].clone());
            token = output.get("nextToken").cloned().unwrap_or_default();
        }
        assert_eq!(seen, [json!([1, 2]), json!([3, 4]), json!([5])]);
        assert!(token.is_null());
    }

    #[test]
    fn a_token_from_elsewhere_is_refused() {
        assert_eq!(page(&json!({"nextToken": "x"})).unwrap_err().message, "Invalid Token: 'Invalid token'");
    }
}
