//! The files that a binary was compiled from, as cargo writes them beside it (`NAME.d`).

use std::path::PathBuf;

/// The prerequisites of the first rule of a make-style dependency file; a backslash escapes a space in a path.
pub fn parse(text: &str) -> Vec<PathBuf> {
    let rule = text.replace("\\\n", " ");
    let Some((_, prerequisites)) = rule.lines().next().and_then(|line| line.split_once(": ")) else {
        return Vec::new();
    };
    let mut paths = Vec::new();
    let mut path = String::new();
    let mut characters = prerequisites.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&' ') => path.extend(characters.next()),
            ' ' => paths.extend(finish(&mut path)),
            other => path.push(other),
        }
    }
    paths.extend(finish(&mut path));
    paths
}

fn finish(path: &mut String) -> Option<PathBuf> {
    (!path.is_empty()).then(|| PathBuf::from(std::mem::take(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spaces_in_paths_are_escaped() {
        let text = "/t/release/a: /p/src/main.rs /p/my\\ src/b.rs\n\n/p/src/main.rs:\n";
        assert_eq!(parse(text), [PathBuf::from("/p/src/main.rs"), PathBuf::from("/p/my src/b.rs")]);
    }

    proptest! {
        #[test]
        fn written_paths_come_back(names in proptest::collection::vec("[a-z][a-z /.]{0,12}[a-z]", 0..8)) {
            let escaped: Vec<String> = names.iter().map(|name| name.replace(' ', "\\ ")).collect();
            let parsed = parse(&format!("/t/a: {}\n", escaped.join(" ")));
            prop_assert_eq!(parsed, names.iter().map(PathBuf::from).collect::<Vec<_>>());
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            parse(&text);
        }
    }
}
