//! Connections: accepted, kept alive, and broken when a fault says so.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::HandshakeKind;

use crate::connections::{Closing, Closings, Open};
use crate::exchange::exchange;
use crate::message::{self, Request};
use crate::wire::{NextPlan, Plan, Wire};
use crate::world::World;

const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 1024 * 1024;

/// Serves the API until the task is dropped.
pub(crate) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, world: Arc<World>) {
    loop {
        // Accepting fails for want of descriptors, or for a client that has gone again.
        let Ok((tcp, _)) = listener.accept().await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (tls, world) = (tls.clone(), world.clone());
        tokio::spawn(async move {
            let (open, mut closings) = world.connections.accept();
            // A client that breaks off is none of the sandbox's trouble.
            let closing = connection(tcp, tls, &world, &open, &mut closings).await;
            // Whoever asked for the closing may count at once.
            drop(open);
            drop(closing);
        });
    }
}

async fn connection(
    tcp: TcpStream,
    tls: Option<TlsAcceptor>,
    world: &Arc<World>,
    open: &Open<'_>,
    closings: &mut Closings,
) -> io::Result<Option<Closing>> {
    tcp.set_nodelay(true)?;
    let Some(tls) = tls else {
        return Ok(converse(tcp, world, open, closings).await);
    };
    let stream = tls.accept(tcp).await?;
    if stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed) {
        open.tls_resumed();
    }
    Ok(converse(stream, world, open, closings).await)
}

/// Answers requests until one side closes, because it was asked to or by itself.
async fn converse<S>(
    stream: S,
    world: &Arc<World>,
    open: &Open<'_>,
    closings: &mut Closings,
) -> Option<Closing>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let plan = NextPlan::default();
    let wire = TokioIo::new(Wire::new(stream, open, &plan));
    let service = service_fn(|request| answer(world, open, &plan, request));
    let connection = http1::Builder::new()
        // The sandbox's own clock goes by a test's wishes.
        .auto_date_header(false)
        // A request is carried out even if its client does not wait for the answer.
        .half_close(true)
        .max_header_size(MAX_HEAD)
        .title_case_headers(true)
        .serve_connection(wire, service);
    let mut connection = pin!(connection);
    open.becomes_idle();
    loop {
        tokio::select! {
            // A fault that ends the connection is an error to hyper.
            _ = connection.as_mut() => return None,
            // A request may have come since this was sent; then it is too late to close.
            Some(closing) = closings.recv() => if open.is_idle() {
                connection.as_mut().graceful_shutdown();
                let _ = connection.as_mut().await;
                return Some(closing);
            }
        }
    }
}

/// Reads the whole request before anything is done about it.
async fn answer(
    world: &Arc<World>,
    open: &Open<'_>,
    next: &NextPlan,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    // It may have been read together with the one before.
    open.becomes_busy();
    let (head, body) = request.into_parts();
    let (response, plan) = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => exchange(world, open.number, &Request::from_parts(head, body.to_bytes())).await,
        Err(_) => (message::empty(StatusCode::BAD_REQUEST), Plan::default()),
    };
    *next.lock() = Some(plan);
    Ok(response.map(Full::new))
}
