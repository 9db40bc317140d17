//! A Lambda function for tests: speaks the Runtime API with nothing but `std`, and does what its event says.
//!
//! `ANSWER` in its environment is what it answers, whatever the event; with `ECHO` it answers the event, with `LOG` it prints it first; `INIT` chooses how it starts: `exit`, `hang`, `error`, or as it should.

// Its output is the log of a function, which is what the tests look at; the child that outlives it is meant to.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::zombie_processes)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

fn main() {
    match std::env::var("INIT").as_deref() {
        Ok("exit") => std::process::exit(7),
        Ok("hang") => std::thread::sleep(Duration::from_secs(3600)),
        Ok("error") => {
            post(
                "/2018-06-01/runtime/init/error",
                r#"{"errorType":"Test.Init","errorMessage":"no"}"#,
                Some("Test.Init"),
            );
            std::process::exit(1);
        }
        _ => {}
    }
    let mut served = 0;
    loop {
        let (headers, event) = call("GET", "/2018-06-01/runtime/invocation/next", "", &[]);
        served += 1;
        handle(&headers, &event, served);
    }
}

fn handle(headers: &BTreeMap<String, String>, event: &str, served: u32) {
    let id = headers["lambda-runtime-aws-request-id"].as_str();
    let respond = |body: &str| {
        post(&format!("/2018-06-01/runtime/invocation/{id}/response"), body, None);
    };
    if let Ok(answer) = std::env::var("ANSWER") {
        return respond(&answer);
    }
    if std::env::var("ECHO").is_ok() {
        return respond(&format!("{{\"served\":{served},\"event\":{event}}}"));
    }
    if std::env::var("LOG").is_ok() {
        println!("{event}");
    }
    let says = |word: &str| event.contains(&format!("\"{word}\""));
    if says("sleep") {
        println!("going to sleep");
        std::thread::sleep(Duration::from_secs(3600));
    } else if says("fork") {
        let child = std::process::Command::new("sleep").arg("3600").spawn().unwrap();
        respond(&format!("{{\"child\":{},\"own\":{}}}", child.id(), std::process::id()));
    } else if says("exit") {
        println!("leaving");
        std::process::exit(3);
    } else if says("leave") {
        std::process::exit(0);
    } else if says("allocate") {
        let memory = vec![1_u8; 512 * 1024 * 1024];
        std::thread::sleep(Duration::from_secs(3600));
        println!("{}", memory.len());
    } else if says("error") {
        let path = format!("/2018-06-01/runtime/invocation/{id}/error");
        post(&path, r#"{"errorType":"Test.Refused","errorMessage":"I will not"}"#, Some("Test.Refused"));
    } else if says("large") {
        respond(&format!("\"{}\"", "x".repeat(7 * 1024 * 1024)));
    } else if says("print") {
        println!("one\ntwo");
        eprintln!("three");
        print!("four");
        std::io::stdout().flush().unwrap();
        respond("null");
    } else if says("environment") {
        let variables: Vec<String> = std::env::vars().map(|(name, value)| format!("{name:?}:{value:?}")).collect();
        respond(&format!("{{{}}}", variables.join(",")));
    } else if says("headers") {
        let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name:?}:{value:?}")).collect();
        respond(&format!("{{{}}}", headers.join(",")));
    } else if says("extension") {
        let (_, answer) = call("POST", "/2020-01-01/extension/register", "{}", &[]);
        respond(&answer);
    } else {
        respond(&format!("{{\"served\":{served},\"event\":{event}}}"));
    }
}

fn post(path: &str, body: &str, kind: Option<&str>) {
    let header = kind.map(|kind| ("Lambda-Runtime-Function-Error-Type", kind));
    call("POST", path, body, header.as_slice());
}

fn call(method: &str, path: &str, body: &str, headers: &[(&str, &str)]) -> (BTreeMap<String, String>, String) {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut stream = TcpStream::connect(&api).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {api}\r\nConnection: close\r\n").unwrap();
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n").unwrap();
    }
    write!(stream, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut reader = BufReader::new(stream);
    let mut answered = BTreeMap::new();
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        answered.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = answered.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut content = vec![0; length];
    reader.read_exact(&mut content).unwrap();
    (answered, String::from_utf8(content).unwrap())
}
