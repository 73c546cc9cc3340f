//! Generates the C and PHP headers from `src/ffi`, and gives the shared object its name.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The files of `src/ffi` that make up the header, in reading order.
const OBJECTS: [&str; 10] = [
    "status",
    "library",
    "rules",
    "config",
    "client",
    "event_list",
    "event",
    "error",
    "delivery",
    "report",
];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    for input in ["build.rs", "cbindgen.toml", "cbindgen-php.toml", "src/ffi"] {
        println!("cargo:rerun-if-changed={input}");
    }
    generate(&root, "cbindgen.toml", "include/vce.h")?;
    // The published crate has no bindings.
    if root.join("bindings/php").is_dir() {
        generate(&root, "cbindgen-php.toml", "bindings/php/include/vce.php.h")?;
    }

    if env::var("CARGO_CFG_TARGET_OS")? == "linux" {
        // Programs are linked to this name, so it changes only with the ABI.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libvce.so.0");
        // PHP-FPM unloads FFI libraries at the end of every request. That would unmap the code of
        // running threads, and close warm connections.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    Ok(())
}

/// Writes a header if its content changes, so that an unchanged one keeps its date.
fn generate(root: &Path, config: &str, header: &str) -> Result<(), Box<dyn Error>> {
    let config = cbindgen::Config::from_file(root.join(config))?;
    let mut builder = cbindgen::Builder::new().with_config(config);
    for object in OBJECTS {
        builder = builder.with_src(root.join(format!("src/ffi/{object}.rs")));
    }
    let mut text = Vec::new();
    builder.generate()?.write(&mut text);
    let header = root.join(header);
    if fs::read(&header).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = header.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(header, text)?)
}
