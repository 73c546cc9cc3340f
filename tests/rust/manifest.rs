//! What the manifest promises to those who build libvce from source, without its lock file.

/// `ureq::unversioned` may change with each minor version, and connections are made of it.
#[test]
fn only_the_minor_version_of_ureq_that_is_known_will_do() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    let manifest = manifest.unwrap();
    let version = manifest.split_once("\nureq = { version = \"").unwrap().1;
    let version = version.split('"').next().unwrap();
    assert!(version.starts_with('~') && version.matches('.').count() == 1, "{version}");
}
