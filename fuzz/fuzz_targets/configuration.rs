//! Any text as a stack.yaml, read, resolved, decoded, its template made: `cargo +nightly fuzz run configuration`.
#![no_main]

use deploy::project::{self, Options};
use deploy::variables::{Machine, NoCloud, resolve};
use deploy::{stack, template};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let root = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(root.path().join("stack.yaml"), text).expect("a file");
    let options = Options { directory: root.path().to_owned(), ..Options::default() };
    let Ok(project) = project::read(options) else { return };
    let world = Machine::new(root.path(), NoCloud).with_environment(Default::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let Ok(resolved) = runtime.block_on(resolve(&project, &world)) else { return };
    if let Ok(stack) = stack::decode(&resolved) {
        let _ = template::render(&stack, &template::placeholders(&stack));
    }
});
