//! An HTTP proxy on loopback that does to a call what a bad network, or an AWS on a bad day, does to it.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// AWS answers that there are too many calls, in the words of the service.
    Throttled,
    /// AWS answers 500 with an error of its own.
    Broken,
    /// Something in front of AWS answers 502 with a page for people.
    Page,
    /// The connection ends before AWS has heard of the call.
    DroppedBefore,
    /// AWS does what is asked, and the connection ends before the answer.
    DroppedAfter,
    /// AWS does what is asked, and half of the answer arrives.
    HalfSent,
    /// AWS does what is asked, and the answer has another body than it should.
    Garbled,
    /// The answer takes its time.
    Slow,
    /// The session has ended: AWS answers so from now on.
    Expired,
    /// The process that calls is killed before AWS has heard of the call.
    KilledBefore,
    /// AWS does what is asked, and the process that called is killed before the answer.
    KilledAfter,
}

/// Which calls the fault happens to.
#[derive(Clone, Debug, PartialEq)]
pub enum Hits {
    None,
    /// The nth call of that name (the first is 1); with `always`, every one from there on.
    Nth {
        name: String,
        nth: usize,
        always: bool,
    },
    /// So many of a hundred calls, each with one of these faults, as the seed falls.
    Random {
        percent: u8,
        faults: Vec<Fault>,
    },
}

/// The proxy; ends when it is dropped.
pub struct Proxy {
    pub endpoint: String,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    state: Mutex<State>,
    ended: AtomicBool,
}

struct State {
    fault: Fault,
    hits: Hits,
    random: fastrand::Rng,
    counts: HashMap<String, usize>,
    calls: Vec<String>,
    hit: usize,
    /// The process that is killed.
    victim: Option<u32>,
}

impl Proxy {
    /// A proxy before `http://HOST:PORT` that lets everything through.
    pub fn before(endpoint: &str) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State {
            fault: Fault::Slow,
            hits: Hits::None,
            random: fastrand::Rng::with_seed(0),
            counts: HashMap::new(),
            calls: Vec::new(),
            hit: 0,
            victim: None,
        };
        let upstream = endpoint.strip_prefix("http://").unwrap().to_owned();
        let shared = Arc::new(Shared { upstream, state: Mutex::new(state), ended: AtomicBool::new(false) });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.ended.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), shared) = (stream, Arc::clone(&accepting)) else { continue };
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        Proxy { endpoint: format!("http://127.0.0.1:{port}"), shared }
    }

    /// From now on this happens; the counting of calls begins anew.
    pub fn set(&self, fault: Fault, hits: Hits, seed: u64) {
        let mut state = self.shared.state.lock().unwrap();
        state.fault = fault;
        state.hits = hits;
        state.random = fastrand::Rng::with_seed(seed);
        state.counts.clear();
        state.calls.clear();
        state.hit = 0;
        state.victim = None;
    }

    /// From now on everything is let through.
    pub fn clear(&self) {
        self.set(Fault::Slow, Hits::None, 0);
    }

    /// The process that a fault kills.
    pub fn victim(&self, pid: u32) {
        self.shared.state.lock().unwrap().victim = Some(pid);
    }

    /// The names of all calls since the last [`Proxy::set`], in the order in which they came.
    pub fn calls(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().calls.clone()
    }

    /// How many calls the fault has happened to.
    pub fn hit(&self) -> usize {
        self.shared.state.lock().unwrap().hit
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // The accepting thread looks only when somebody comes.
        let _ = TcpStream::connect(self.endpoint.trim_start_matches("http://"));
    }
}

impl Shared {
    /// One call a connection: whatever happens to it happens to nothing else.
    fn serve(&self, mut stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
        let Some(request) = Request::read(&mut stream) else { return };
        match self.decide(&request.name()) {
            None => {
                if let Some(answer) = self.forward(&request) {
                    let _ = stream.write_all(&answer);
                }
            }
            Some(fault) => self.fail(fault, &request, &mut stream),
        }
        let _ = stream.shutdown(Shutdown::Both);
    }

    fn decide(&self, name: &str) -> Option<Fault> {
        let mut state = self.state.lock().unwrap();
        state.calls.push(name.to_owned());
        let count = state.counts.entry(name.to_owned()).or_default();
        *count += 1;
        let count = *count;
        let hits = state.hits.clone();
        let fault = match hits {
            Hits::None => None,
            Hits::Nth { name: wanted, nth, always } => {
                // A session that has ended has ended for all calls.
                let ended = state.fault == Fault::Expired && state.hit > 0;
                let hit = ended || (name == wanted && (count == nth || (always && count > nth)));
                hit.then_some(state.fault)
            }
            Hits::Random { percent, faults } => {
                let hit = state.random.u8(0..100) < percent;
                let which = state.random.usize(0..faults.len());
                hit.then(|| faults[which])
            }
        };
        state.hit += usize::from(fault.is_some());
        fault
    }

    fn fail(&self, fault: Fault, request: &Request, stream: &mut TcpStream) {
        match fault {
            Fault::DroppedBefore => {}
            Fault::Throttled | Fault::Broken | Fault::Page | Fault::Expired => {
                let _ = stream.write_all(&request.refusal(fault));
            }
            Fault::Slow => {
                let answer = self.forward(request);
                std::thread::sleep(Duration::from_millis(150));
                let _ = stream.write_all(&answer.unwrap_or_default());
            }
            Fault::DroppedAfter => drop(self.forward(request)),
            Fault::HalfSent => {
                let answer = self.forward(request).unwrap_or_default();
                let _ = stream.write_all(&answer[..half(&answer)]);
            }
            Fault::Garbled => {
                drop(self.forward(request));
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>");
            }
            Fault::KilledBefore => self.kill(),
            Fault::KilledAfter => {
                drop(self.forward(request));
                self.kill();
            }
        }
    }

    fn kill(&self) {
        // The process is told to the proxy right after it was started, so it may not be known at its first call.
        for _ in 0..200 {
            let victim = self.state.lock().unwrap().victim;
            if let Some(pid) = victim.and_then(|pid| rustix::process::Pid::from_raw(pid as i32)) {
                rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("nobody to kill");
    }

    fn forward(&self, request: &Request) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(&self.upstream).ok()?;
        stream.write_all(format!("{}\r\nConnection: close\r\n\r\n", request.head).as_bytes()).ok()?;
        stream.write_all(&request.body).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(answer)
    }
}

/// Where half of an answer ends: in the middle of its body, or of its head when it has none.
fn half(answer: &[u8]) -> usize {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |at| at + 4);
    if head == answer.len() { head / 2 } else { head + (answer.len() - head) / 2 }
}

struct Request {
    /// Without the empty line at its end.
    head: String,
    body: Vec<u8>,
}

impl Request {
    fn read(stream: &mut TcpStream) -> Option<Request> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 16 * 1024];
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            match stream.read(&mut buffer) {
                Ok(read) if read > 0 => bytes.extend_from_slice(&buffer[..read]),
                _ => return None,
            }
        };
        let body = bytes.split_off(end + 4);
        let mut request = Request { head: String::from_utf8(bytes[..end].to_vec()).ok()?, body };
        let length = request.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        while request.body.len() < length {
            match stream.read(&mut buffer) {
                Ok(read) if read > 0 => request.body.extend_from_slice(&buffer[..read]),
                _ => return None,
            }
        }
        Some(request)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }

    /// The signing name in the credential scope.
    fn service(&self) -> &str {
        let scope = self.header("authorization").and_then(|text| text.split("Credential=").nth(1));
        scope.and_then(|scope| scope.split('/').nth(3)).unwrap_or("unsigned")
    }

    /// The operation's name, or what tells operations of REST services apart.
    fn name(&self) -> String {
        if let Some(target) = self.header("x-amz-target") {
            return target.rsplit('.').next().unwrap_or(target).to_owned();
        }
        let body = String::from_utf8_lossy(&self.body);
        if let Some(action) = body.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
            return action.to_owned();
        }
        let mut words = self.head.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let query = path.split_once('?').map_or("", |(_, query)| query);
        let asks = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
        match (self.service(), method) {
            ("s3", "HEAD") => "HeadObject".to_owned(),
            ("s3", "PUT") => "PutObject".to_owned(),
            ("s3", "POST") if asks("delete") => "DeleteObjects".to_owned(),
            ("s3", "GET") if asks("versions") => "ListObjectVersions".to_owned(),
            ("s3", "GET") if asks("list-type") => "ListObjectsV2".to_owned(),
            ("s3", "GET") => "GetObject".to_owned(),
            (service, _) => format!("{service} {method} {path}"),
        }
    }

    /// An answer of the service that did nothing.
    fn refusal(&self, fault: Fault) -> Vec<u8> {
        let (status, code, message) = match (fault, self.service()) {
            (Fault::Throttled, "s3") => (503, "SlowDown", "Please reduce your request rate."),
            (Fault::Throttled, "apigateway" | "lambda") => (429, "TooManyRequestsException", "Rate exceeded"),
            (Fault::Throttled, "cloudformation" | "sts" | "iam") => (400, "Throttling", "Rate exceeded"),
            (Fault::Throttled, _) => (400, "ThrottlingException", "Rate exceeded"),
            (Fault::Expired, "s3") => (400, "ExpiredToken", "The provided token has expired."),
            (Fault::Expired, "cloudformation" | "sts" | "iam") => {
                (403, "ExpiredToken", "The security token included in the request is expired")
            }
            (Fault::Expired, _) => {
                (403, "ExpiredTokenException", "The security token included in the request is expired")
            }
            (Fault::Page, _) => (502, "", ""),
            _ => (500, "InternalFailure", "We encountered an internal error. Please try again."),
        };
        let body = match (fault, self.service()) {
            (Fault::Page, _) => "<html><body><h1>502 Bad Gateway</h1></body></html>".to_owned(),
            (_, "s3") => format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"),
            (_, "cloudformation" | "sts" | "iam") => format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>r</RequestId></ErrorResponse>"
            ),
            _ => format!(r#"{{"__type":"{code}","message":"{message}"}}"#),
        };
        let body = if self.head.starts_with("HEAD ") { String::new() } else { body };
        format!(
            "HTTP/1.1 {status} Refused\r\nContent-Length: {}\r\nx-amzn-ErrorType: {code}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}
