//! `strToBool`, and values as texts and back.

use serde_json::Number;

use super::{Call, Found};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Kind, Node};
use crate::variables::resolver::{Resolver, Stop};
use crate::variables::world::World;

impl<'a, W: World> Resolver<'a, '_, W> {
    /// `strToBool(…)`: `true`, `1`, `false` and `0` in any case as a boolean.
    pub(super) fn text_to_boolean(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        let Some(given) = call.parameters.first() else {
            return self.misused(call, "`strToBool` has nothing to convert".to_owned(), "write `strToBool($<…>)`");
        };
        let text = as_text(given).unwrap_or_default().trim().to_lowercase();
        let value = match text.as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => {
                let span = self.place(call.site, call.at.clone());
                let shown = if given.secret {
                    "***".to_owned()
                } else {
                    as_text(given).unwrap_or_else(|| given.noun().to_owned())
                };
                let message = format!("`strToBool` takes true, false, 1 or 0, and this is `{shown}`");
                let diagnostic = Diagnostic::error(Code::WrongType, span, message).came_through(&given.origin);
                return self.report(diagnostic.hint("correct the value, or write `true` or `false` in its place"));
            }
        };
        let span = self.place(call.site, call.at.clone());
        Ok(self.keep_outside(Node { secret: given.secret, ..Node::new(span, Kind::Bool(value)) }))
    }
}

/// A text, a number or a boolean as text; nothing for everything else.
pub(in crate::variables) fn as_text(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::String(text) => Some(text.clone()),
        Kind::Bool(value) => Some(value.to_string()),
        Kind::Number(number) => Some(number_text(number)),
        _ => None,
    }
}

/// A number as JavaScript writes it: `1.0` is `1`.
fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(value) if !number.is_i64() && !number.is_u64() && value.fract() == 0.0 && value.abs() < 1e15 => {
            format!("{}", value as i64)
        }
        _ => number.to_string(),
    }
}
