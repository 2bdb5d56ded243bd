//! A small HTTP server: few connections, one answer each, little patience.

use super::page::{Admin, Page};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Connections at once; more wait in the system's queue.
const CONNECTIONS_MAX: usize = 16;
/// From accepting a connection to its end.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait when the system cannot give us a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until the returned set is dropped.
pub(crate) fn serve(listener: TcpListener, admin: Arc<Admin>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(accept(listener, admin));
    tasks
}

async fn accept(listener: TcpListener, admin: Arc<Admin>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((socket, _)) => {
                let admin = admin.clone();
                connections.spawn(async move {
                    if timeout(PATIENCE, answer(socket, admin)).await.is_err() {
                        tracing::debug!("an admin connection took too long");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!("cannot accept admin connections: {error}");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn answer(socket: TcpStream, admin: Arc<Admin>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = respond(&admin, &request);
        async move { Ok::<_, Infallible>(response) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(false).max_buf_size(16 << 10);
    if let Err(error) = http.serve_connection(TokioIo::new(socket), service).await {
        tracing::debug!("an admin connection broke: {error}");
    }
}

fn respond(admin: &Admin, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let page = match *request.method() {
        Method::GET | Method::HEAD => admin.page(request.uri().path()),
        _ => Page { code: 405, kind: "text/plain; charset=utf-8", body: "nothing can be changed here\n".to_owned() },
    };
    let mut response = Response::new(Full::new(Bytes::from(page.body)));
    *response.status_mut() = StatusCode::from_u16(page.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(page.kind));
    if page.code == 405 {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}
