//! What the manifest must say for builds without libvce's lock file.

/// Connections use `ureq::unversioned`, which may change with each minor version.
#[test]
fn the_minor_version_of_ureq_is_fixed() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    let manifest = manifest.unwrap();
    let version = manifest.split_once("\nureq = { version = \"").unwrap().1;
    let version = version.split('"').next().unwrap();
    assert!(version.starts_with('~') && version.matches('.').count() == 1, "{version}");
}
