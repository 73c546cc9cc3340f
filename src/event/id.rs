use super::characters::{first_other, is_name_byte, shown};
use crate::error::{Error, Result, Status};

const MAX_LENGTH: usize = 128;

/// Ids become part of a URL's path or of the JSON that is sent, so they must not have characters
/// with a meaning there.
fn validate(text: &str, what: &str, status: Status) -> Result<()> {
    if text.is_empty() {
        return Err(Error::new(status, format!("the {what} is empty")).at(0));
    }
    if let Some(offset) = first_other(text, is_name_byte) {
        let character = text.get(offset..).and_then(|rest| rest.chars().next());
        return Err(Error::new(
            status,
            format!(
                "the {what} has {} at byte {offset}; only letters a-z and A-Z, digits, '-' and '_' are allowed",
                shown(character.unwrap_or_default())
            ),
        )
        .at(offset));
    }
    if text.len() > MAX_LENGTH {
        return Err(Error::new(
            status,
            format!("the {what} has {} characters; at most {MAX_LENGTH} are allowed", text.len()),
        )
        .at(MAX_LENGTH));
    }
    Ok(())
}

macro_rules! id {
    ($(#[doc = $doc:literal])+ $name:ident, $what:literal, $status:ident) => {
        $(#[doc = $doc])+
        ///
        /// It borrows its text: the request is built from it at once.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name<'a>(&'a str);

        impl<'a> $name<'a> {
            /// Takes an id of 1 to 128 characters of `[A-Za-z0-9_-]`.
            ///
            /// # Errors
            #[doc = concat!("[`Status::", stringify!($status), "`] for anything else.")]
            pub fn new(text: &'a str) -> Result<$name<'a>> {
                validate(text, $what, Status::$status)?;
                Ok($name(text))
            }

            /// The id's text.
            #[must_use]
            pub fn as_str(&self) -> &'a str {
                self.0
            }
        }
    };
}

id! {
    /// The id of a conversation, such as `CON-00000000-0000-0000-0000-000000000000`.
    ConversationId, "conversation id", ConversationId
}
id! {
    /// The id of a member of a conversation, such as `MEM-…`.
    MemberId, "member id", MemberId
}
id! {
    /// The id of an event within its conversation: a number in most versions of the API.
    EventId, "event id", EventId
}
