//! docs/variables.md and docs/errors.md against what the code knows.

use std::path::Path;

use deploy::diagnostic::Code;
use deploy::source::limits as files;
use deploy::variables::{self, limits};

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap()
}

/// The rows of the page's table of sources: the first cell and the second.
fn rows(page: &str) -> Vec<(String, String)> {
    let section = page.split("## Sources").nth(1).unwrap().split("\n## ").next().unwrap().to_owned();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once(" | "))
        .map(|(first, second)| (format!("`{first}"), second.to_owned()))
        .collect()
}

#[test]
fn the_page_has_every_source_and_no_other() {
    let rows = rows(&page("variables.md"));
    for source in variables::SOURCES {
        let forms = [format!("`{source}:"), format!("`{source}(")];
        assert!(rows.iter().any(|(cell, _)| forms.iter().any(|form| cell.contains(form))), "no row has {source}");
    }
    for (cell, _) in &rows {
        let name: String = cell.trim_start_matches('`').chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(variables::SOURCES.contains(&name.as_str()), "{name} is no source");
    }
}

#[test]
fn the_page_has_every_fact_of_git() {
    let rows = rows(&page("variables.md"));
    let (_, text) = rows.iter().find(|(cell, _)| cell.starts_with("`git:")).expect("a row for git");
    let listed: Vec<&str> = text.trim_end_matches(" |").split(", ").collect();
    assert_eq!(listed, variables::git_facts().collect::<Vec<_>>());
}

#[test]
fn the_pages_tell_the_bounds_that_are_in_force() {
    let thousands = |number: usize| match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", number / 1_000, number % 1_000),
    };
    let variables_page = page("variables.md");
    assert!(variables_page.contains(&format!("at most {} inside each other", limits::NESTING)));
    let errors = page("errors.md");
    let section = errors.split("## limit-exceeded").nth(1).unwrap().split("\n## ").next().unwrap().replace('\n', " ");
    assert_eq!(files::FILE_VALUES, limits::VALUES);
    for words in [
        format!("{} MiB a file", files::FILE_BYTES >> 20),
        format!("{} levels in a file", files::FILE_DEPTH),
        format!("{} values", thousands(files::FILE_VALUES)),
        format!("{} variables inside each other", limits::NESTING),
        format!("{} levels behind variables", limits::DEPTH),
        format!("{} MiB of built text", limits::TEXT_BYTES >> 20),
        format!("{} files", thousands(limits::FILES)),
    ] {
        assert!(section.contains(&words), "docs/errors.md does not say {words:?}");
    }
}

#[test]
fn every_code_has_its_section_in_the_order_of_the_code() {
    let errors = page("errors.md");
    let sections: Vec<&str> = errors.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let of_codes: Vec<&str> = sections.iter().copied().filter(|section| known.contains(section)).collect();
    assert_eq!(of_codes, known);
}
