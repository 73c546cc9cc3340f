//! Runs a test alone in a process, and lists the library's threads there.

use std::process::Command;

/// Runs a test, named with its module, in its own process: the threads of other tests have the
/// same names.
pub fn alone(test: &str, run: impl FnOnce()) {
    if std::env::var_os("VCE_TEST_ALONE").is_some() {
        return run();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env("VCE_TEST_ALONE", "1");
    let output = command.output().unwrap();
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(output.status.success() && said[0].contains("1 passed"), "{}", said.concat());
}

/// The names of the library's threads in this process. Only Linux shows them.
pub fn library_threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread that ends meanwhile no longer has a name.
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    let names = names.map(|name| name.trim_end().to_owned());
    names.filter(|name| name.starts_with("vce-") && name != "vce-sandbox").collect()
}
