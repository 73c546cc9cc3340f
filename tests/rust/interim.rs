//! Interim answers (1xx), which come before the final answer.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use vce::{Outcome, Status};

use crate::support::{client, create, failed, read_request, sandbox, server};

/// RFC 9110 allows any number of interim answers, and header fields in them.
#[test]
fn interim_answers_are_skipped_with_their_fields() {
    let interim = "HTTP/1.1 100 Continue\r\nX-Proxy: edge\r\n\r\n";
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n";
    let created = "HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n{\"id\":1}";
    let answers = [
        format!("{interim}{created}"),
        format!("{interim}{interim}{hints}{created}"),
        format!("HTTP/1.1 100 Continue\r\n\r\n{created}"),
        format!("HTTP/1.1 100 Continue\nX-Proxy: edge\n\n{created}"),
        created.to_owned(),
    ];
    let count = answers.len();
    // In one piece, byte by byte, and in pieces of seven bytes.
    for piece in [usize::MAX, 1, 7] {
        let connections = Arc::new(AtomicUsize::new(0));
        let (answers, opened) = (answers.clone(), Arc::clone(&connections));
        let url = server(move |mut stream| {
            opened.fetch_add(1, Ordering::SeqCst);
            stream.set_nodelay(true).unwrap();
            for answer in &answers {
                if read_request(&mut stream).is_none() {
                    return;
                }
                for part in answer.as_bytes().chunks(piece) {
                    stream.write_all(part).unwrap();
                }
            }
        });
        let sandbox = sandbox();
        let client = client(&sandbox, &[("base_url", &url)]);
        for _ in 0..count {
            assert_eq!(create(&client, &sandbox).unwrap().id(), Some("1"));
        }
        assert_eq!(connections.load(Ordering::SeqCst), 1, "in pieces of {piece}");
    }
}

#[test]
fn an_answer_that_never_comes_after_its_interim_ones_may_have_created_the_event() {
    let url = server(|mut stream| {
        read_request(&mut stream);
        let interim = "HTTP/1.1 100 Continue\r\nX-Proxy: edge\r\n\r\n";
        while stream.write_all(interim.as_bytes()).is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    let sandbox = sandbox();
    let client = client(&sandbox, &[("base_url", &url), ("timeout", "500ms")]);
    let error = failed(&client, &sandbox);
    assert_eq!(
        (error.status(), error.outcome()),
        (Status::Timeout, Outcome::MaybeCreated),
        "{error}"
    );
}

/// Interim answers that come through a tunnel are the server's and not the proxy's.
#[test]
fn interim_answers_come_through_a_tunnel() {
    let server = server(|mut stream| {
        for _ in 0..2 {
            if read_request(&mut stream).is_none() {
                return;
            }
            let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\nX-Proxy: edge\r\n\r\n");
            std::thread::sleep(Duration::from_millis(50));
            let _ =
                stream.write_all(b"HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n{\"id\":1}");
        }
    });
    let target = server.trim_start_matches("http://").to_owned();
    let proxy = crate::support::server(move |mut stream| {
        read_request(&mut stream);
        let mut server = std::net::TcpStream::connect(&target).unwrap();
        let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
        let (mut up, mut down) = (stream.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut down, &mut up));
        let _ = std::io::copy(&mut stream, &mut server);
    });
    let sandbox = sandbox();
    let client = client(&sandbox, &[("base_url", &server), ("proxy", &proxy)]);
    for _ in 0..2 {
        assert_eq!(create(&client, &sandbox).unwrap().id(), Some("1"));
    }
}
