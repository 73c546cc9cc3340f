//! The program: what it prints, whether curl and openssl trust it, and that it removes its files.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{EVENT, request};

struct Program {
    process: Child,
    ready: Value,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_vce-sandbox"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, ready: serde_json::from_str(&line).unwrap() }
    }

    fn says(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    fn directory(&self) -> PathBuf {
        Path::new(self.says("private_key_path")).parent().unwrap().to_owned()
    }

    fn events(&self) -> String {
        format!(
            "{}/v0.3/conversations/{}/events",
            self.says("base_url"),
            self.says("conversation_id")
        )
    }

    /// Runs curl with a token.
    fn curl(&self, arguments: &[&str]) -> Output {
        let token = run("curl", &["-sS", &format!("{}/token", self.says("admin_url"))]);
        let bearer = format!("Authorization: Bearer {}", String::from_utf8(token.stdout).unwrap());
        run("curl", &[&["-sS", "--max-time", "20", "--fail", "-H", &bearer], arguments].concat())
    }

    fn create(&self, arguments: &[&str]) -> Output {
        self.curl(&[arguments, &["--json", EVENT, &self.events()]].concat())
    }

    fn signal(&self, name: &str) {
        assert!(run("kill", &[name, &self.process.id().to_string()]).status.success());
    }

    fn ends_cleanly(&mut self) {
        let directory = self.directory();
        assert!(self.process.wait().unwrap().success());
        assert!(!directory.exists());
    }
}

impl Drop for Program {
    /// Ends it with SIGTERM, because with SIGKILL it could not remove its files.
    fn drop(&mut self) {
        if self.process.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.signal("-TERM");
            let _ = self.process.wait();
        }
    }
}

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program)
        // The machine's proxy cannot reach the sandbox.
        .env("NO_PROXY", "*")
        .env("no_proxy", "*")
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn it_says_all_there_is_to_know_in_one_line() {
    let program = Program::start(&[]);
    let mut names: Vec<_> = program.ready.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "admin_url",
        "application_id",
        "base_url",
        "ca_file",
        "conversation_id",
        "member_id",
        "private_key_path",
    ];
    assert_eq!(names, expected);
    assert_eq!(program.ready["ca_file"], Value::Null);
    assert!(program.says("base_url").starts_with("http://127.0.0.1:"));
    assert!(program.says("admin_url").starts_with("http://127.0.0.1:"));
}

#[test]
fn only_its_owner_may_read_the_key_and_openssl_can() {
    let program = Program::start(&[]);
    let path = program.says("private_key_path");
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(program.directory()).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(std::fs::read_to_string(path).unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let told = run("openssl", &["rsa", "-check", "-noout", "-text", "-in", path]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("RSA key ok") && told.contains("2048 bit"), "{told}");
}

#[test]
fn its_ca_and_no_other_vouches_for_all_its_names() {
    let program = Program::start(&["--tls"]);
    let ca = program.says("ca_file");
    let port = program.says("base_url").rsplit_once(':').unwrap().1;
    assert!(program.says("base_url").starts_with("https://127.0.0.1:"));
    let created = program.create(&["--cacert", ca]);
    assert!(created.status.success(), "{created:?}");
    for name in ["localhost", "[::1]"] {
        let url = format!("https://{name}:{port}/");
        let through = format!("{name}:{port}:127.0.0.1:{port}");
        let seen = run("curl", &["-sS", "--cacert", ca, "--connect-to", &through, &url]);
        assert!(seen.status.success(), "{name}: {seen:?}");
    }
    let untrusted = program.create(&[]);
    assert_eq!(
        untrusted.status.code(),
        Some(60),
        "curl's word for a certificate it does not trust"
    );
}

#[test]
fn tls_sessions_are_resumed_and_counted() {
    let program = Program::start(&["--tls"]);
    let address = program.says("base_url").strip_prefix("https://").unwrap();
    let session = program.directory().join("session").to_str().unwrap().to_owned();
    let connect = |argument: &str| {
        let arguments = ["s_client", "-tls1_2", "-connect", address, argument, &session];
        let told = Command::new("openssl").args(arguments).stdin(Stdio::null()).output().unwrap();
        String::from_utf8(told.stdout).unwrap()
    };
    assert!(connect("-sess_out").contains("\nNew, TLSv1.2"));
    assert!(connect("-sess_in").contains("\nReused, TLSv1.2"));
    let connections = run("curl", &["-sS", &format!("{}/connections", program.says("admin_url"))]);
    let connections: Value = serde_json::from_slice(&connections.stdout).unwrap();
    assert_eq!((&connections["accepted"], &connections["tls_resumed"]), (&2.into(), &1.into()));
}

#[test]
fn only_faults_that_cut_leave_tls_without_a_farewell() {
    let program = Program::start(&["--tls"]);
    let faults = format!("{}/faults", program.says("admin_url"));
    let address = program.says("base_url").strip_prefix("https://").unwrap();
    let endings = ["drop", "truncate", "garbage", "close_after"].map(|fault| {
        run("curl", &["-sS", &faults, "-d", &format!(r#"{{"kind":"{fault}"}}"#)]);
        // It ends when the server closes: its standard input stays open.
        let mut client = Command::new("openssl")
            .args(["s_client", "-quiet", "-connect", address])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = client.stdin.take().unwrap();
        input.write_all(request("GET", "/", "", "").as_bytes()).unwrap();
        let told = client.wait_with_output().unwrap().stderr;
        String::from_utf8_lossy(&told).contains("unexpected eof")
    });
    assert_eq!(endings, [true, true, true, false]);
}

#[test]
fn signals_end_it_and_it_leaves_nothing_behind() {
    for signal in ["-TERM", "-INT"] {
        let mut program = Program::start(&["--tls"]);
        assert!(program.directory().join("ca.pem").exists());
        program.signal(signal);
        program.ends_cleanly();
    }
}

#[test]
fn the_end_of_standard_input_ends_it_only_if_asked() {
    let mut asked = Program::start(&["--until-stdin-closes"]);
    drop(asked.process.stdin.take());
    asked.ends_cleanly();

    let mut not_asked = Program::start(&[]);
    drop(not_asked.process.stdin.take());
    assert!(not_asked.create(&[]).status.success());
    assert!(not_asked.process.try_wait().unwrap().is_none());
    not_asked.signal("-TERM");
    not_asked.ends_cleanly();
}

#[test]
fn its_options_reach_the_sandbox() {
    let program = Program::start(&[
        "--type-rules=namespaced",
        "--event-type-filter=ignores-custom",
        "--page-links=page-number",
    ]);
    for _ in 0..2 {
        let namespaced = r#"{"type":"custom:a:b","body":{}}"#;
        let created = program.curl(&["--json", namespaced, &program.events()]);
        assert!(created.status.success(), "{created:?}");
    }
    let query = "event_type=custom:other&page_size=1";
    let listed = program.curl(&[&format!("{}?{query}", program.events())]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed["_embedded"][0]["type"], "custom:a:b");
    let next = listed["_links"]["next"]["href"].as_str().unwrap();
    assert!(next.ends_with("&page=2"), "{next}");
}

/// Waits until the sandbox whose files are in `directory` has ended, and so has removed them.
fn gone(directory: &Path) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while std::fs::read_dir(directory).unwrap().next().is_some() {
        assert!(Instant::now() < deadline, "it goes on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

const EVAL: &str = r#"eval "$("$SANDBOX" $OPTIONS --env)" || exit"#;

/// The output of a shell that runs these lines after the `eval`. The files of its sandbox are in
/// `directory`.
fn after_eval(shell: &str, directory: &Path, options: &str, lines: &str) -> String {
    let told = Command::new(shell)
        .args(["-c", &format!("set -e\n{EVAL}\ntrap 'kill $VCE_SANDBOX_PID' EXIT\n{lines}")])
        .env("SANDBOX", env!("CARGO_BIN_EXE_vce-sandbox"))
        .env("OPTIONS", options)
        .env("TMPDIR", directory)
        .env("VCE_CA_FILE", "/of/an/earlier/sandbox")
        .env("VONAGE_PRIVATE_KEY", "/of/the/user")
        .process_group(0)
        .env("NO_PROXY", "*")
        .env("no_proxy", "*")
        .output()
        .unwrap();
    assert!(told.status.success() && told.stderr.is_empty(), "{told:?}");
    gone(directory);
    String::from_utf8(told.stdout).unwrap()
}

#[test]
fn one_eval_leads_a_shell_to_a_sandbox_that_it_can_end() {
    // First SIGINT to the shell's process group, as Ctrl-C sends it: the sandbox must not get it.
    let create = r#"
        trap : INT
        kill -INT 0
        token=$(curl -sS "$VCE_SANDBOX_ADMIN_URL/token")
        curl -sS --fail --cacert "$VCE_CA_FILE" -H "Authorization: Bearer $token" \
            --json '{"type":"custom:a","from":"'"$MEMBER_ID"'","body":{}}' \
            "$VCE_BASE_URL/v0.3/conversations/$CONVERSATION_ID/events" > /dev/null
        curl -sS "$VCE_SANDBOX_ADMIN_URL/events?conversation_id=$CONVERSATION_ID"
        openssl rsa -check -noout -in "$VONAGE_APPLICATION_PRIVATE_KEY_PATH" > /dev/null"#;
    for shell in ["sh", "bash"] {
        let directory =
            tempfile::Builder::new().prefix("it's a \"dir\" $(of) `a` \\ ").tempdir().unwrap();
        let events: Value =
            serde_json::from_str(&after_eval(shell, directory.path(), "--tls", create)).unwrap();
        assert_eq!(events[0]["type"], "custom:a", "{shell}");
    }
}

#[test]
fn the_lines_to_export_are_these() {
    let directory = tempfile::tempdir().unwrap();
    let names = r#"
        env | grep -E '^(VONAGE_(APP|PRIV)|VCE_(BASE|CA|SANDBOX)_|CONVERSATION_|MEMBER_)' | cut -d= -f1 | sort"#;
    let mut expected = vec![
        "CONVERSATION_ID",
        "MEMBER_ID",
        "VCE_BASE_URL",
        "VCE_SANDBOX_ADMIN_URL",
        "VCE_SANDBOX_PID",
        "VONAGE_APPLICATION_ID",
        "VONAGE_APPLICATION_PRIVATE_KEY_PATH",
    ];
    let plain = after_eval("sh", directory.path(), "", names);
    assert_eq!(plain.lines().collect::<Vec<_>>(), expected);
    expected.insert(3, "VCE_CA_FILE");
    let tls = after_eval("sh", directory.path(), "--tls", names);
    assert_eq!(tls.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_sandbox_whose_lines_reach_nobody_ends() {
    let directory = tempfile::tempdir().unwrap();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let told = Command::new(env!("CARGO_BIN_EXE_vce-sandbox"))
        .arg("--env")
        .env("TMPDIR", directory.path())
        .stdout(full)
        .status()
        .unwrap();
    assert!(!told.success());
    gone(directory.path());
}

#[test]
fn a_sandbox_that_cannot_start_says_why() {
    let told = Command::new(env!("CARGO_BIN_EXE_vce-sandbox"))
        .arg("--env")
        .env("TMPDIR", "/nowhere")
        .output()
        .unwrap();
    let why = String::from_utf8(told.stderr).unwrap();
    assert!(!told.status.success() && told.stdout.is_empty() && why.contains("/nowhere"), "{why}");
}
