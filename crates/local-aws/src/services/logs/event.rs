//! One log event, and its place among all others.

use serde::{Deserialize, Serialize};

/// One log event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Milliseconds since 1970, as the writer says.
    #[serde(rename = "t")]
    pub timestamp_ms: i64,
    #[serde(rename = "m")]
    pub message: String,
}

/// The place of an event: by time, then by arrival. Its text has 56 digits, and orders as the place does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub timestamp_ms: i64,
    /// The number of the batch that it came with.
    pub batch: u64,
    /// Its index in the batch.
    pub index: u64,
}

impl Place {
    /// The place as an event id or in a token.
    pub fn text(&self) -> String {
        format!("{:020}{:020}{:016}", self.timestamp_ms, self.batch, self.index)
    }

    /// The place that a text names.
    pub fn parse(text: &str) -> Option<Place> {
        if text.len() != 56 || !text.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        Some(Place {
            timestamp_ms: text[..20].parse().ok()?,
            batch: text[20..40].parse().ok()?,
            index: text[40..].parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_place_s_text_is_read_back_and_orders_alike(a: (u32, u32, u16), b: (u32, u32, u16)) {
            let place = |(t, batch, index): (u32, u32, u16)| Place { timestamp_ms: t.into(), batch: batch.into(), index: index.into() };
            let (a, b) = (place(a), place(b));
            prop_assert_eq!(Place::parse(&a.text()), Some(a));
            prop_assert_eq!(a.cmp(&b), a.text().cmp(&b.text()));
        }

        #[test]
        fn no_text_breaks_the_reading_of_places(text in ".{0,60}") {
            let _ = Place::parse(&text);
        }
    }
}
