//! The patterns that decide which files go into a zip.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use globset::{GlobBuilder, GlobMatcher};

use super::{BuildFailure, Selection};

/// Never packaged unless a pattern asks for it.
pub const DEFAULT_EXCLUDES: &[&str] = &[
    ".git",
    ".git/**",
    ".gitignore",
    ".DS_Store",
    "**/.DS_Store",
    "npm-debug.log",
    "yarn-*.log",
    ".serverless/**",
    ".serverless_plugins/**",
    ".deploy/**",
    "stack.yaml",
    "stack.yml",
    "serverless.yml",
    "serverless.yaml",
    "serverless.json",
    "**/__pycache__/**",
    "**/*.pyc",
];

/// The default excludes, compared as text, and the folders below which they leave everything out.
static DEFAULTS: LazyLock<(Vec<Pattern>, Vec<Pattern>)> = LazyLock::new(|| {
    let folders = DEFAULT_EXCLUDES.iter().filter_map(|pattern| pattern.strip_suffix("/**"));
    (DEFAULT_EXCLUDES.iter().copied().filter_map(Pattern::text).collect(), folders.filter_map(Pattern::text).collect())
});

/// Groups of alternatives that a glob here does not know.
const FOREIGN_GROUPS: &[&str] = &["!(", "+(", "?(", "*("];

/// Default excludes, excludes, development dependencies and patterns, in this order: the last one that matches a file
/// decides.
pub struct Rules {
    /// Excludes and patterns.
    rules: Vec<Rule>,
    /// How many rules come before the patterns.
    before_patterns: usize,
    /// Folders below which nothing is selected.
    pruned: Vec<Pattern>,
    /// Folders of packages for development only.
    development: Arc<HashSet<String>>,
    any_kept: bool,
    kept_at_first: bool,
}

struct Rule {
    keeps: bool,
    pattern: Pattern,
}

/// A pattern; the forms that almost all patterns have are compared as text.
pub enum Pattern {
    /// `**`.
    Everything,
    /// `lib/a.py`.
    Exactly(String),
    /// `lib/**`, kept as `lib/`.
    Below(String),
    /// `**/a.py`.
    Named(String),
    /// `**/node_modules/**`.
    Within(String),
    /// `**/*.pyc`, kept as `.pyc`.
    Ending(String),
    /// `src/a*.py`, kept as `src/a` and `.py`: one star, in the last part.
    Around(String, String),
    Glob(GlobMatcher),
}

impl Pattern {
    /// A pattern that names a folder (`src/`, `src`) means what is below it only when written with `**`; `./` says
    /// nothing; `@(a|b)` and `(a|b)` are `{a,b}`.
    ///
    /// # Errors
    /// [`BuildFailure::Pattern`].
    pub fn new(pattern: &str) -> Result<Pattern, BuildFailure> {
        let plain = pattern.strip_prefix("./").unwrap_or(pattern);
        match Pattern::text(plain) {
            Some(text) => Ok(text),
            None => Ok(Pattern::Glob(glob(pattern, plain)?.compile_matcher())),
        }
    }

    /// A pattern of one of the forms that are compared as text.
    fn text(plain: &str) -> Option<Pattern> {
        let literal =
            |text: &str| !text.is_empty() && !text.contains(['*', '?', '[', ']', '{', '}', '(', ')', '\\', '!']);
        let name = |text: &str| literal(text) && !text.contains('/');
        let below = plain.strip_suffix("/**");
        let anywhere = plain.strip_prefix("**/");
        let within = below.and_then(|text| text.strip_prefix("**/"));
        let ending = anywhere.and_then(|text| text.strip_prefix('*'));
        match (below, within, anywhere, ending) {
            _ if plain == "**" => Some(Pattern::Everything),
            _ if literal(plain) => Some(Pattern::Exactly(plain.to_owned())),
            (_, Some(folder), ..) if name(folder) => Some(Pattern::Within(folder.to_owned())),
            (Some(folder), ..) if literal(folder) => Some(Pattern::Below(format!("{folder}/"))),
            (_, _, Some(file), _) if name(file) => Some(Pattern::Named(file.to_owned())),
            (.., Some(ending)) if name(ending) => Some(Pattern::Ending(ending.to_owned())),
            _ => {
                let (before, after) = plain.split_once('*')?;
                let parts = (before.is_empty() || literal(before)) && (after.is_empty() || name(after));
                parts.then(|| Pattern::Around(before.to_owned(), after.to_owned()))
            }
        }
    }

    /// Whether a path (with `/`, relative) matches.
    pub fn matches(&self, path: &str) -> bool {
        match self {
            Pattern::Everything => true,
            Pattern::Exactly(text) => path == text,
            Pattern::Below(folder) => path.len() > folder.len() && path.starts_with(folder.as_str()),
            Pattern::Named(name) => path.rsplit('/').next() == Some(name),
            Pattern::Within(folder) => {
                path.rsplit_once('/').is_some_and(|(above, _)| above.split('/').any(|part| part == folder))
            }
            Pattern::Ending(ending) => path.ends_with(ending.as_str()),
            Pattern::Around(before, after) => path
                .strip_prefix(before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|star| !star.contains('/')),
            Pattern::Glob(glob) => glob.is_match(path),
        }
    }
}

/// Whether the default excludes leave a file out.
pub fn excluded_by_default(path: &str) -> bool {
    DEFAULTS.0.iter().any(|pattern| pattern.matches(path))
}

impl Rules {
    /// The rules of a selection; `development` are the folders of packages that are for development only.
    ///
    /// # Errors
    /// [`BuildFailure::Pattern`].
    pub fn new(selection: &Selection, development: Arc<HashSet<String>>) -> Result<Rules, BuildFailure> {
        let excludes = selection.excludes.iter().map(|pattern| (false, pattern.as_str()));
        let patterns = selection.patterns.iter().map(|pattern| match pattern.strip_prefix('!') {
            Some(glob) => (false, glob),
            None => (true, pattern.as_str()),
        });
        let written: Vec<(bool, &str)> = excludes.chain(patterns).collect();
        let last_kept = written.iter().rposition(|(keeps, _)| *keeps);
        let mut rules = Vec::with_capacity(written.len());
        let mut pruned = Vec::new();
        for (at, (keeps, pattern)) in written.into_iter().enumerate() {
            rules.push(Rule { keeps, pattern: Pattern::new(pattern)? });
            let below = pattern.strip_suffix("/**").filter(|_| !keeps && last_kept.is_none_or(|kept| at > kept));
            if let Some(folder) = below {
                pruned.push(Pattern::new(folder)?);
            }
        }
        Ok(Rules {
            rules,
            before_patterns: selection.excludes.len(),
            pruned,
            development,
            any_kept: last_kept.is_some(),
            kept_at_first: !selection.only_patterns,
        })
    }

    /// Whether a file goes into the zip; `excluded` tells whether [`excluded_by_default`].
    pub fn selects(&self, path: &str, excluded: bool) -> bool {
        let decisive = self.rules.iter().rposition(|rule| rule.pattern.matches(path));
        match decisive {
            Some(at) if at >= self.before_patterns => self.rules[at].keeps,
            _ if excluded || self.is_development(path) => false,
            Some(at) => self.rules[at].keeps,
            None => self.kept_at_first,
        }
    }

    /// Whether nothing below a folder can be selected.
    pub fn skips(&self, folder: &str) -> bool {
        let by_default = || DEFAULTS.1.iter().any(|pattern| pattern.matches(folder));
        self.pruned.iter().any(|pattern| pattern.matches(folder))
            || (!self.any_kept && (self.development.contains(folder) || by_default()))
    }

    fn is_development(&self, path: &str) -> bool {
        let mut above = path.match_indices('/').map(|(at, _)| &path[..at]);
        !self.development.is_empty()
            && (self.development.contains(path) || above.any(|folder| self.development.contains(folder)))
    }
}

fn glob(pattern: &str, plain: &str) -> Result<globset::Glob, BuildFailure> {
    if let Some(group) = FOREIGN_GROUPS.iter().find(|group| plain.contains(**group)) {
        return Err(refused(pattern, format!("groups with `{group}…)` are not supported")));
    }
    GlobBuilder::new(&alternatives(plain))
        .literal_separator(true)
        .empty_alternates(true)
        .build()
        .map_err(|error| refused(pattern, error.kind().to_string()))
}

/// Groups of alternatives in braces.
fn alternatives(pattern: &str) -> String {
    if !(pattern.contains('(') && pattern.contains('|')) {
        return pattern.to_owned();
    }
    let mut depth = 0_u32;
    let mut written = String::with_capacity(pattern.len());
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '@' if characters.peek() == Some(&'(') => {}
            '(' => {
                depth += 1;
                written.push('{');
            }
            ')' if depth > 0 => {
                depth -= 1;
                written.push('}');
            }
            '|' if depth > 0 => written.push(','),
            other => written.push(other),
        }
    }
    written
}

fn refused(pattern: &str, reason: String) -> BuildFailure {
    BuildFailure::Pattern { pattern: pattern.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rules(patterns: &[&str], development: &[&str]) -> Result<Rules, BuildFailure> {
        let patterns = patterns.iter().map(|text| (*text).to_owned()).collect();
        let development = development.iter().map(|text| (*text).to_owned()).collect();
        Rules::new(&Selection { patterns, ..Selection::default() }, Arc::new(development))
    }

    fn selects(rules: &Rules, path: &str) -> bool {
        rules.selects(path, excluded_by_default(path))
    }

    #[test]
    fn every_default_exclude_is_compared_as_text() {
        assert_eq!(DEFAULTS.0.len(), DEFAULT_EXCLUDES.len());
        assert_eq!(DEFAULTS.1.len(), DEFAULT_EXCLUDES.iter().filter(|pattern| pattern.ends_with("/**")).count());
    }

    #[test]
    fn a_pattern_brings_back_what_the_default_excludes_leave_out() {
        let plain = rules(&[], &[]).unwrap();
        assert!(
            plain.skips("a/__pycache__") && !selects(&plain, "a/__pycache__/b.pyc") && !selects(&plain, "yarn-1.log")
        );
        let with = rules(&["**/*.pyc"], &[]).unwrap();
        assert!(!with.skips("a/__pycache__") && selects(&with, "a/__pycache__/b.pyc") && selects(&with, "yarn-1.logs"));
    }

    #[test]
    fn the_last_pattern_that_matches_decides() {
        let rules = rules(&["!lib/**", "lib/keep.py", "!**/keep.py", "lib/{a,b}.py"], &[]).unwrap();
        assert!(selects(&rules, "main.py") && selects(&rules, "lib/a.py"));
        assert!(!selects(&rules, "lib/keep.py") && !selects(&rules, "lib/c.py"));
    }

    #[test]
    fn a_folder_is_skipped_only_when_no_later_pattern_may_ask_for_what_is_below() {
        assert!(rules(&["!lib/**"], &[]).unwrap().skips("lib"));
        assert!(!rules(&["!lib/**", "lib/a"], &[]).unwrap().skips("lib"));
        assert!(rules(&["a", "!**/node_modules/**"], &[]).unwrap().skips("x/node_modules"));
    }

    #[test]
    fn a_pattern_brings_a_development_dependency_back() {
        let without = rules(&[], &["node_modules/jest"]).unwrap();
        assert!(without.skips("node_modules/jest") && !selects(&without, "node_modules/jest/a/index.js"));
        let with = rules(&["node_modules/jest/**"], &["node_modules/jest"]).unwrap();
        assert!(!with.skips("node_modules/jest") && selects(&with, "node_modules/jest/a/index.js"));
    }

    #[test]
    fn alternatives_in_parentheses_are_those_in_braces_and_other_groups_are_refused() {
        let kept = rules(&["!**", "src/@(a|b).py", "(c|d)/*"], &[]).unwrap();
        assert!(selects(&kept, "src/b.py") && selects(&kept, "c/x") && !selects(&kept, "src/c.py"));
        assert!(matches!(rules(&["!(a)/**", "src/!(a).py"], &[]), Err(BuildFailure::Pattern { .. })));
    }

    proptest! {
        #[test]
        fn a_pattern_compared_as_text_means_what_the_glob_means(
            pattern in "(\\*\\*/)?[ab]?\\*?[ab.]{0,2}(/[ab]{1,2})?(/\\*\\*|/[ab]?\\*[ab.]?)?",
            path in "[ab][ab.]?(/[ab][ab.]?){0,3}",
        ) {
            let compared = Pattern::new(&pattern).unwrap().matches(&path);
            let plain = pattern.strip_prefix("./").unwrap_or(&pattern);
            let globbed = glob(&pattern, plain).unwrap().compile_matcher().is_match(&path);
            prop_assert_eq!(compared, globbed, "{} on {}", pattern, path);
        }

        #[test]
        fn what_is_skipped_selects_nothing_below(
            patterns in proptest::collection::vec("!?[ab*]{1,3}(/[ab*]{1,2}){0,2}", 0..5),
            folder in "[ab]{1,2}(/[ab]{1,2}){0,2}",
            below in "[ab]{1,2}(/[ab]{1,2}){0,2}",
        ) {
            let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
            if let Ok(rules) = rules(&patterns, &[]) && rules.skips(&folder) {
                let path = format!("{folder}/{below}");
                prop_assert!(!selects(&rules, &path));
            }
        }

        #[test]
        fn no_pattern_makes_it_panic(pattern in ".*", path in ".*") {
            if let Ok(rules) = rules(&[&pattern], &[]) {
                selects(&rules, &path);
                rules.skips(&path);
            }
        }
    }
}
