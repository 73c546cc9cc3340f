//! Which requests a fault applies to, and whether and when such a request is carried out.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The kinds of requests that a fault can apply to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Every request, also those about conversations and members
    #[default]
    Any,
    /// `POST …/events`
    Create,
    /// `GET …/events/{id}`
    Get,
    /// `GET …/events`
    List,
    /// `DELETE …/events/{id}`
    Delete,
}

impl Operation {
    pub(crate) fn covers(self, operation: Self) -> bool {
        self == Self::Any || self == operation
    }
}

/// What a request is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) operation: Operation,
    pub(crate) conversation_id: Option<&'a str>,
    /// Which page a request to list events asks for.
    pub(crate) page: Option<usize>,
}

/// Which requests a fault applies to, and whether and when they are carried out.
///
/// `creates_after_ms` and `appears_after_ms` are `u32`, so that adding them to a time cannot overflow.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Aim {
    #[serde(default)]
    pub(crate) on: Operation,
    /// How many requests it applies to; `None`: no limit.
    #[serde(default = "once")]
    pub(crate) times: Option<u32>,
    #[serde(default)]
    pub(crate) skip: u32,
    pub(crate) conversation_id: Option<String>,
    /// Counted from 1.
    pub(crate) page: Option<usize>,
    #[serde(default)]
    pub(crate) delay_ms: u64,
    #[serde(default)]
    pub(crate) creates: bool,
    pub(crate) creates_after_ms: Option<u32>,
    pub(crate) appears_after_ms: Option<u32>,
}

impl Aim {
    pub(crate) const FIELDS: [&str; 9] = [
        "on",
        "times",
        "skip",
        "conversation_id",
        "page",
        "delay_ms",
        "creates",
        "creates_after_ms",
        "appears_after_ms",
    ];

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }

    /// How long after its arrival the request is carried out; `None`: not late.
    pub(crate) fn creates_after(&self) -> Option<Duration> {
        self.creates_after_ms.map(|ms| Duration::from_millis(ms.into()))
    }

    pub(crate) fn appears_after(&self) -> Duration {
        Duration::from_millis(self.appears_after_ms.unwrap_or(0).into())
    }

    pub(crate) fn meets(&self, target: Target<'_>) -> bool {
        let right_conversation = self.conversation_id.is_none()
            || self.conversation_id.as_deref() == target.conversation_id;
        let right_page = self.page.is_none() || self.page == target.page;
        self.on.covers(target.operation)
            && right_conversation
            && right_page
            && self.times != Some(0)
    }

    /// Refuses fields that contradict each other or could have no effect. `shows_the_answer` says
    /// whether the kind of fault shows the real answer, and so carries the request out.
    pub(crate) fn check(&self, shows_the_answer: bool) -> Result<(), &'static str> {
        if self.page == Some(0) {
            return Err("page must be a number from 1");
        }
        if self.page.is_some() && self.on != Operation::List {
            return Err(r#"page needs "on": "list""#);
        }
        if self.creates_after_ms.is_some() && (shows_the_answer || self.creates) {
            return Err("creates_after_ms needs a kind that hides the real answer, and no creates");
        }
        let creates = shows_the_answer || self.creates || self.creates_after_ms.is_some();
        if self.appears_after_ms.is_some() && !(creates && self.on == Operation::Create) {
            return Err(
                r#"appears_after_ms needs "on": "create" and a fault that carries the request out"#,
            );
        }
        Ok(())
    }
}

impl Default for Aim {
    fn default() -> Self {
        Self {
            on: Operation::Any,
            times: once(),
            skip: 0,
            conversation_id: None,
            page: None,
            delay_ms: 0,
            creates: false,
            creates_after_ms: None,
            appears_after_ms: None,
        }
    }
}

/// Whole milliseconds, at most `u32::MAX` (seven weeks).
pub(crate) fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

fn once() -> Option<u32> {
    Some(1)
}
