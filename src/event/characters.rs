//! The characters of types and ids.

/// A letter of ASCII, a digit, `-` or `_`.
pub fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'_')
}

/// Where the first byte stands that is not allowed, if there is one.
pub fn first_other(text: &str, is_allowed: impl Fn(u8) -> bool) -> Option<usize> {
    // Without an early end, which lets the compiler look at sixteen bytes at once.
    if text.bytes().fold(true, |all, byte| all & is_allowed(byte)) {
        return None;
    }
    text.bytes().position(|byte| !is_allowed(byte))
}
