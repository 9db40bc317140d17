//! Where a part of a text stands in its file.

use std::ops::Range;

use crate::source::{Sources, Span};

/// Where the variables of one text begin, in the text and as it is written in its file.
#[derive(Debug)]
pub(super) struct Openings {
    text: Vec<usize>,
    written: Vec<usize>,
}

impl Openings {
    /// The openings of a text whose scalar stands at `scalar`.
    pub(super) fn of(sources: &Sources, scalar: Span, text: &str) -> Openings {
        Openings { text: openings(text).collect(), written: openings(written(sources, scalar)).collect() }
    }
}

/// The scalar as it is written.
fn written(sources: &Sources, scalar: Span) -> &str {
    sources.file(scalar.file).text.get(scalar.start as usize..scalar.end as usize).unwrap_or_default()
}

/// The place of the bytes `part` of a text whose scalar stands at `scalar`.
///
/// Escapes and line folding make a scalar's text differ from what is written. Variables' openings are the same in both,
/// so a part is found by counting them; where the text after the opening differs, the place ends with it.
pub(super) fn place(sources: &Sources, scalar: Span, text: &str, part: Range<usize>, openings: &Openings) -> Span {
    let written = written(sources, scalar);
    let before = openings.text.partition_point(|at| *at <= part.start);
    let Some(count) = before.checked_sub(1) else { return whole_or(scalar, written, text, part, 0, 0) };
    let Some(found) = openings.written.get(count) else { return scalar };
    whole_or(scalar, written, text, part, openings.text[count], *found)
}

/// The part, if the written text agrees with the text from `from` (which stands at `found`) up to the part's end; else
/// what agrees of it.
fn whole_or(scalar: Span, written: &str, text: &str, part: Range<usize>, from: usize, found: usize) -> Span {
    let (there, here) = (written.as_bytes().get(found..), text.as_bytes().get(from..part.end));
    let (Some(there), Some(here)) = (there, here) else { return scalar };
    // Nearly always they agree as a whole, which is seen without a look at every byte.
    let agree = match there.starts_with(here) {
        true => here.len(),
        false => there.iter().zip(here).take_while(|(a, b)| a == b).count(),
    };
    let begin = part.start - from;
    if agree < begin {
        return if found == from && from == 0 { scalar } else { span(scalar, found, found + agree.max(2)) };
    }
    span(scalar, found + begin, found + agree)
}

fn span(scalar: Span, from: usize, to: usize) -> Span {
    let at = |offset: usize| (scalar.start + offset as u32).min(scalar.end);
    Span { file: scalar.file, start: at(from), end: at(to) }
}

fn openings(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    (1..bytes.len()).filter(|at| bytes[at - 1] == b'$' && matches!(bytes[*at], b'<' | b'{')).map(|at| at - 1)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::source::{SourceFile, yaml};

    /// What stands in the file where `part` of the value of `a` is.
    fn found(yaml_text: &str, part: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new(Path::new("a.yml"), yaml_text.to_owned()));
        let (node, problems) = yaml::read(file, yaml_text);
        assert_eq!(problems, []);
        let node = node.expect("a tree");
        let value = node.get("a").expect("a");
        let text = value.as_str().expect("a text");
        let start = text.find(part).expect("the part");
        let openings = Openings::of(&sources, value.span, text);
        let span = place(&sources, value.span, text, start..start + part.len(), &openings);
        yaml_text[span.start as usize..span.end as usize].to_owned()
    }

    #[test]
    fn a_part_is_found_in_every_style_of_scalar() {
        for text in [
            "a: x $<self:b.c> y\n",
            "a: 'it''s $<self:b.c>'\n",
            "a: \"\\u00e9\\n $<self:b.c>\"\n",
            "a: |\n  one\n  two $<self:b.c>\n",
            "a: >-\n  one\n\n  two $<opt:x>\n  three $<self:b.c>\n",
            "a: $<opt:x> and\n  $<self:b.c>\n",
        ] {
            assert_eq!(found(text, "$<self:b.c>"), "$<self:b.c>", "{text}");
            assert_eq!(found(text, "b.c"), "b.c", "{text}");
        }
    }

    #[test]
    fn a_variable_that_is_folded_over_lines_is_found_where_it_begins() {
        assert_eq!(found("a: $<self:b,\n  'x'>\n", "$<self:b, 'x'>"), "$<self:b,");
    }
}
