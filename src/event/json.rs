//! Checks JSON and removes insignificant whitespace. Everything else stays byte for byte.
//!
//! A JSON library would rewrite `1.0`, `1e400` or `"\u00e9"`, drop duplicate keys and report
//! lines instead of bytes. Its recursion would use the stack of the caller's thread.

use std::borrow::Cow;

use super::characters::shown;

/// Each level takes one bit of [`Open::objects`].
const MAX_DEPTH: u32 = u128::BITS;

/// Where and how a text violates the grammar of RFC 8259.
pub(super) struct Fault {
    pub what: String,
    pub offset: usize,
}

/// One JSON value without insignificant whitespace.
pub(super) struct Compact<'a> {
    /// The value; only its beginning if it is over the limit.
    pub text: Cow<'a, str>,
    /// The value's bytes, also if it is over the limit.
    pub size: usize,
    /// Where the value begins in the input.
    pub start: usize,
    /// Where the first byte over the limit is in the input.
    pub over_limit_at: Option<usize>,
    pub is_object: bool,
}

/// Takes exactly one value, nested at most [`MAX_DEPTH`] levels deep. Text beyond `limit` bytes is
/// checked and counted but not kept.
pub(super) fn compact(text: &str, limit: usize) -> Result<Compact<'_>, Fault> {
    let mut scanner = Scanner {
        text,
        bytes: text.as_bytes(),
        at: 0,
        run_start: 0,
        limit,
        output: Compact {
            text: Cow::Borrowed(""),
            size: 0,
            start: 0,
            over_limit_at: None,
            is_object: false,
        },
    };
    scanner.skip_whitespace();
    scanner.output.start = scanner.at;
    scanner.output.is_object = scanner.peek() == Some(b'{');
    scanner.document()?;
    Ok(scanner.output)
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// The start of the significant bytes that are not yet in the output.
    run_start: usize,
    limit: usize,
    output: Compact<'a>,
}

#[derive(Clone, Copy)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    CommaOrEnd,
}

/// The objects and arrays that are open.
#[derive(Default)]
struct Open {
    depth: u32,
    /// One bit for each: 1 for an object, 0 for an array. The innermost is the lowest bit.
    objects: u128,
}

impl Open {
    fn push(&mut self, is_object: bool) {
        self.depth += 1;
        self.objects = self.objects << 1 | u128::from(is_object);
    }

    fn pop(&mut self) {
        self.depth -= 1;
        self.objects >>= 1;
    }

    /// The bracket that closes the innermost object or array.
    fn close(&self) -> Option<u8> {
        let bracket = if self.objects & 1 == 1 { b'}' } else { b']' };
        (self.depth > 0).then_some(bracket)
    }
}

impl<'a> Scanner<'a> {
    fn document(&mut self) -> Result<(), Fault> {
        let mut open = Open::default();
        let mut expect = Expect::Value;
        loop {
            self.skip_whitespace();
            let byte = self.peek();
            expect = match (expect, byte) {
                (Expect::KeyOrEnd, Some(b'}')) | (Expect::ValueOrEnd, Some(b']')) => {
                    self.at += 1;
                    open.pop();
                    Expect::CommaOrEnd
                }
                (Expect::Value | Expect::ValueOrEnd, Some(bracket @ (b'{' | b'['))) => {
                    if open.depth == MAX_DEPTH {
                        let what = format!("it is nested more than {MAX_DEPTH} levels deep");
                        return Err(self.fault(what));
                    }
                    self.at += 1;
                    open.push(bracket == b'{');
                    if bracket == b'{' { Expect::KeyOrEnd } else { Expect::ValueOrEnd }
                }
                (Expect::Value | Expect::ValueOrEnd, _) => {
                    self.scalar()?;
                    Expect::CommaOrEnd
                }
                (Expect::Key | Expect::KeyOrEnd, _) => {
                    self.key()?;
                    Expect::Value
                }
                (Expect::CommaOrEnd, Some(b',')) => {
                    self.at += 1;
                    if open.close() == Some(b'}') { Expect::Key } else { Expect::Value }
                }
                (Expect::CommaOrEnd, Some(_)) if open.close() == byte => {
                    self.at += 1;
                    open.pop();
                    Expect::CommaOrEnd
                }
                (Expect::CommaOrEnd, _) => {
                    let close = open.close().map_or(' ', char::from);
                    return Err(self.unexpected(&format!("',' or '{close}'")));
                }
            };
            if open.depth == 0 && matches!(expect, Expect::CommaOrEnd) {
                self.skip_whitespace();
                return match self.peek() {
                    None => Ok(()),
                    Some(_) => Err(self.unexpected("the end")),
                };
            }
        }
    }

    fn key(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        self.string()?;
        self.skip_whitespace();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("':'"));
        }
        self.at += 1;
        Ok(())
    }

    fn scalar(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                return Err(self.unexpected(&format!("\"{word}\"")));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.fault("a number has a leading zero".to_owned()));
            }
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected("a digit"));
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), Fault> {
        let quote = self.at;
        self.at += 1;
        loop {
            self.at += plain_length(self.bytes.get(self.at..).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(_) => {
                    return Err(self.fault(
                        "a string has a control character that is not escaped (write a line break as \\n)"
                            .to_owned(),
                    ));
                }
                None => {
                    self.at = quote;
                    return Err(self.fault("unterminated string that begins".to_owned()));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let backslash = self.at;
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                let whole = match self.code_unit()? {
                    0xd800..=0xdbff => self.low_surrogate()?,
                    0xdc00..=0xdfff => false,
                    _ => true,
                };
                if whole {
                    return Ok(());
                }
                // RFC 8259, 8.2: half a pair is not a character, and receivers treat it
                // differently.
                self.at = backslash;
                Err(self.fault("half of a surrogate pair without the other half".to_owned()))
            }
            _ => Err(self.unexpected("one of \"\\/bfnrtu after a backslash")),
        }
    }

    /// Reads an escape if one follows. Returns whether it is the second half of a surrogate pair.
    fn low_surrogate(&mut self) -> Result<bool, Fault> {
        if self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
            return Ok(false);
        }
        self.at += 1;
        Ok(matches!(self.code_unit()?, 0xdc00..=0xdfff))
    }

    /// The four hexadecimal digits after a `u`.
    fn code_unit(&mut self) -> Result<u32, Fault> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| char::from(byte).to_digit(16)) else {
                return Err(self.unexpected("a hexadecimal digit"));
            };
            unit = unit * 16 + digit;
            self.at += 1;
        }
        Ok(unit)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_whitespace(&mut self) {
        let end_of_run = self.at;
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
        if self.at > end_of_run || self.at == self.bytes.len() {
            self.take_run(end_of_run);
            self.run_start = self.at;
        }
    }

    fn take_run(&mut self, end: usize) {
        let length = end - self.run_start;
        let room = self.limit.saturating_sub(self.output.size);
        self.output.size += length;
        if length <= room {
            let run = self.text.get(self.run_start..end).unwrap_or_default();
            self.append(run);
        } else if self.output.over_limit_at.is_none() {
            self.output.over_limit_at = Some(self.run_start + room);
        }
    }

    /// A value without insignificant whitespace inside is one run, and stays borrowed.
    fn append(&mut self, run: &'a str) {
        match &mut self.output.text {
            Cow::Owned(text) => text.push_str(run),
            Cow::Borrowed("") => self.output.text = Cow::Borrowed(run),
            Cow::Borrowed(first) => {
                let mut text = String::with_capacity(self.text.len().min(self.limit));
                text.push_str(first);
                text.push_str(run);
                self.output.text = Cow::Owned(text);
            }
        }
    }

    fn unexpected(&self, expected: &str) -> Fault {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match rest.chars().next() {
            None => self.fault(format!("{expected} was expected, but the text ends")),
            Some(found) => {
                self.fault(format!("{expected} was expected instead of {}", shown(found)))
            }
        }
    }

    fn fault(&self, what: String) -> Fault {
        Fault { what, offset: self.at }
    }
}

/// How many bytes at the beginning of a string need no escape.
fn plain_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| PLAIN[usize::from(**byte)]).count()
}

static PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut control = 0;
    while control < b' ' {
        plain[control as usize] = false;
        control += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain
};
/// A text as a JSON string, without its quotes.
pub fn escaped(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') & (byte != b'"') & (byte != b'\\');
    // Nearly all texts are plain.
    if text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        return Cow::Borrowed(text);
    }
    // Writing a text as JSON never fails.
    let mut content = serde_json::to_string(text).unwrap_or_default();
    content.pop();
    content.drain(..content.len().min(1));
    Cow::Owned(content)
}
