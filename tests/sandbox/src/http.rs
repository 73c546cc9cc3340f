//! HTTP/1.1, read and written by hand.
//!
//! Clients are tested against answers that stop in the middle, come one byte at a time or are
//! no HTTP at all, and the log repeats requests to the letter. Server libraries take care that
//! neither is possible; so only the parsing of heads and chunk sizes is left to one.

use std::io;

use bytes::{Buf, BytesMut};
use http::StatusCode;
use httparse::Status;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const MAX_HEADERS: usize = 100;
const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) version: &'static str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the client wants to send no other request on this connection.
    pub(crate) fn is_last(&self) -> bool {
        let connection = self.header("connection").unwrap_or_default();
        let says =
            |word| connection.split(',').any(|token| token.trim().eq_ignore_ascii_case(word));
        if self.version == "HTTP/1.0" { !says("keep-alive") } else { says("close") }
    }

    fn parse(head: &[u8]) -> io::Result<Option<(usize, Self)>> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let Status::Complete(length) = parsed.parse(head).map_err(invalid)? else {
            return Ok(None);
        };
        let (path, query) = parsed
            .path
            .unwrap_or_default()
            .split_once('?')
            .unwrap_or((parsed.path.unwrap_or_default(), ""));
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let request = Self {
            method: parsed.method.unwrap_or_default().to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            version: if parsed.version == Some(0) { "HTTP/1.0" } else { "HTTP/1.1" },
            headers: parsed
                .headers
                .iter()
                .map(|header| (header.name.to_owned(), text(header.value)))
                .collect(),
            body: Vec::new(),
        };
        Ok(Some((length, request)))
    }
}

/// Reads one whole request. Bytes that follow it stay in `buffer`.
pub(crate) async fn read_request<S>(stream: &mut S, buffer: &mut BytesMut) -> io::Result<Request>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut request = loop {
        if let Some((length, request)) = Request::parse(buffer)? {
            buffer.advance(length);
            break request;
        }
        if buffer.len() > MAX_HEAD {
            return Err(invalid("the head is too long"));
        }
        read_more(stream, buffer).await?;
    };
    if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        stream.flush().await?;
    }
    let chunked = request
        .header("transfer-encoding")
        .is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    request.body = if chunked {
        read_chunks(stream, buffer).await?
    } else {
        let length =
            request.header("content-length").map(str::parse).transpose().map_err(invalid)?;
        read_exactly(stream, buffer, length.unwrap_or(0)).await?
    };
    Ok(request)
}

async fn read_chunks<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut BytesMut,
) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = loop {
            let parsed =
                httparse::parse_chunk_size(buffer).map_err(|_| invalid("not a chunk size"))?;
            if let Status::Complete((length, size)) = parsed {
                buffer.advance(length);
                break usize::try_from(size).map_err(invalid)?;
            }
            read_more(stream, buffer).await?;
        };
        let chunk = read_exactly(stream, buffer, size).await?;
        // The line end after a chunk; after the last one it ends an empty trailer.
        read_exactly(stream, buffer, 2).await?;
        if chunk.is_empty() {
            return Ok(body);
        }
        body.extend(chunk);
        if body.len() > MAX_BODY {
            return Err(invalid("the body is too long"));
        }
    }
}

async fn read_exactly<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut BytesMut,
    length: usize,
) -> io::Result<Vec<u8>> {
    if length > MAX_BODY {
        return Err(invalid("the body is too long"));
    }
    while buffer.len() < length {
        read_more(stream, buffer).await?;
    }
    Ok(buffer.split_to(length).into())
}

async fn read_more<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut BytesMut) -> io::Result<()> {
    match stream.read_buf(buffer).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::empty(status) }.with_header("Content-Type", content_type)
    }

    pub(crate) fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Gives a header this one value, whatever the case of its name.
    pub(crate) fn set_header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(present, _)| !present.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let reason =
            StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason.unwrap_or_default());
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !matches!(self.status, 100..=199 | 204 | 304) {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}
