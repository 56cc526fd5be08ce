//! What every page of ours begins with and carries: its head, its style, its script, and the policy that lets a browser run and load
//! these and nothing else.

use sha2::{Digest as _, Sha256};
use std::io::{self, Write};

/// A page up to its body.
const HEAD: &str = include_str!("head.html");

/// What is the same in every copy of a page.
pub(crate) struct Shell {
    style: String,
    script: String,
    policy: String,
}

impl Shell {
    /// `more` names further sources of scripts, as a policy does; none where it is empty.
    pub(crate) fn new(styles: &[&str], scripts: &[&str], more: &str) -> Self {
        let (style, script) = (inline_style(&styles.concat()), inline_script(&scripts.concat()));
        let policy = format!(
            "default-src 'none'; img-src data:; style-src '{}'; script-src '{}'{more}; base-uri 'none'; form-action 'none'",
            hash(&style),
            hash(&script)
        );
        Self { style, script, policy }
    }

    /// Writes the head and a body. Where `{{name}}` stands in them, `part` writes, unless it is the shell's own.
    pub(crate) fn write(
        &self,
        body: &str,
        out: &mut dyn Write,
        part: &mut dyn FnMut(&str, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        for template in [HEAD, body] {
            let mut pieces = template.split("{{");
            out.write_all(pieces.next().unwrap_or_default().as_bytes())?;
            for piece in pieces {
                let (name, rest) = piece.split_once("}}").unwrap_or(("", piece));
                match name {
                    "policy" => out.write_all(self.policy.as_bytes())?,
                    "style" => out.write_all(self.style.as_bytes())?,
                    "script" => out.write_all(self.script.as_bytes())?,
                    name => part(name, out)?,
                }
                out.write_all(rest.as_bytes())?;
            }
        }
        Ok(())
    }
}

/// A style sheet as the content of its element. XML takes what stands between the comments for plain text, HTML takes it as it is.
fn inline_style(style: &str) -> String {
    format!("/*<![CDATA[*/\n{style}/*]]>*/")
}

/// Likewise, a program, whose names are its own.
fn inline_script(script: &str) -> String {
    format!("//<![CDATA[\n(function () {{\n'use strict';\n{script}}})();\n//]]>")
}

/// What a Content-Security-Policy calls an inline text by (W3C, CSP Level 3, section 2.3.1).
fn hash(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text.as_bytes())))
}

/// RFC 4648, section 4.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().chain(&[0, 0]).take(3).fold(0_usize, |word, byte| word << 8 | usize::from(*byte));
        for i in 0..4 {
            text.push(if i <= chunk.len() { char::from(DIGITS[word >> (18 - 6 * i) & 63]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_spelt_in_base64() {
        let spelt = ["", "f", "fo", "foo", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(spelt, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYmFy"], "RFC 4648, section 10");
    }
}
