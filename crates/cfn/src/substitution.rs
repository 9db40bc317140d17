//! The text of an `Fn::Sub`: literal pieces and `${…}` variables.

/// One piece of an `Fn::Sub` text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Text that stands for itself; `${!name}` has become `${name}`.
    Literal(String),
    /// `${Name}` or `${Resource.Attribute}`.
    Variable(&'a str),
}

/// Splits the text of an `Fn::Sub`. A `${` that is never closed is literal text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        literal.push_str(&rest[..start]);
        let inner = &rest[start + 2..];
        let Some(end) = inner.find('}') else {
            literal.push_str(&rest[start..]);
            rest = "";
            break;
        };
        let name = &inner[..end];
        match name.strip_prefix('!') {
            Some(kept) => {
                literal.push_str("${");
                literal.push_str(kept);
                literal.push('}');
            }
            None => {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Variable(name.trim()));
            }
        }
        rest = &inner[end + 1..];
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_escapes_are_told_apart() {
        assert_eq!(
            pieces("a${B.Arn}c${!Kept}"),
            [Piece::Literal("a".into()), Piece::Variable("B.Arn"), Piece::Literal("c${Kept}".into())]
        );
        assert_eq!(pieces("x${y"), [Piece::Literal("x${y".into())]);
    }
}
