//! The page that tells what is there is made from the tables, so that it is true.

use std::path::PathBuf;

use local_aws::providers::PROVIDERS;
use local_aws::services::SERVICES;

const BEGIN: &str = "<!-- from the tables: LOCAL_AWS_BLESS=1 cargo test -p local-aws --test it page -->";

fn page() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/local-aws.md")
}

/// The operations of every service and the resource types, in the order of the alphabet.
fn tables() -> String {
    let mut text = format!("{BEGIN}\n\n## Services and operations\n");
    for (service, operations) in SERVICES {
        let mut names: Vec<&str> = operations.iter().map(|operation| operation.name).collect();
        names.sort_unstable();
        text.push_str(&format!("\n### {service}\n\n{}\n", names.join(", ")));
    }
    let mut types: Vec<&str> = PROVIDERS.iter().map(|provider| provider.schema.kind).collect();
    types.sort_unstable();
    text.push_str("\n## Resource types\n\n");
    for kind in types {
        text.push_str(&format!("- {kind}\n"));
    }
    text
}

#[test]
fn the_page_lists_the_operations_and_resource_types_that_are_there() {
    let text = std::fs::read_to_string(page()).expect("docs/local-aws.md is there");
    let at = text.find(BEGIN).unwrap_or(text.len());
    let wanted = format!("{}{}", &text[..at], tables());
    if std::env::var_os("LOCAL_AWS_BLESS").is_some() {
        std::fs::write(page(), &wanted).expect("docs/local-aws.md can be written");
        return;
    }
    assert!(text == wanted, "docs/local-aws.md is not what the tables say; bless it as it says itself");
}

#[test]
fn no_service_lists_an_operation_twice() {
    for (service, operations) in SERVICES {
        let mut names: Vec<&str> = operations.iter().map(|operation| operation.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "{service}");
    }
}
