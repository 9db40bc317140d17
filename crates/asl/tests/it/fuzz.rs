//! The doors of the fuzz targets, tried with bytes from a seed: texts that mean something, cut up, glued together and
//! changed here and there. Nothing panics, and no text takes long.

#[path = "../../fuzz/src/inputs.rs"]
mod inputs;

use std::path::Path;
use std::time::{Duration, Instant};

/// Rounds of each door, unless `ASL_FUZZ_ROUNDS` says more; a fuzzer goes on for hours.
const ROUNDS: u64 = 300;
/// Longest that one text may take, in a build without optimisations on a machine that does much else.
const LONGEST: Duration = Duration::from_secs(60);

/// Texts that reach far into the crate.
const PATHS: [&str; 12] = [
    "$.a[*]",
    "$..b",
    "$['a','b']",
    "$.a[-1:]",
    "$.a[?(@.b == 'c' && !(@.d > 1) || @.e in ['x'])]",
    "$.a.length()",
    "$$.Execution.Input.a",
    "$v.a[0]",
    "$.a[?(@.b =~ /(a+)+$/i)]",
    "$.a[0:2:1]",
    "$..[?(@)]",
    "$.a.sum()",
];
const CALLS: [&str; 10] = [
    "Format('{} \\{\\} {}', $.a, $.b)",
    "Array($.a, 1, null, States.UUID())",
    "MathRandom(1, 9223372036854775807, 3)",
    "ArrayRange(-9223372036854775808, 9223372036854775807, 1)",
    "ArrayPartition($.a, 2)",
    "JsonMerge($, $, false)",
    "StringSplit($.b, '')",
    "Base64Decode('=%')",
    "Hash($.b, 'MD5')",
    "ArrayGetItem($.a, 0)",
];
const EXPRESSIONS: [&str; 8] = [
    "$map([1..100], function($v) { $v * 2 })",
    "$states.input.a[0].b.*.**.%",
    "$formatInteger(9007199254740993, 'w')",
    "$toMillis('2020', '[Y,1000000000]')",
    "$eval('1')",
    "$range(0, 1e300, 1e-300)",
    "$partition([1..100], 0.5)",
    "$states.context.Execution.Input ~> | a | {'b': $} |",
];
/// Expressions that would take all time or all memory if nobody stopped them; each is tried as it is.
const ENDLESS: [&str; 3] = ["($f := function($x) { $f($x) }; $f(1))", "[1..10000000]", "$pad('', 1000000000)"];
const STATES: [&str; 8] = [
    "{\"Resource\":\"arn:aws:lambda:us-east-1:1:function:f\",\"Next\":\"Z\",\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"],\"BackoffRate\":1e300}]}\n{\"a\":1}",
    "{\"Choices\":[{\"Variable\":\"$.a\",\"NumericEquals\":1,\"Next\":\"Z\"}],\"Default\":\"Z\"}\n{\"a\":1}",
    "{\"Seconds\":99999999,\"Next\":\"Z\"}\n{}",
    "{\"Branches\":[{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}],\"Next\":\"Z\"}\n{}",
    "{\"ItemProcessor\":{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}},\"Next\":\"Z\"}\n[1,2,{\"a\":[[[[]]]]}]",
    "{\"Next\":\"Z\",\"Parameters\":{\"a.$\":\"$.a\",\"b\":{\"c.$\":\"States.Array($.a)\"}}}\n{\"a\":{\"b\":1}}",
    "{\"Output\":{\"a\":\"{% $states.input %}\"},\"Next\":\"Z\"}\n{\"a\":1}",
    "{\"Error\":\"E\",\"Cause\":\"{% 'c' %}\"}\n{\"a\":1}",
];

/// A text of the corpus with something done to it.
fn mutated(random: &mut fastrand::Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut data = random.choice(corpus).expect("the corpus is not empty").clone();
    for _ in 0..random.usize(0..4) {
        if data.is_empty() {
            break;
        }
        let at = random.usize(0..data.len());
        match random.u8(..7) {
            0 => data[at] = random.u8(..),
            1 => drop(data.remove(at)),
            2 => data.insert(at, random.u8(32..127)),
            3 => data.truncate(at),
            4 => {
                let other = random.choice(corpus).expect("the corpus is not empty");
                data.extend_from_slice(&other[random.usize(0..=other.len())..]);
            }
            5 => {
                let end = random.usize(at..=data.len()).min(at + 64);
                let part = data[at..end].to_vec();
                data.splice(at..at, part.iter().copied().cycle().take(part.len() * random.usize(0..40)));
            }
            _ => {
                let bracket = *random.choice(b"[]{}()'\"$%\\").expect("there are brackets");
                data.splice(at..at, std::iter::repeat_n(bracket, random.usize(0..300)));
            }
        }
    }
    data
}

fn tried(name: &str, door: fn(&[u8]), corpus: &[Vec<u8>]) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let rounds: u64 = number("ASL_FUZZ_ROUNDS").unwrap_or(ROUNDS);
    let mut random = fastrand::Rng::with_seed(number("ASL_FUZZ_SEED").unwrap_or(name.len() as u64));
    let rounds = corpus.iter().cloned().chain((0..rounds).map(|_| mutated(&mut random, corpus)));
    for data in rounds {
        let begun = Instant::now();
        door(&data);
        let took = begun.elapsed();
        assert!(took < LONGEST, "{name} took {took:?} for {}", String::from_utf8_lossy(&data));
    }
}

fn texts(list: &[&str]) -> Vec<Vec<u8>> {
    list.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The definitions of the suite.
fn definitions(folder: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            definitions(&path, found);
        } else {
            let case: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            found.extend(case.get("definition").map(|definition| definition.to_string().into_bytes()));
        }
    }
}

#[test]
fn any_bytes_are_a_definition_or_none() {
    let mut corpus = Vec::new();
    definitions(&Path::new(env!("CARGO_MANIFEST_DIR")).join("suite"), &mut corpus);
    tried("definition", inputs::definition, &corpus);
}

#[test]
fn any_fields_make_a_state_or_none() {
    tried("machine", inputs::machine, &texts(&STATES));
}

#[test]
fn any_bytes_are_a_path_or_none() {
    tried("path", inputs::path, &texts(&PATHS));
}

#[test]
fn any_bytes_are_an_intrinsic_call_or_none() {
    tried("intrinsic", inputs::intrinsic, &texts(&CALLS));
}

#[test]
fn any_bytes_are_an_expression_or_none() {
    tried("expression", inputs::expression, &texts(&EXPRESSIONS));
}

#[test]
fn an_expression_without_an_end_is_stopped() {
    for text in ENDLESS {
        let begun = Instant::now();
        inputs::expression(text.as_bytes());
        assert!(begun.elapsed() < LONGEST, "{text} took {:?}", begun.elapsed());
    }
}
