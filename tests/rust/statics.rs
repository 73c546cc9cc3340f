//! Statics that are made at their first use. If a process forks at that moment, the child inherits
//! them half made, forever. So each such static is listed here, with the reason why it does no
//! harm.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The files with such statics, and why a child cannot inherit these half made.
const KNOWN: &[(&str, &str, &str)] = &[
    ("libvce", "transport/roots.rs", "made without a lock"),
    ("once_cell", "imp_std.rs", "only in once_cell's own tests"),
    ("once_cell", "lib.rs", "only in bounds of types"),
    ("ring", "cpu/arm.rs", "made without a lock"),
    ("ring", "cpu/intel.rs", "made without a lock"),
    ("rustls", "crypto/mod.rs", "libvce sets its own provider, so this one is never used"),
    ("ureq", "lib.rs", "only in ureq's own tests"),
    ("ureq", "run.rs", "made by transport::prepare, which a fork waits for"),
    ("ureq", "timings.rs", "only in ureq's own tests"),
    ("uuid", "timestamp.rs", "only for ids that contain the time"),
];

/// The source folders of what ships: libvce and its dependencies on Linux.
fn sources() -> BTreeMap<String, PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let dependencies: BTreeMap<&str, Vec<&str>> = nodes.iter().map(shipped_dependencies).collect();
    let packages = metadata["packages"].as_array().unwrap();
    let id_of = |package: &Value| package["id"].as_str().unwrap().to_owned();
    let own = packages.iter().find(|package| package["name"] == "libvce").map(id_of).unwrap();
    let mut shipped = BTreeSet::new();
    let mut left = vec![&*own];
    while let Some(id) = left.pop() {
        if shipped.insert(id) {
            left.extend(&dependencies[id]);
        }
    }
    let of_package = |package: &Value| {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let name = package["name"].as_str().unwrap().to_owned();
        (name, manifest.with_file_name("src"))
    };
    // Packages that run only in the compiler do not ship.
    let is_macro = |package: &&Value| package["targets"][0]["kind"][0] == "proc-macro";
    let of_macros = ["proc-macro2", "quote", "syn", "unicode-ident"];
    packages
        .iter()
        .filter(|package| shipped.contains(&*id_of(package)) && !is_macro(package))
        .filter(|package| !of_macros.contains(&package["name"].as_str().unwrap()))
        .map(of_package)
        .collect()
}

/// The dependencies of a package, without those that only its build or its tests use.
fn shipped_dependencies(node: &Value) -> (&str, Vec<&str>) {
    let is_shipped =
        |dep: &&Value| dep["dep_kinds"].as_array().unwrap().iter().any(|k| k["kind"].is_null());
    let deps = node["deps"].as_array().unwrap();
    let ids = deps.iter().filter(is_shipped).map(|dep| dep["pkg"].as_str().unwrap());
    (node["id"].as_str().unwrap(), ids.collect())
}

/// Files with a static that is made at its first use. Thread-locals do not count.
fn lazy_statics(folder: &Path) -> Vec<PathBuf> {
    const LAZY: [&str; 8] = [
        "OnceLock",
        "LazyLock",
        "OnceCell",
        "OnceBox",
        "OnceNonZero",
        "Lazy<",
        "Once =",
        "lazy_static!",
    ];
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(lazy_statics(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let is_lazy = |line: &str| {
                let is_static = line.contains("static ") && !line.trim_start().starts_with("//");
                (is_static || line.contains("lazy_static!"))
                    && LAZY.iter().any(|l| line.contains(l))
            };
            if LAZY.iter().any(|lazy| text.contains(lazy)) && text.lines().any(is_lazy) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn every_static_that_is_made_at_its_first_use_is_known() {
    let sources = sources();
    assert!(sources.len() > 30 && sources.contains_key("ureq"), "{sources:?}");
    let mut found = BTreeSet::new();
    for (package, folder) in &sources {
        for path in lazy_statics(folder) {
            let file = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            found.insert((package.clone(), file));
        }
    }
    let known: BTreeSet<_> = KNOWN
        .iter()
        .map(|(package, file, _)| ((*package).to_owned(), (*file).to_owned()))
        .collect();
    let new: Vec<_> = found.difference(&known).collect();
    assert!(new.is_empty(), "may be made while another thread forks: {new:?}");
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(gone.is_empty(), "no longer there: {gone:?}");
}
