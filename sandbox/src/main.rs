//! The sandbox as a program.

use std::io::{self, Write};

use clap::Parser;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use vce_sandbox::{Options, Sandbox};

/// Vonage's Conversation API on loopback, for tests and for trying things out without an account.
///
/// When it is ready it prints one line of JSON: where it listens, and the application id,
/// private key, conversation and member to use. It ends on SIGTERM or SIGINT and
/// removes what it wrote.
#[derive(Parser)]
#[command(name = "vce-sandbox", version)]
struct Arguments {
    #[command(flatten)]
    options: Options,

    /// End also when standard input closes, as it does when the program that started this one ends
    #[arg(long)]
    until_stdin_closes: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    // Before anything is written that would have to be removed.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let sandbox = Sandbox::start(arguments.options)?;
    announce(&sandbox)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = stdin_closes(), if arguments.until_stdin_closes => {}
    }
    Ok(())
}

fn announce(sandbox: &Sandbox) -> io::Result<()> {
    let line = json!({
        "base_url": sandbox.base_url(),
        "ca_file": sandbox.ca_file(),
        "application_id": sandbox.application_id(),
        "private_key_path": sandbox.private_key_path(),
        "conversation_id": sandbox.conversation_id(),
        "member_id": sandbox.member_id(),
        "admin_url": sandbox.admin_url(),
    });
    writeln!(io::stdout(), "{line}")
}

/// Reads in a thread that is not waited for: a read of standard input cannot be cancelled.
async fn stdin_closes() {
    let (closed, end) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = closed.send(());
    });
    let _ = end.await;
}
