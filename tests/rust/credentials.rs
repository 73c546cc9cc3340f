//! Private keys of every kind that users may have, made by openssl.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use vce::{Client, Config, Error, Status};

use crate::support::{client, config, create, sandbox};

const APPLICATION: &str = "6f5e3a1c-0000-4000-8000-000000000001";

fn openssl(folder: &Path, arguments: &str) -> String {
    let output =
        Command::new("openssl").current_dir(folder).args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("vce-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn refused(option: &str, value: &str) -> Error {
    let mut config = Config::new();
    config.set("application_id", Some(APPLICATION)).unwrap();
    config.set(option, Some(value)).unwrap();
    let error = Client::new(&config).unwrap_err();
    assert_eq!(error.status(), Status::Credentials, "{error}");
    error
}

#[test]
fn keys_in_every_usual_form_are_accepted() {
    let sandbox = sandbox();
    let folder = Folder::new("keys");
    let pkcs8 = fs::read_to_string(sandbox.private_key_path()).unwrap();
    fs::write(folder.0.join("pkcs8.pem"), &pkcs8).unwrap();
    let pkcs1 = openssl(&folder.0, "rsa -traditional -in pkcs8.pem");
    assert!(pkcs8.contains("BEGIN PRIVATE KEY") && pkcs1.contains("BEGIN RSA PRIVATE KEY"));
    let with_text = openssl(&folder.0, "rsa -text -in pkcs8.pem");
    for (name, pem) in [
        ("PKCS#8", pkcs8.clone()),
        ("PKCS#1", pkcs1.clone()),
        ("CRLF", pkcs8.replace('\n', "\r\n")),
        ("line ends as \\n", pkcs8.replace('\n', "\\n")),
        ("line ends as \\r\\n", pkcs1.replace('\n', "\\r\\n")),
        ("no line end after the last line", pkcs8.trim_end().to_owned()),
        ("with text before it", with_text),
    ] {
        let client = client(&sandbox, &[("private_key", &pem)]);
        create(&client, &sandbox).unwrap_or_else(|error| panic!("{name}: {error}"));
        let path = folder.0.join("key.pem");
        fs::write(&path, &pem).unwrap();
        let client =
            crate::support::client(&sandbox, &[("private_key_path", path.to_str().unwrap())]);
        create(&client, &sandbox).unwrap_or_else(|error| panic!("{name} as a file: {error}"));
    }
}

#[test]
fn each_wrong_key_has_its_own_error_which_does_not_show_it() {
    let folder = Folder::new("wrong-keys");
    let rsa = openssl(&folder.0, "genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048");
    fs::write(folder.0.join("rsa.pem"), &rsa).unwrap();
    let mut damaged = rsa.clone();
    damaged.replace_range(100..110, "!!!!!!!!!!");
    let mut changed = rsa.clone();
    changed.replace_range(100..110, "AAAAAAAAAA");
    for (name, pem, expected) in [
        ("public", openssl(&folder.0, "pkey -in rsa.pem -pubout"), "public key"),
        (
            "EC",
            openssl(&folder.0, "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
            "EC key",
        ),
        ("EC, SEC1", openssl(&folder.0, "ecparam -name prime256v1 -genkey"), "EC key"),
        ("Ed25519", openssl(&folder.0, "genpkey -algorithm ed25519"), "not an RSA key"),
        (
            "encrypted",
            openssl(&folder.0, "pkcs8 -topk8 -in rsa.pem -passout pass:secret"),
            "encrypted",
        ),
        (
            "encrypted, traditional",
            openssl(&folder.0, "rsa -traditional -in rsa.pem -aes128 -passout pass:secret"),
            "encrypted",
        ),
        (
            "1024 bits",
            openssl(&folder.0, "genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024"),
            "2048 bits",
        ),
        ("a certificate", openssl(&folder.0, "req -x509 -key rsa.pem -subj /CN=x"), "certificate"),
        ("no PEM", "hello".to_owned(), "not PEM"),
        ("cut", rsa[..rsa.len() / 2].to_owned(), "END PRIVATE KEY"),
        ("damaged", damaged, "not base64"),
        ("changed", changed, "valid RSA key"),
    ] {
        let path = folder.0.join("key.pem");
        fs::write(&path, &pem).unwrap();
        for error in
            [refused("private_key", &pem), refused("private_key_path", path.to_str().unwrap())]
        {
            assert!(error.message().contains(expected), "{name}: {error}");
            let shown = format!("{error} {error:?}");
            for line in pem.lines().filter(|line| line.len() > 30 && !line.starts_with("-----")) {
                assert!(!shown.contains(&line[..20]), "{name}: {error}");
            }
        }
    }
}

#[test]
fn files_that_are_not_keys() {
    let folder = Folder::new("no-keys");
    let big = folder.0.join("big");
    fs::write(&big, vec![b'x'; 100_000]).unwrap();
    let der = folder.0.join("der");
    fs::write(&der, [0x30, 0x82, 0xff]).unwrap();
    for (path, expected) in [
        (folder.0.join("missing"), "No such file"),
        (folder.0.clone(), "directory"),
        (big, "64 KiB"),
        (der, "not text"),
    ] {
        let error = refused("private_key_path", path.to_str().unwrap());
        assert!(error.message().contains(expected), "{error}");
        assert!(error.message().contains(path.to_str().unwrap()), "{error}");
    }
}

#[test]
fn missing_credentials_are_named() {
    let error = Client::new(&Config::new()).unwrap_err();
    assert_eq!(error.status(), Status::Credentials);
    assert!(
        error.message().contains("private_key_path") && error.message().contains("application_id")
    );
    let sandbox = sandbox();
    let mut config = config(&sandbox, &[]);
    config.set("application_id", None).unwrap();
    let error = Client::new(&config).unwrap_err();
    assert!(error.message().contains("application_id"), "{error}");
}

#[test]
fn a_later_key_replaces_an_earlier_one() {
    let sandbox = sandbox();
    let pem = fs::read_to_string(sandbox.private_key_path()).unwrap();
    let client = client(&sandbox, &[("private_key_path", "/nowhere"), ("private_key", &pem)]);
    create(&client, &sandbox).unwrap();
}

#[test]
fn debug_output_contains_no_secret() {
    let sandbox = sandbox();
    let pem = fs::read_to_string(sandbox.private_key_path()).unwrap();
    let token = sandbox.new_token();
    let config = config(
        &sandbox,
        &[("private_key", &pem), ("token", &token), ("proxy", "http://u:hush@127.0.0.1:1")],
    );
    let client = Client::new(&config).unwrap();
    let error = client.create_event("CON-1", "custom:a", None, "{}").unwrap_err();
    let shown =
        format!("{config:?} {client:?} {:?} {error:?} {error}", client.list_events("CON-1"));
    let inside = pem.lines().nth(3).unwrap();
    assert!(
        !shown.contains(inside) && !shown.contains(&token) && !shown.contains("hush"),
        "{shown}"
    );
}

#[test]
fn a_key_in_place_of_its_path_is_not_shown() {
    let sandbox = sandbox();
    let pem = std::fs::read_to_string(sandbox.private_key_path()).unwrap();
    let content: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for value in [&pem, &pem.replace('\n', "\\n"), &content] {
        let config = config(&sandbox, &[("private_key_path", value)]);
        let error = Client::new(&config).unwrap_err();
        assert_eq!(error.status(), Status::Credentials);
        assert!(!error.message().contains(&content[40..60]), "{error}");
        assert!(error.message().contains("did you mean private_key?"), "{error}");
    }
}

/// A user may set any option to the value of another one by mistake.
#[test]
fn a_secret_in_the_wrong_option_is_not_shown() {
    let sandbox = sandbox();
    let pem = std::fs::read_to_string(sandbox.private_key_path()).unwrap();
    let token = sandbox.new_token();
    let claims = token.split('.').nth(1).unwrap();
    for option in vce::OPTIONS {
        for (secret, part) in [(&pem, &pem[120..140]), (&token, &claims[..20])] {
            if let Err(error) = config(&sandbox, &[]).set(option.name, Some(secret)) {
                assert!(!error.message().contains(part), "{}: {error}", option.name);
            }
        }
    }
}

/// Nothing blocks without a limit.
#[test]
#[cfg(unix)]
fn a_key_in_a_pipe_that_nobody_writes_to_is_refused() {
    let path = std::env::temp_dir().join(format!("vce-pipe-{}", std::process::id()));
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let sandbox = sandbox();
    let config = config(&sandbox, &[("private_key_path", path.to_str().unwrap())]);
    let (done, result) = mpsc::channel();
    std::thread::spawn(move || done.send(Client::new(&config).map(drop)));
    let result = result.recv_timeout(Duration::from_secs(2));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(result.unwrap().unwrap_err().status(), Status::Credentials);
}
