//! What is changed past CloudFormation.

use std::time::Duration;

use serde_json::{Value, json};

use super::Report;
use super::size::time;
use crate::apply::Swap;
use crate::failure::count;
use crate::plan::{Classified, Verdict};

/// Changes that were made directly.
pub struct Swapped<'a> {
    pub service: &'a str,
    /// `dev on this machine`.
    pub place: &'a str,
    pub ids: &'a [&'a str],
    pub took: Duration,
}

impl Report {
    /// Every change, and what can be done about it.
    pub fn classified(&self, found: &[Classified]) {
        if self.is_json() {
            let list: Vec<Value> = found.iter().map(object).collect();
            return self.object(&json!({"event": "classified", "changes": list}));
        }
        for one in found {
            self.note(&format!("  {}", words(one)));
        }
    }

    /// What goes back to what CloudFormation has.
    pub fn swapping(&self, back: &[Swap]) {
        if self.is_json() {
            let ids: Vec<&str> = back.iter().map(Swap::logical_id).collect();
            return self.object(&json!({"event": "swapping-back", "resources": ids}));
        }
        for swap in back {
            self.note(&format!("{} was changed with `--fast`: back to what CloudFormation has", swap.logical_id()));
        }
    }

    /// The last line of `deploy --fast`.
    pub fn swapped(&self, swapped: &Swapped) {
        self.with_progress(super::progress::Progress::clear);
        let Swapped { service, place, ids, took } = swapped;
        if self.is_json() {
            return self.object(
                &json!({"event": "swapped", "service": service, "resources": ids, "seconds": took.as_secs_f64()}),
            );
        }
        let took = time(*took);
        self.out(&match ids.len() {
            0 => format!("{service} runs on {place} as it is: nothing to change ({took})"),
            number => format!(
                "{service} on {place}: {} changed directly ({took}); `deploy` makes it whole",
                count(number, "resource")
            ),
        });
    }
}

/// One change in a line.
pub fn words(one: &Classified) -> String {
    let kind = if one.kind.is_empty() { String::new() } else { format!(" ({})", one.kind) };
    let place = one.place.as_ref().map(|place| format!("  {place}")).unwrap_or_default();
    let verdict = match &one.verdict {
        Verdict::Function(swap) => {
            let code = swap.code.iter().map(|_| "code".to_owned());
            let parts: Vec<String> = code.chain(swap.configuration.keys().cloned()).collect();
            format!("directly: {}", parts.join(", "))
        }
        Verdict::Machine(_) => "directly: its definition".to_owned(),
        Verdict::Waits(why) => format!("later: {why}"),
        Verdict::Not(why) => format!("not directly: {why}"),
    };
    format!("{}{kind} {verdict}{place}", one.what)
}

fn object(one: &Classified) -> Value {
    let (how, why) = match &one.verdict {
        Verdict::Function(_) | Verdict::Machine(_) => ("directly", None),
        Verdict::Waits(why) => ("later", Some((*why).to_owned())),
        Verdict::Not(why) => ("not", Some(why.clone())),
    };
    json!({"what": one.what, "type": one.kind, "place": one.place, "how": how, "why": why})
}
