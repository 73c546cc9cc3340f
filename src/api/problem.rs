use serde_json::{Map, Value};

/// What an error's body says, in the forms of v0.3 and v1 (RFC 9457) or of older versions.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Problem {
    pub code: Option<String>,
    pub title: Option<String>,
    pub detail: Option<String>,
    pub instance: Option<String>,
}

impl Problem {
    /// Reads what can be read: a gateway may answer with anything.
    pub fn read(body: &[u8]) -> Problem {
        let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(body) else {
            return Problem::default();
        };
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        // The fragment of `type` repeats the code.
        let fragment = || {
            let (_, fragment) = fields.get("type")?.as_str()?.rsplit_once('#')?;
            (!fragment.is_empty()).then(|| fragment.to_owned())
        };
        Problem {
            code: text("code").or_else(fragment),
            title: text("title"),
            detail: text("detail")
                .or_else(|| text("description"))
                .or_else(|| text("error"))
                .map(|detail| detail + &invalid_parameters(&fields)),
            instance: text("instance"),
        }
    }
}

/// Which parameters the server refused, as ` (name: reason; …)`.
fn invalid_parameters(fields: &Map<String, Value>) -> String {
    let parameters = fields.get("invalid_parameters").and_then(Value::as_array);
    let listed: Vec<String> = parameters
        .into_iter()
        .flatten()
        .filter_map(|parameter| {
            let name = parameter.get("name")?.as_str()?;
            let reason = parameter.get("reason")?.as_str()?;
            Some(format!("{name}: {reason}"))
        })
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
    fn legacy_forms_and_noise() {
        let legacy = Problem::read(br#"{"code":"http:error:x","description":"no"}"#);
        assert_eq!(legacy.code.as_deref(), Some("http:error:x"));
        assert_eq!(legacy.detail.as_deref(), Some("no"));
        assert_eq!(Problem::read(b"<html>502</html>"), Problem::default());
        assert_eq!(Problem::read(b"[1]"), Problem::default());
        assert_eq!(Problem::read(br#"{"code":5,"type":"no fragment"}"#), Problem::default());
    }
}
