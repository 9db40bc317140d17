//! docs/stack-file.md is made of the tables that decode the configuration; `DEPLOY_BLESS=1` writes it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use deploy::stack::shape::{Bounds, Key, Shape, Standing, Table};

const HEAD: &str = "# The configuration file

Every key that `deploy` reads, section by section: the file is `stack.yaml`, or a `serverless.yml` as it is. In a `stack.yaml` an
unknown key is an error, in a `serverless.yml` a warning. `deploy schema` prints the same as a JSON Schema for editors. This page
is made from the tables that decode the file.
";

/// The page: one section a table, in the order in which they are reached from the top level.
fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut waiting = vec![deploy::stack::table()];
    let mut seen = BTreeSet::new();
    while !waiting.is_empty() {
        let table = waiting.remove(0);
        if seen.insert(table.title) {
            section(&mut page, table);
            for key in &table.keys {
                nested(&key.shape, &mut waiting);
            }
        }
    }
    page
}

fn section(page: &mut String, table: &Table) {
    page.push_str(&format!("\n## {}\n\n{}\n\n| key | value | what it does |\n|---|---|---|\n", table.title, table.doc));
    for key in &table.keys {
        let standing = match key.standing {
            Standing::Current => String::new(),
            Standing::Deprecated(instead) => format!(" Deprecated: write `{instead}`."),
            Standing::WithoutEffect => " It changes nothing here.".to_owned(),
            Standing::Refused => " Not supported: an error.".to_owned(),
        };
        let doc = key.doc.replace('|', "\\|");
        page.push_str(&format!("| `{}` | {} | {doc}{standing} |\n", key.name, value(key).replace('|', "\\|")));
    }
}

/// What a key takes: its shape, or what its bounds leave of it.
fn value(key: &Key) -> String {
    match key.bounds {
        Bounds::None => words(&key.shape),
        Bounds::Range(least, i64::MAX) => format!("{} from {least}", words(&key.shape)),
        Bounds::Range(least, most) => format!("{} from {least} to {most}", words(&key.shape)),
        Bounds::Words(allowed) => words(&Shape::Words(allowed)),
    }
}

fn words(shape: &Shape) -> String {
    match shape {
        Shape::Text => "text".to_owned(),
        Shape::Whole => "whole number".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::Flag => "`true` or `false`".to_owned(),
        Shape::Expression => "text or CloudFormation function".to_owned(),
        Shape::Any => "any value".to_owned(),
        Shape::Words(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Shape::List(item) => format!("list of {}", words(item)),
        Shape::Map(value) => format!("names, each with {}", words(value)),
        Shape::Section(title, _) => (*title).to_owned(),
        Shape::OneOf(shapes) => shapes.iter().map(words).collect::<Vec<_>>().join(" or "),
    }
}

fn nested(shape: &Shape, waiting: &mut Vec<&'static Table>) {
    match shape {
        Shape::Section(_, table) => waiting.push(table()),
        Shape::List(inner) | Shape::Map(inner) => nested(inner, waiting),
        Shape::OneOf(shapes) => shapes.iter().for_each(|shape| nested(shape, waiting)),
        _ => {}
    }
}

#[test]
fn the_page_of_the_configuration_file_is_that_of_the_decoder() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/stack-file.md");
    let expected = page();
    if std::env::var_os("DEPLOY_BLESS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/stack-file.md is not what the decoder reads; run with DEPLOY_BLESS=1 and read the difference"
    );
}
