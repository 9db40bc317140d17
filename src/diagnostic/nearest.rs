//! What a person may have meant.

/// The candidate that is written most like `word`, if one is near enough to ask "did you mean".
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .take(MOST_CANDIDATES)
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many candidates are compared at most.
const MOST_CANDIDATES: usize = 10_000;

/// Names in words: `a`, `a` and `b`, `a`, `b` and 7 more.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if first.len() < MOST_LISTED => format!("{} and {last}", first.join(", ")),
        many => format!("{} and {} more", many[..MOST_LISTED].join(", "), many.len() - MOST_LISTED),
    }
}

/// How many names a sentence takes.
const MOST_LISTED: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_whatever_its_case() {
        assert_eq!(nearest("tokn", ["team", "token"]), Some("token"));
        assert_eq!(nearest("recorddb", ["RecordAC", "RecordDB"]), Some("RecordDB"));
        assert_eq!(nearest("timeot", ["memorySize", "timeout"]), Some("timeout"));
    }

    #[test]
    fn a_name_that_is_far_from_all_has_no_nearest() {
        assert_eq!(nearest("queue", ["timeout", "handler"]), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("", ["a"]), None);
    }

    #[test]
    fn names_read_as_a_sentence() {
        assert_eq!(listed([]), "");
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(
            listed("abcdefghij".split("").filter(|name| !name.is_empty())),
            "`a`, `b`, `c`, `d`, `e`, `f`, `g`, `h` and 2 more"
        );
    }
}
