//! A server that ends a TLS session but leaves its TCP connection open.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{client, create, sandbox, server};

const LEAF: &str = "-keyout key.pem -out cert.pem -CA ca.pem -CAkey ca.key -subj /CN=leaf \
    -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE";

/// The server's TLS settings. The certificate authority is in `folder/ca.pem`.
fn tls_config(folder: &Path) -> Arc<ServerConfig> {
    for arguments in ["-keyout ca.key -out ca.pem -subj /CN=ca", LEAF] {
        let mut openssl = Command::new("openssl");
        openssl.current_dir(folder).args("req -x509 -newkey rsa:2048 -nodes".split(' '));
        let output = openssl.args(arguments.split_whitespace()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let certificate = CertificateDer::from_pem_file(folder.join("cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}

/// Answers one request and ends the TLS session in the same packet, then only reads.
fn answer_and_leave(stream: TcpStream, config: Arc<ServerConfig>) {
    let mut session = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    let mut request = Vec::new();
    while !request.ends_with(b"{\"k\":\"v\"}}") {
        let mut buffer = [0; 4096];
        match session.read(&mut buffer) {
            Ok(amount @ 1..) => request.extend_from_slice(&buffer[..amount]),
            _ => return,
        }
    }
    let StreamOwned { conn, sock } = &mut session;
    conn.writer().write_all(b"HTTP/1.1 201 C\r\nContent-Length: 2\r\n\r\n{}").unwrap();
    conn.send_close_notify();
    let mut packet = Vec::new();
    while conn.wants_write() {
        conn.write_tls(&mut packet).unwrap();
    }
    sock.write_all(&packet).unwrap();
    let _ = sock.read_to_end(&mut Vec::new());
}

#[test]
fn a_session_that_was_ended_is_not_used_again() {
    let folder = std::env::temp_dir().join(format!("vce-farewell-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = tls_config(&folder);
    let url = server(move |stream| answer_and_leave(stream, Arc::clone(&config)));
    let sandbox = sandbox();
    let ca_file = folder.join("ca.pem");
    let client = client(
        &sandbox,
        &[
            ("base_url", &url.replace("http:", "https:")),
            ("ca_file", ca_file.to_str().unwrap()),
            ("timeout", "5s"),
            ("max_retries", "0"),
        ],
    );
    std::fs::remove_dir_all(&folder).unwrap();
    for _ in 0..3 {
        create(&client, &sandbox).unwrap();
    }
}
