//! Just enough of Rust's grammar for the house rules: tokens, paths, functions, test modules.

use std::collections::BTreeSet;

/// A word, `::`, or one other character, and the line it stands on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

impl Token {
    fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c == '_' || c.is_alphabetic())
    }
}

/// A path in code, made absolute where it begins with `crate`, `self` or `super`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    pub(crate) line: usize,
    /// Whether it is a path inside this crate; `segments` then begin at its root.
    pub(crate) ours: bool,
    pub(crate) segments: Vec<String>,
    pub(crate) in_test: bool,
}

/// A function with a body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    /// From the line of `fn` to that of the last brace.
    pub(crate) lines: usize,
}

/// A source file, read.
pub(crate) struct Source {
    /// Relative to the repository, with `/`.
    pub(crate) file: String,
    pub(crate) tokens: Vec<Token>,
    pub(crate) lines: usize,
    /// The module that the file is: `["judge", "policy"]`; empty for the crate's root.
    pub(crate) module: Vec<String>,
}

impl Source {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        let inner = file.strip_prefix("src/").unwrap_or(file).trim_end_matches(".rs");
        let mut module: Vec<String> = inner.split('/').map(str::to_owned).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
            module.pop();
        }
        Self { file: file.to_owned(), tokens: tokens(&blank(text)), lines: text.lines().count(), module }
    }

    /// The module on the floor table that this file belongs to; `None` for `lib.rs` and `main.rs`.
    pub(crate) fn top(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    /// Modules declared `#[cfg(test)] mod name;` here, as absolute paths.
    pub(crate) fn test_modules(&self) -> Vec<Vec<String>> {
        self.cfg_test()
            .into_iter()
            .filter(|&at| self.word(at) == "mod" && self.word(at + 2) == ";")
            .map(|at| self.module.iter().cloned().chain([self.word(at + 1).to_owned()]).collect())
            .collect()
    }

    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &token.text)
    }

    fn words(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(i, word)| self.word(at + i) == *word)
    }

    /// Where the items under `#[cfg(test)]` begin, their other attributes and visibility skipped.
    fn cfg_test(&self) -> Vec<usize> {
        let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
        (0..self.tokens.len()).filter(|&at| self.words(at, &mark)).map(|at| self.after_attributes(at)).collect()
    }

    fn after_attributes(&self, mut at: usize) -> usize {
        while self.words(at, &["#", "["]) {
            at = self.closing(at + 1) + 1;
        }
        if self.word(at) == "pub" {
            at = if self.word(at + 1) == "(" { self.closing(at + 1) + 1 } else { at + 1 };
        }
        at
    }

    /// The token that closes the bracket at `open`; the last token where none does.
    fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for at in open..self.tokens.len() {
            match self.word(at) {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return at;
            }
        }
        self.tokens.len() - 1
    }

    /// Every path with `::` in it, and every tree of `use`, flattened.
    pub(crate) fn paths(&self, file_is_test: bool) -> Vec<Path> {
        let test_items: BTreeSet<usize> = self.cfg_test().into_iter().collect();
        let mut found = Vec::new();
        let mut inline: Vec<(String, usize)> = Vec::new(); // inline modules, and where each ends
        let mut tests_until = 0;
        let mut at = 0;
        while at < self.tokens.len() {
            inline.retain(|(_, end)| at < *end);
            if test_items.contains(&at) {
                tests_until = tests_until.max(self.item_end(at));
            }
            if self.word(at) == "mod" && self.word(at + 2) == "{" {
                inline.push((self.word(at + 1).to_owned(), self.closing(at + 2)));
            }
            let in_use = self.word(at) == "use";
            let start = at + usize::from(in_use);
            let absolute = self.word(start) == "::" && !self.tokens.get(at.wrapping_sub(1)).is_some_and(Token::is_word);
            let start = start + usize::from(absolute);
            if !self.tokens.get(start).is_some_and(|token| token.is_word() || (in_use && token.text == "{")) {
                at += 1;
                continue;
            }
            let here: Vec<String> =
                self.module.iter().cloned().chain(inline.iter().map(|(name, _)| name.clone())).collect();
            let mut flat = Vec::new();
            let next = self.tree(start, &[], &mut flat);
            for (line, path) in flat.into_iter().filter(|(_, path)| in_use || path.len() > 1) {
                let (ours, segments) = resolve(&here, path);
                found.push(Path { line, ours, segments, in_test: file_is_test || at < tests_until });
            }
            at = next.max(at + 1);
        }
        found
    }

    fn item_end(&self, from: usize) -> usize {
        let end = (from..self.tokens.len()).find(|&at| matches!(self.word(at), "{" | ";"));
        end.map_or(self.tokens.len(), |at| if self.word(at) == "{" { self.closing(at) } else { at })
    }

    /// Reads `a::b::{c, d::e}` from `at`; answers with the token after it.
    fn tree(&self, mut at: usize, prefix: &[String], flat: &mut Vec<(usize, Vec<String>)>) -> usize {
        let mut path = prefix.to_vec();
        let line = self.tokens[at].line;
        loop {
            if self.word(at) == "{" {
                let end = self.closing(at);
                at += 1;
                while at < end {
                    at = match self.word(at) {
                        "," => at + 1,
                        "as" => at + 2,
                        _ => self.tree(at, &path, flat).max(at + 1),
                    };
                }
                return end + 1;
            }
            if self.tokens.get(at).is_some_and(|token| token.is_word() || token.text == "*") {
                path.push(self.word(at).to_owned());
                at += 1;
            }
            let follows = self.tokens.get(at + 1).is_some_and(|t| t.is_word() || t.text == "{" || t.text == "*");
            if self.word(at) != "::" || !follows {
                break;
            }
            at += 1;
        }
        flat.push((line, path));
        at
    }

    pub(crate) fn functions(&self) -> Vec<Function> {
        let is_named = |at: &usize| self.word(*at) == "fn" && self.tokens.get(at + 1).is_some_and(Token::is_word);
        (0..self.tokens.len()).filter(is_named).filter_map(|at| self.function(at)).collect()
    }

    fn function(&self, at: usize) -> Option<Function> {
        let mut body = at + 2;
        loop {
            match self.word(body) {
                "{" => break,
                ";" | "" => return None,
                "(" | "[" => body = self.closing(body) + 1,
                _ => body += 1,
            }
        }
        let (line, end) = (self.tokens[at].line, self.tokens[self.closing(body)].line);
        Some(Function { name: self.word(at + 1).to_owned(), line, lines: end - line + 1 })
    }

    /// Lines on which these tokens stand in a row.
    pub(crate) fn lines_with(&self, words: &[&str]) -> Vec<usize> {
        (0..self.tokens.len()).filter(|&at| self.words(at, words)).map(|at| self.tokens[at].line).collect()
    }
}

/// Takes `crate`, `self` and `super` off the front.
fn resolve(here: &[String], path: Vec<String>) -> (bool, Vec<String>) {
    match path.first().map(String::as_str) {
        Some("crate") => (true, path[1..].to_vec()),
        Some("self" | "super") => {
            let up = path.iter().filter(|segment| *segment == "super").count();
            let rest = path.iter().filter(|segment| !matches!(segment.as_str(), "self" | "super")).cloned();
            (true, here[..here.len().saturating_sub(up)].iter().cloned().chain(rest).collect())
        }
        _ => (false, path),
    }
}

fn tokens(code: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let length = match c {
                _ if c == '_' || c.is_alphanumeric() => {
                    rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len())
                }
                ':' if rest.starts_with("::") => 2,
                _ => c.len_utf8(),
            };
            if !c.is_whitespace() {
                tokens.push(Token { text: rest[..length].to_owned(), line: number + 1 });
            }
            rest = &rest[length..];
        }
    }
    tokens
}

/// The same text with comments, strings and character literals blanked out; line breaks stay.
pub(crate) fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment, string or character that begins at `at` ends; `at` where none begins.
fn literal_end(chars: &[char], at: usize) -> usize {
    let get = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let until =
        |from: usize, stop: &dyn Fn(usize) -> bool| (from..chars.len()).find(|&i| stop(i)).unwrap_or(chars.len());
    match (get(at), get(at + 1)) {
        ('/', '/') => until(at, &|i| chars[i] == '\n'),
        ('/', '*') => block_comment_end(chars, at),
        ('"', _) => string_end(chars, at),
        ('r', '"' | '#') if at == 0 || !is_word_end(get(at - 1)) => {
            let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
            if get(at + 1 + hashes) != '"' {
                return at; // a raw identifier
            }
            let closes = |i: usize| chars[i] == '"' && (1..=hashes).all(|n| get(i + n) == '#');
            (until(at + 2 + hashes, &closes) + 1 + hashes).min(chars.len())
        }
        ('\'', '\\') => (until(at + 3, &|i| chars[i] == '\'') + 1).min(chars.len()),
        ('\'', _) if get(at + 2) == '\'' => at + 3,
        _ => at,
    }
}

/// Whether an `r` after this character belongs to a longer word; `br` and `cr` begin raw strings.
fn is_word_end(c: char) -> bool {
    (c.is_alphanumeric() && !matches!(c, 'b' | 'c')) || c == '_'
}

fn string_end(chars: &[char], open: usize) -> usize {
    let mut at = open + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

fn block_comment_end(chars: &[char], open: usize) -> usize {
    let (mut at, mut depth) = (open, 0_usize);
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}
