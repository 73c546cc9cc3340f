//! Connections: accepted, kept alive, and broken when a fault says so.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::HandshakeKind;

use crate::connections::{Closing, Open};
use crate::exchange::{Behaviour, Ending, exchange};
use crate::http::{Request, read_request};
use crate::world::World;

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
            let open = world.connections.accept();
            // A client that breaks off is none of the sandbox's trouble.
            let _ = connection(tcp, tls, &world, &open).await;
        });
    }
}

async fn connection(
    tcp: TcpStream,
    tls: Option<TlsAcceptor>,
    world: &World,
    open: &Open<'_>,
) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let Some(tls) = tls else {
        return converse(tcp, world, open).await;
    };
    let stream = tls.accept(tcp).await?;
    if stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed) {
        open.tls_resumed();
    }
    converse(stream, world, open).await
}

/// Answers requests until one side closes. Whoever asked for that learns it when the stream is gone.
async fn converse<S>(mut stream: S, world: &World, open: &Open<'_>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let closing = answer_all(&mut stream, world, open).await;
    drop(stream);
    closing.map(drop)
}

async fn answer_all<S>(
    stream: &mut S,
    world: &World,
    open: &Open<'_>,
) -> io::Result<Option<Closing>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = BytesMut::new();
    let mut idle = open.becomes_idle();
    loop {
        if buffer.is_empty() {
            tokio::select! {
                read = stream.read_buf(&mut buffer) => if read? == 0 { return close(stream).await.map(|()| None) },
                Ok(closing) = &mut idle => return close(stream).await.map(|()| Some(closing)),
            }
        }
        open.becomes_busy();
        let request = read_request(stream, &mut buffer).await?;
        let behaviour = exchange(world, open.number, &request).await;
        // Idle already while the answer is under way: who has read it may at once ask for the closing.
        idle = open.becomes_idle();
        if !act(stream, &request, behaviour).await? {
            return Ok(None);
        }
    }
}

/// Does what was decided, and says whether the connection goes on.
async fn act<S>(stream: &mut S, request: &Request, behaviour: Behaviour) -> io::Result<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match behaviour {
        Behaviour::Answer(response) => {
            send(stream, &response.bytes()).await?;
            close_if(request.is_last(), stream).await
        }
        Behaviour::Trickle(response, interval) => {
            for byte in response.bytes() {
                sleep(interval).await;
                send(stream, &[byte]).await?;
            }
            close_if(request.is_last(), stream).await
        }
        Behaviour::AnswerThenClose(response) => {
            send(stream, &response.bytes()).await?;
            close_if(true, stream).await
        }
        Behaviour::AnswerHalf(response) => {
            let bytes = response.bytes();
            send(
                stream,
                &bytes[..bytes.len() - response.body.len().div_ceil(2)],
            )
            .await?;
            Ok(false)
        }
        Behaviour::Bytes { bytes, ending } => {
            send(stream, &bytes).await?;
            match ending {
                Ending::KeptOpen => Ok(true),
                Ending::Closed => close_if(true, stream).await,
                Ending::Cut => Ok(false),
            }
        }
        Behaviour::Hang => {
            let mut ignored = [0; 1024];
            while stream.read(&mut ignored).await? > 0 {}
            Ok(false)
        }
        Behaviour::Drop => Ok(false),
    }
}

/// Says whether the connection goes on, having closed it otherwise.
async fn close_if<S: AsyncWrite + Unpin>(last: bool, stream: &mut S) -> io::Result<bool> {
    if last {
        close(stream).await?;
    }
    Ok(!last)
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// Says goodbye as TLS wants it, then closes.
async fn close<S: AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.shutdown().await
}
