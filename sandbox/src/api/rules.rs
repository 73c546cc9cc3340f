//! What a request to create an event must look like.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::problem::Problem;
use crate::options::TypeRules;
use crate::store::{Conversation, NewEvent};

const PREFIX: &str = "custom:";
const MAX_TYPE_CHARACTERS: usize = 100;
const MAX_BODY_BYTES: usize = 4096;

/// Reads a request. The error names every wrong parameter.
pub(super) fn read(
    json: &[u8],
    rules: TypeRules,
    from_required: bool,
    conversation: &Conversation,
) -> Result<NewEvent, Problem> {
    let fields: BTreeMap<String, &RawValue> =
        serde_json::from_slice(json).map_err(|_| Problem::not_json())?;
    let event_type = read_type(fields.get("type").copied(), rules);
    let from = read_from(fields.get("from").copied(), from_required, conversation);
    let body = read_body(fields.get("body").copied());
    match (event_type, from, body) {
        (Ok(event_type), Ok(from), Ok(body)) => Ok(NewEvent { event_type, from, body }),
        (event_type, from, body) => {
            let parameters =
                [("type", event_type.err()), ("from", from.err()), ("body", body.err())];
            let invalid = parameters.into_iter().filter_map(|(name, reason)| Some((name, reason?)));
            Err(Problem::validation(invalid.collect()))
        }
    }
}

fn read_type(value: Option<&RawValue>, rules: TypeRules) -> Result<String, String> {
    let value = value.ok_or(r#""type" is required"#)?;
    let event_type: String =
        serde_json::from_str(value.get()).map_err(|_| r#""type" must be a string"#)?;
    let name = event_type
        .strip_prefix(PREFIX)
        .ok_or(r#""type" must be a valid event type: it must begin with "custom:""#)?;
    if name.is_empty() {
        return Err(r#""type" needs a name after "custom:""#.into());
    }
    if event_type.chars().count() > MAX_TYPE_CHARACTERS {
        return Err(format!(r#""type" must not exceed {MAX_TYPE_CHARACTERS} characters"#));
    }
    let allowed = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '-' | '_')
            || (c == ':' && rules == TypeRules::Namespaced)
    };
    if !name.chars().all(allowed) {
        return Err(r#""type" must contain only alphanumeric, "-" and "_" characters"#.into());
    }
    Ok(event_type)
}

fn read_from(
    value: Option<&RawValue>,
    required: bool,
    conversation: &Conversation,
) -> Result<Option<String>, String> {
    let Some(value) = value else {
        let reason = r#""from" is required when the token has a "sub""#;
        return if required { Err(reason.into()) } else { Ok(None) };
    };
    let from: String =
        serde_json::from_str(value.get()).map_err(|_| r#""from" must be a string"#)?;
    if conversation.member(&from).is_none() {
        return Err(r#""from" must be a member of the conversation"#.into());
    }
    Ok(Some(from))
}

fn read_body(value: Option<&RawValue>) -> Result<Box<RawValue>, String> {
    let value = value.ok_or(r#""body" is required"#)?;
    if !value.get().starts_with('{') {
        return Err(r#""body" must be an object"#.into());
    }
    if compact_length(value.get()) > MAX_BODY_BYTES {
        return Err(format!(r#""body" must not exceed {MAX_BODY_BYTES} bytes"#));
    }
    Ok(value.to_owned())
}

/// The length of valid JSON without insignificant whitespace.
fn compact_length(json: &str) -> usize {
    let (mut in_string, mut escaped) = (false, false);
    let significant = |byte: &u8| {
        let blank = !in_string && byte.is_ascii_whitespace();
        in_string ^= *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        !blank
    };
    json.as_bytes().iter().copied().filter(significant).count()
}
