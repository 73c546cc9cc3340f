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

    /// Print the lines for a shell to export, and go on in the background: eval "$(vce-sandbox --env)"
    #[arg(long, conflicts_with = "until_stdin_closes")]
    env: bool,

    /// What `--env` starts: it ends unless it reads from standard input that its lines were printed
    #[arg(long, hide = true)]
    in_background: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.env {
        return background::start();
    }
    // Before anything is written that would have to be removed.
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

/// Standard input closes without a byte: the user never learned how to end this sandbox.
async fn abandoned() {
    if stdin_closes().await > 0 {
        pending().await
    }
}

/// How many bytes came before the end. Reads in a thread that is not waited for: a read of
/// standard input cannot be cancelled.
async fn stdin_closes() -> u64 {
    let (closed, end) = oneshot::channel();
    std::thread::spawn(move || {
        let _ = closed.send(io::copy(&mut io::stdin(), &mut io::sink()).unwrap_or(0));
    });
    end.await.unwrap_or(0)
}
