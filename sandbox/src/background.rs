//! `--env`: starts a sandbox in the background, and prints the lines that make a shell's programs
//! use it.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

/// Each variable, and the name of its value in the line of JSON.
const VARIABLES: [(&str, &str); 7] = [
    ("VONAGE_APPLICATION_ID", "application_id"),
    ("VONAGE_APPLICATION_PRIVATE_KEY_PATH", "private_key_path"),
    ("CONVERSATION_ID", "conversation_id"),
    ("MEMBER_ID", "member_id"),
    ("VCE_BASE_URL", "base_url"),
    ("VCE_CA_FILE", "ca_file"),
    ("VCE_SANDBOX_ADMIN_URL", "admin_url"),
];

/// Starts this program again, prints the lines, and leaves it running.
///
/// A shell's command substitution ends when its program has ended and no process holds its pipes
/// any more. So the sandbox is another process, whose pipes lead only to this one. It has its own
/// process group, so Ctrl-C at the shell's prompt does not reach it.
pub(crate) fn start() -> io::Result<ExitCode> {
    let mut sandbox = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1).filter(|argument| argument != "--env"))
        .arg("--in-background")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let mut line = String::new();
    if let Some(output) = sandbox.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    if line.is_empty() {
        io::stderr().write_all(&sandbox.wait_with_output()?.stderr)?;
        return Ok(ExitCode::FAILURE);
    }
    let ready = serde_json::from_str(&line)?;
    let mut output = io::stdout().lock();
    output.write_all(lines(&ready, sandbox.id()).as_bytes())?;
    output.flush()?;
    if let Some(mut input) = sandbox.stdin.take() {
        input.write_all(b"\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn lines(ready: &Value, process: u32) -> String {
    // VONAGE_PRIVATE_KEY would replace the sandbox's key, and VCE_CA_FILE may name the file of an
    // earlier sandbox, which no longer exists.
    let mut lines = String::from("unset VONAGE_PRIVATE_KEY VCE_CA_FILE\n");
    for (variable, name) in VARIABLES {
        if let Some(value) = ready[name].as_str() {
            lines += &format!("export {variable}={}\n", quoted(value));
        }
    }
    lines + &format!("export VCE_SANDBOX_PID={process}\n")
}

/// Between single quotes, a POSIX shell takes every character literally, except a single quote.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}
