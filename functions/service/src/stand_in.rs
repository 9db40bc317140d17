//! A small HTTP server that stands in for a service in tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

/// A server on a free port of this machine that answers one request and keeps it.
pub struct StandIn {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    served: JoinHandle<std::io::Result<Request>>,
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `POST /path?query HTTP/1.1`.
    pub line: String,
    /// `name: value`, names in lower case.
    pub headers: Vec<String>,
    pub body: String,
}

impl StandIn {
    /// A server that will answer with this status and body.
    ///
    /// # Errors
    /// When no port can be opened.
    pub fn answering(status: u16, body: &str) -> std::io::Result<StandIn> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let answer =
            format!("HTTP/1.1 {status} Answered\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let served = std::thread::spawn(move || serve(listener.accept()?.0, &answer));
        Ok(StandIn { url, served })
    }

    /// The request that was answered. Waits for it.
    ///
    /// # Errors
    /// When the request broke off.
    pub fn request(self) -> std::io::Result<Request> {
        self.served.join().unwrap_or_else(|_| Err(std::io::Error::other("the server panicked")))
    }
}

fn serve(mut stream: TcpStream, answer: &str) -> std::io::Result<Request> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.push(format!("{}: {}", name.to_ascii_lowercase(), value.trim()));
    }
    let length = headers.iter().find_map(|header| header.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    stream.write_all(answer.as_bytes())?;
    Ok(Request { line: line.trim_end().to_owned(), headers, body: String::from_utf8_lossy(&body).into_owned() })
}
