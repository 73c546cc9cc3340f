//! The sandbox as a program.

mod background;

use std::future::pending;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use vce_sandbox::{Options, Sandbox};

/// Vonage's Conversation API on loopback, to test and try libvce without an account.
///
/// When it is ready, it prints one line of JSON: its URLs and CA file, and the application id,
/// private key, conversation and member to use. It ends on SIGTERM or SIGINT and removes its files.
#[derive(Parser)]
#[command(name = "vce-sandbox", version)]
struct Arguments {
    #[command(flatten)]
    options: Options,

    /// End also when standard input closes, which happens when the program that started this one ends
    #[arg(long)]
    until_stdin_closes: bool,

    /// Run in the background, and print lines for a shell instead of JSON: eval "$(vce-sandbox --env)"
    #[arg(long, conflicts_with = "until_stdin_closes")]
    env: bool,

    /// Set by `--env` in the program that it starts, which ends if standard input closes without a byte
    #[arg(long, hide = true)]
    in_background: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.env {
        return background::start();
    }
    // The handlers come first: a signal must not end the process before its files are removed.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let sandbox = Sandbox::start(arguments.options)?;
    announce(&sandbox)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = stdin_closes(), if arguments.until_stdin_closes => {}
        () = abandoned(), if arguments.in_background => {}
    }
    Ok(ExitCode::SUCCESS)
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

/// Waits until standard input closes without a byte: the lines were not printed, so the user does
/// not know this sandbox and cannot end it.
async fn abandoned() {
    if stdin_closes().await > 0 {
        pending().await
    }
}

/// Waits until standard input closes, and returns how many bytes came before. It reads in a thread
/// that nothing waits for, because a read of standard input cannot be cancelled.
async fn stdin_closes() -> u64 {
    let (closed, end) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = closed.send(io::copy(&mut io::stdin(), &mut io::sink()).unwrap_or(0));
    });
    end.await.unwrap_or(0)
}
