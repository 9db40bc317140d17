//! A Lambda function without dependencies. By the name of its binary: `echo` answers its event, `sleeper` sleeps,
//! `panicker` panics.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

fn main() {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").expect("AWS_LAMBDA_RUNTIME_API");
    let name = std::env::var("AWS_LAMBDA_FUNCTION_NAME").expect("AWS_LAMBDA_FUNCTION_NAME");
    let binary = std::env::var("ROLE_OF_BINARY").unwrap_or_default();
    loop {
        let (headers, event) = call(&api, "GET", "invocation/next", "");
        let id = headers.iter().find(|(name, _)| name == "lambda-runtime-aws-request-id").map(|(_, id)| id.clone());
        println!("{name} got {event}");
        match binary.as_str() {
            "sleeper" => std::thread::sleep(std::time::Duration::from_secs(60)),
            "panicker" => panic!("the handler gives up"),
            _ => {}
        }
        call(&api, "POST", &format!("invocation/{}/response", id.expect("a request id")), &event);
    }
}

fn call(api: &str, method: &str, path: &str, body: &str) -> (Vec<(String, String)>, String) {
    let mut stream = TcpStream::connect(api).expect("the runtime API");
    let head = format!("{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: {api}\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).expect("a request");
    stream.write_all(body.as_bytes()).expect("a request body");
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a response");
        match line.trim().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut bytes = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut bytes).expect("a response body");
    (headers, String::from_utf8(bytes).expect("UTF-8"))
}
