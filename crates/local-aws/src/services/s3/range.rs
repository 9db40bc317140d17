//! Parts of a body.

use crate::wire::Fault;

/// Some bytes of a body: from `start`, `length` many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub start: u64,
    pub length: u64,
}

impl Range {
    /// What `bytes=…` means for a body of `size` bytes; `None` for a form that S3 ignores.
    ///
    /// # Errors
    /// `InvalidRange` (416) for a range that begins after the end.
    pub fn parse(text: &str, size: u64) -> Result<Option<Range>, Fault> {
        let Some(spec) = text.trim().strip_prefix("bytes=") else { return Ok(None) };
        let Some((first, last)) = spec.split_once('-') else { return Ok(None) };
        let (first, last) = (first.trim(), last.trim());
        let range = if first.is_empty() {
            let Ok(wanted) = last.parse::<u64>() else { return Ok(None) };
            let length = wanted.min(size);
            Range { start: size - length, length }
        } else {
            let Ok(start) = first.parse::<u64>() else { return Ok(None) };
            let end = match last {
                "" => u64::MAX,
                last => match last.parse::<u64>() {
                    Ok(last) if last >= start => last,
                    _ => return Ok(None),
                },
            };
            let end = end.min(size.saturating_sub(1));
            Range { start, length: (end + 1).saturating_sub(start) }
        };
        if range.length == 0 || range.start >= size {
            return Err(Fault::sender("InvalidRange", "The requested range is not satisfiable").with_status(416));
        }
        Ok(Some(range))
    }

    /// `bytes START-END/SIZE`.
    pub fn content_range(&self, size: u64) -> String {
        format!("bytes {}-{}/{size}", self.start, self.start + self.length - 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str, size: u64) -> Option<(u64, u64)> {
        Range::parse(text, size).unwrap().map(|range| (range.start, range.length))
    }

    #[test]
    fn ranges_are_cut_at_the_end_of_the_body() {
        assert_eq!(parse("bytes=0-3", 10), Some((0, 4)));
        assert_eq!(parse("bytes=8-", 10), Some((8, 2)));
        assert_eq!(parse("bytes=8-100", 10), Some((8, 2)));
        assert_eq!(parse("bytes=-3", 10), Some((7, 3)));
        assert_eq!(parse("bytes=-30", 10), Some((0, 10)));
        assert_eq!(parse("bytes=5-4", 10), None);
        assert_eq!(parse("items=0-1", 10), None);
        assert_eq!(parse("bytes=0-1,3-4", 10), None);
    }

    #[test]
    fn a_range_after_the_end_is_refused() {
        for (text, size) in [("bytes=10-", 10), ("bytes=0-0", 0), ("bytes=-0", 10)] {
            assert_eq!(Range::parse(text, size).unwrap_err().status, 416, "{text} of {size}");
        }
    }

    proptest! {
        #[test]
        fn every_range_lies_within_the_body(text in "(bytes=)?[0-9]{0,22}-?[0-9]{0,22}", size in 0..100_u64) {
            if let Ok(Some(range)) = Range::parse(&text, size) {
                prop_assert!(range.length > 0 && range.start + range.length <= size);
            }
        }
    }
}
