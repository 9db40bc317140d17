//! The HTTP server over one loopback socket.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Fault, front};
use crate::Cloud;

/// The largest request body, in bytes. Larger objects go up in parts, as every S3 client does.
const LARGEST_BODY: usize = 512 * 1024 * 1024;

/// How long requests in flight may take to end after the shutdown signal.
const GRACE: Duration = Duration::from_secs(5);

/// Why the server could not listen.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    #[error("port {port} of 127.0.0.1 is taken by another program")]
    PortTaken { port: u16 },
    #[error("cannot listen on 127.0.0.1:{port}: {source}")]
    Listen { port: u16, source: std::io::Error },
}

/// A bound socket, ready to serve.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Binds `port` of the loopback interface; 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken or may not be used.
    pub async fn bind(port: u16) -> Result<Server, ServerError> {
        let listen = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::AddrInUse => ServerError::PortTaken { port },
            _ => ServerError::Listen { port, source },
        };
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        Ok(Server { listener, address })
    }

    /// The port that is bound.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Answers requests until `shutdown` is ready, then lets those in flight end.
    pub async fn serve(self, cloud: Arc<Cloud>, shutdown: impl Future<Output = ()>) {
        let (close, closing) = watch::channel(false);
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(converse(stream, Arc::clone(&cloud), closing.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        // Out of file descriptors: leave the others time to close.
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                },
                Some(_) = connections.join_next() => {}
                () = &mut shutdown => break,
            }
        }
        drop(self.listener);
        let _ = close.send(true);
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, all).await;
    }
}

/// Answers the requests of one connection until it or the server closes.
async fn converse(stream: TcpStream, cloud: Arc<Cloud>, mut closing: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| handle(Arc::clone(&cloud), request));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = closing.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// Reads the whole request, answers it; a panic in an operation ends this request only.
async fn handle(cloud: Arc<Cloud>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let head = parts.method == http::Method::HEAD;
    let unasked = expects_continue(&parts.headers) && hyper::body::Body::is_end_stream(&body);
    let response = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => {
            let request = Request::from_parts(parts.clone(), body.to_bytes());
            let answer = tokio::spawn(async move { front::respond(&cloud, request).await });
            match answer.await {
                Ok(response) => response,
                Err(error) => {
                    tracing::error!(%error, path = parts.uri.path(), "an operation panicked");
                    let fault = Fault::receiver("InternalFailure", "the local AWS failed on this request");
                    front::refuse(&parts, &fault)
                }
            }
        }
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => {
            let fault =
                Fault::sender("EntityTooLarge", "the body is over 512 MiB; upload it in parts").with_status(413);
            front::refuse(&parts, &fault)
        }
        Err(error) => {
            tracing::debug!(%error, "a request broke off");
            front::refuse(&parts, &Fault::sender("IncompleteBody", "the request body broke off"))
        }
    };
    let mut response = if head { front::without_body(response) } else { response };
    if unasked {
        // hyper says no `100 Continue` where nothing is to come. botocore then takes the rest of this answer for headers of
        // the next one on the connection and waits for its end: a connection that closes leaves it nothing to mistake.
        response.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
    }
    Ok(response.map(Full::new))
}

fn expects_continue(headers: &http::HeaderMap) -> bool {
    headers.get(http::header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}
