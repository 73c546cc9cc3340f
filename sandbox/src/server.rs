//! Accepts connections, and keeps them open or breaks them as a fault says.

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
        // Accepting fails if there are no descriptors left, or if the client has already gone.
        let Ok((tcp, _)) = listener.accept().await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (tls, world) = (tls.clone(), world.clone());
        tokio::spawn(async move {
            let (open, mut closings) = world.connections.accept();
            // An error here is a client that broke off: nothing to do.
            let closing = connection(tcp, tls, &world, &open, &mut closings).await;
            // Count the connection as closed before the caller of `close_idle` goes on.
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

/// Answers requests until one side closes. Returns the request to close, if there was one.
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
        // `Date` follows the sandbox's clock.
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
            // For hyper, a fault that ends the connection is an error.
            _ = connection.as_mut() => return None,
            // If a request has arrived meanwhile, it is too late to close.
            Some(closing) = closings.recv() => if open.is_idle() {
                connection.as_mut().graceful_shutdown();
                let _ = connection.as_mut().await;
                return Some(closing);
            }
        }
    }
}

/// Reads the whole request, then acts on it.
async fn answer(
    world: &Arc<World>,
    open: &Open<'_>,
    next: &NextPlan,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    // It may have been read together with the previous one.
    open.becomes_busy();
    let (head, body) = request.into_parts();
    let (response, plan) = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => exchange(world, open.number, &Request::from_parts(head, body.to_bytes())).await,
        Err(_) => (message::empty(StatusCode::BAD_REQUEST), Plan::default()),
    };
    *next.lock() = Some(plan);
    Ok(response.map(Full::new))
}
