use serde::Deserialize;
use serde_json::value::RawValue;

/// An event has only four.
const MAX_PARAMETERS: usize = 16;

/// What the body of an error answer says: problem details (RFC 9457) in v0.3 and v1, or the forms
/// of older versions.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Problem {
    pub code: Option<String>,
    pub title: Option<String>,
    pub detail: Option<String>,
    pub instance: Option<String>,
}

impl Problem {
    /// Reads the fields that are there: a gateway may answer with anything.
    pub fn read(body: &[u8]) -> Problem {
        let fields = match serde_json::from_slice::<Fields<'_>>(body) {
            Ok(fields) if body.trim_ascii_start().starts_with(b"{") => fields,
            _ => return Problem::default(),
        };
        // The fragment of `type` is the code.
        let fragment = || {
            let kind = text(fields.kind)?;
            let (_, fragment) = kind.rsplit_once('#')?;
            (!fragment.is_empty()).then(|| fragment.to_owned())
        };
        Problem {
            code: text(fields.code).or_else(fragment),
            title: text(fields.title),
            detail: text(fields.detail)
                .or_else(|| text(fields.description))
                .or_else(|| text(fields.error))
                .map(|detail| detail + &invalid_parameters(fields.invalid_parameters)),
            instance: text(fields.instance),
        }
    }
}

/// The fields that are read. Other fields are skipped: a tree of the whole body would take a
/// hundred times its memory, and recursion on the stack of the caller's thread.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields<'a> {
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    title: Option<&'a RawValue>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    #[serde(borrow)]
    description: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    instance: Option<&'a RawValue>,
    #[serde(borrow)]
    invalid_parameters: Option<&'a RawValue>,
}

/// A value's text if it is a string.
fn text(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
}

/// Which parameters the server refused, as ` (name: reason; …)`.
fn invalid_parameters(value: Option<&RawValue>) -> String {
    #[derive(Deserialize)]
    struct Parameter<'a> {
        #[serde(borrow)]
        name: Option<&'a RawValue>,
        #[serde(borrow)]
        reason: Option<&'a RawValue>,
    }
    let parameters = value.and_then(|value| serde_json::from_str(value.get()).ok());
    let parameters: Vec<&RawValue> = parameters.unwrap_or_default();
    let listed: Vec<String> = parameters
        .into_iter()
        .filter_map(|parameter| {
            let Parameter { name, reason } = serde_json::from_str(parameter.get()).ok()?;
            Some(format!("{}: {}", text(name)?, text(reason)?))
        })
        .take(MAX_PARAMETERS)
        .collect();
    if listed.is_empty() { String::new() } else { format!(" ({})", listed.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problem_details() {
        let problem = Problem::read(
            br#"{"title":"Bad request.","type":"https://x#http:error:validation-fail",
                "detail":"Input validation failure.","instance":"00a59",
                "invalid_parameters":[{"name":"type","reason":"must be valid"},{"name":1}]}"#,
        );
        assert_eq!(problem.code.as_deref(), Some("http:error:validation-fail"));
        assert_eq!(problem.title.as_deref(), Some("Bad request."));
        assert_eq!(
            problem.detail.as_deref(),
            Some("Input validation failure. (type: must be valid)")
        );
        assert_eq!(problem.instance.as_deref(), Some("00a59"));
    }

    #[test]
    fn older_forms_and_other_content() {
        let legacy = Problem::read(br#"{"code":"http:error:x","description":"no"}"#);
        assert_eq!(legacy.code.as_deref(), Some("http:error:x"));
        assert_eq!(legacy.detail.as_deref(), Some("no"));
        assert_eq!(Problem::read(b"<html>502</html>"), Problem::default());
        assert_eq!(Problem::read(b"[1]"), Problem::default());
        assert_eq!(Problem::read(br#"{"code":5,"type":"no fragment"}"#), Problem::default());
    }
}
