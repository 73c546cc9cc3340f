//! A token's access control list: which paths it allows, and with which methods.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Acl {
    paths: BTreeMap<String, Rule>,
}

/// Vonage does not document `filters`, so they are accepted and ignored.
#[derive(Debug, Deserialize)]
struct Rule {
    methods: Option<Vec<String>>,
}

impl Acl {
    pub(super) fn allows(&self, method: &str, path: &str) -> bool {
        let path: Vec<&str> = segments(path).collect();
        self.paths.iter().any(|(pattern, rule)| {
            let pattern: Vec<&str> = segments(pattern).collect();
            matches(&pattern, &path) && rule.opens(method)
        })
    }
}

impl Rule {
    fn opens(&self, method: &str) -> bool {
        self.methods.as_ref().is_none_or(|methods| methods.iter().any(|open| open == method))
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').skip(1)
}

/// `*` stands for one segment, `**` for any number of segments, also for none.
fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=path.len()).any(|taken| matches(rest, &path[taken..])),
        (["*", pattern @ ..], [_, path @ ..]) => matches(pattern, path),
        ([wanted, pattern @ ..], [segment, path @ ..]) => {
            wanted == segment && matches(pattern, path)
        }
        _ => false,
    }
}
