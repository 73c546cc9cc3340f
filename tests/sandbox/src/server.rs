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

use crate::connections::{Closing, Idle, Open};
use crate::exchange::{Behaviour, Ending, exchange};
use crate::http::read_request;
use crate::world::World;

const BAD_REQUEST: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

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
            let closing = connection(tcp, tls, &world, &open).await;
            // Whoever asked for the closing may count at once.
            drop(open);
            drop(closing);
        });
    }
}

async fn connection(
    tcp: TcpStream,
    tls: Option<TlsAcceptor>,
    world: &World,
    open: &Open<'_>,
) -> io::Result<Option<Closing>> {
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

/// Answers requests until one side closes, because it was asked to or by itself.
async fn converse<S>(mut stream: S, world: &World, open: &Open<'_>) -> io::Result<Option<Closing>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = BytesMut::new();
    let mut idle = open.becomes_idle();
    loop {
        if buffer.is_empty() {
            tokio::select! {
                read = stream.read_buf(&mut buffer) => if read? == 0 {
                    stream.shutdown().await?;
                    return Ok(None);
                },
                Ok(closing) = &mut idle => {
                    stream.shutdown().await?;
                    return Ok(Some(closing));
                }
            }
        }
        open.becomes_busy();
        drop(idle);
        let request = match read_request(&mut stream, &mut buffer).await {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                send(&mut stream, BAD_REQUEST).await?;
                stream.shutdown().await?;
                return Ok(None);
            }
            request => request?,
        };
        let behaviour = exchange(world, open.number, &request).await;
        match act(&mut stream, open, behaviour, request.is_last()).await? {
            Some(still_open) => idle = still_open,
            None => return Ok(None),
        }
    }
}

/// Does what was decided. None if that was the end of the connection.
async fn act<S>(
    stream: &mut S,
    open: &Open<'_>,
    behaviour: Behaviour,
    last: bool,
) -> io::Result<Option<Idle>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (bytes, ending) = match behaviour {
        Behaviour::Answer(response) if last => (response.bytes(), Ending::Closed),
        Behaviour::Answer(response) => (response.bytes(), Ending::KeptOpen),
        Behaviour::AnswerThenClose(response) => (response.bytes(), Ending::Closed),
        Behaviour::AnswerHalf(response) => {
            let mut bytes = response.bytes();
            bytes.truncate(bytes.len() - response.body.len().div_ceil(2));
            (bytes, Ending::Cut)
        }
        Behaviour::Trickle(response, interval) => {
            let bytes = response.bytes();
            let (most, rest) = bytes.split_at(bytes.len() - 1);
            for byte in most {
                send(stream, &[*byte]).await?;
                sleep(interval).await;
            }
            (rest.to_vec(), if last { Ending::Closed } else { Ending::KeptOpen })
        }
        Behaviour::Bytes { bytes, ending } => (bytes, ending),
        Behaviour::Hang => {
            let mut ignored = [0; 1024];
            while stream.read(&mut ignored).await? > 0 {}
            return Ok(None);
        }
        Behaviour::Drop => return Ok(None),
    };
    // Idle before the client has read it all: who has may at once ask for the closing.
    let idle = matches!(ending, Ending::KeptOpen).then(|| open.becomes_idle());
    send(stream, &bytes).await?;
    if let Ending::Closed = ending {
        stream.shutdown().await?;
    }
    Ok(idle)
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}
