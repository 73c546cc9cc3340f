//! The stream between hyper and TLS, which can damage an answer.
//!
//! hyper writes only correct HTTP. This stream holds what hyper writes until hyper flushes, which it
//! does after every answer and before it reads the next request. Then it sends it as planned.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::connections::Open;

/// How an answer of hyper is sent. The default sends it unchanged.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) change: Change,
    /// The pause between two bytes; `None`: all at once.
    pub(crate) pause: Option<Duration>,
    pub(crate) ending: Ending,
}

#[derive(Default)]
pub(crate) enum Change {
    #[default]
    Unchanged,
    /// Without this many bytes at its end.
    Short(usize),
    /// The first half of its head.
    HalfHead,
    Replaced(Bytes),
}

/// What happens to the connection after an answer.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is kept or closed as hyper and the client agreed.
    #[default]
    Agreed,
    Closed,
    /// Closed without TLS's `close_notify`.
    Cut,
    /// Open until the client closes it; what the client sends is ignored.
    LeftToClient,
}

/// The plan for a connection's next answer. What hyper sends by itself has no plan, such as
/// `100 Continue`.
pub(crate) type NextPlan = Mutex<Option<Plan>>;

pub(crate) struct Wire<'a, S> {
    stream: S,
    open: &'a Open<'a>,
    plan: &'a NextPlan,
    /// What hyper has not flushed yet.
    written: BytesMut,
    sending: Option<Sending<'a>>,
}

impl<'a, S> Wire<'a, S> {
    pub(crate) fn new(stream: S, open: &'a Open<'a>, plan: &'a NextPlan) -> Self {
        Self { stream, open, plan, written: BytesMut::new(), sending: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.open.becomes_busy();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<'_, S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if let Some(sending) = &mut this.sending {
                ready!(sending.poll(Pin::new(&mut this.stream), cx))?;
                this.sending = None;
            }
            if this.written.is_empty() {
                return Pin::new(&mut this.stream).poll_flush(cx);
            }
            let answer = this.written.split().freeze();
            let plan = this.plan.lock().take();
            this.sending = Some(Sending::new(answer, plan, this.open));
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// An answer on its way out.
struct Sending<'a> {
    bytes: Bytes,
    pause: Option<Pause>,
    ending: Ending,
    /// The connection, if it waits for a request after this answer.
    idle_after: Option<&'a Open<'a>>,
}

struct Pause {
    length: Duration,
    until: Pin<Box<Sleep>>,
}

impl<'a> Sending<'a> {
    fn new(mut bytes: Bytes, plan: Option<Plan>, open: &'a Open<'a>) -> Self {
        let is_answer = plan.is_some();
        let Plan { change, pause, ending } = plan.unwrap_or_default();
        match change {
            Change::Unchanged => {}
            Change::Short(missing) => bytes.truncate(bytes.len().saturating_sub(missing)),
            Change::HalfHead => {
                let head = bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n");
                bytes.truncate(head.unwrap_or(bytes.len()) / 2);
            }
            Change::Replaced(other) => bytes = other,
        }
        Self {
            bytes,
            pause: pause.map(|length| Pause { length, until: Box::pin(sleep(Duration::ZERO)) }),
            ending,
            idle_after: (is_answer && ending == Ending::Agreed).then_some(open),
        }
    }

    /// Sends the whole answer. If the connection ends after it, returns an error, so that hyper gives
    /// the connection up.
    fn poll<S: AsyncRead + AsyncWrite>(
        &mut self,
        mut stream: Pin<&mut S>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.bytes.is_empty() {
            let length = match &mut self.pause {
                None => self.bytes.len(),
                Some(pause) => {
                    ready!(pause.until.as_mut().poll(cx));
                    1
                }
            };
            if length == self.bytes.len()
                && let Some(open) = self.idle_after.take()
            {
                // It must count as idle before the client has the last byte: from then on the client may
                // have idle connections closed.
                open.becomes_idle();
            }
            match ready!(stream.as_mut().poll_write(cx, &self.bytes[..length]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.bytes.advance(sent),
            }
            if let Some(pause) = &mut self.pause {
                pause.until.set(sleep(pause.length));
            }
        }
        ready!(stream.as_mut().poll_flush(cx))?;
        match self.ending {
            Ending::Agreed => return Poll::Ready(Ok(())),
            Ending::Closed => ready!(stream.poll_shutdown(cx))?,
            Ending::Cut => {}
            Ending::LeftToClient => ready!(poll_end(stream, cx))?,
        }
        Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
    }
}

/// Reads and ignores everything until the client closes.
fn poll_end<S: AsyncRead>(mut stream: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    loop {
        let mut bytes = [0; 1024];
        let mut ignored = ReadBuf::new(&mut bytes);
        ready!(stream.as_mut().poll_read(cx, &mut ignored))?;
        if ignored.filled().is_empty() {
            return Poll::Ready(Ok(()));
        }
    }
}
