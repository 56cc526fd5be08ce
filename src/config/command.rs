use crate::model::Metric;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// Benchmarks that one command may expand to.
pub const EXPANSIONS_MAX: usize = 1000;

/// Settings of harness `command`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CommandSuite {
    /// The build, as words; `None` when there is nothing to build.
    pub build: Option<Vec<String>>,
    /// Files that the build leaves and the launches need: globs below `directory`.
    pub artifacts: Vec<String>,
    /// What is measured.
    pub commands: Vec<Command>,
    /// Whether commands are shell text unless they say otherwise.
    pub shell: bool,
}

/// Something to execute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// A program and its arguments.
    Words(Vec<String>),
    /// Text for `sh -c`.
    Shell(String),
}

/// A measured command; with parameters, several benchmarks.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// The benchmark's name, or its first part when there are parameters.
    pub name: String,
    /// What is measured.
    pub run: Run,
    /// Executed before each launch, not measured.
    pub prepare: Option<Run>,
    /// Executed after each launch, not measured.
    pub cleanup: Option<Run>,
    /// The exit status that means success.
    pub exit_status: i32,
    /// Values for the `{name}` placeholders.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// What is measured, where it differs from the suite.
    pub metrics: Option<Vec<Metric>>,
    /// How long one launch may take, where it differs from the suite.
    pub timeout: Option<Duration>,
    /// Where launches start, where it differs from the suite.
    pub directory: Option<PathBuf>,
}

/// One benchmark of a [`Command`]: every placeholder filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpandedCommand {
    /// The benchmark's name: `name`, or `name/key=value,key2=value2`.
    pub id: String,
    /// What is measured.
    pub run: Run,
    /// Executed before each launch.
    pub prepare: Option<Run>,
    /// Executed after each launch.
    pub cleanup: Option<Run>,
    /// The exit status that means success.
    pub exit_status: i32,
}

impl Command {
    /// Every combination of the parameters' values: keys in alphabetical order, the last one changing fastest.
    #[must_use]
    pub fn expand(&self) -> Vec<ExpandedCommand> {
        let mut combinations: Vec<Vec<(&str, &str)>> = vec![Vec::new()];
        for (key, values) in &self.parameters {
            combinations = combinations
                .iter()
                .flat_map(|chosen| {
                    values.iter().map(move |value| {
                        let mut longer = chosen.clone();
                        longer.push((key.as_str(), value.as_str()));
                        longer
                    })
                })
                .collect();
        }
        combinations.iter().map(|chosen| self.expanded(chosen)).collect()
    }

    fn expanded(&self, chosen: &[(&str, &str)]) -> ExpandedCommand {
        let pairs: Vec<String> = chosen.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let id = if pairs.is_empty() { self.name.clone() } else { format!("{}/{}", self.name, pairs.join(",")) };
        let fill = |run: &Run| run.fill(chosen);
        ExpandedCommand {
            id,
            run: fill(&self.run),
            prepare: self.prepare.as_ref().map(fill),
            cleanup: self.cleanup.as_ref().map(fill),
            exit_status: self.exit_status,
        }
    }

    /// How many benchmarks [`Self::expand`] would give.
    pub(super) fn combinations(&self) -> usize {
        self.parameters.values().fold(1, |product, values| product.saturating_mul(values.len()))
    }
}

impl Run {
    /// The names of the placeholders in it.
    pub(super) fn placeholders(&self) -> BTreeSet<String> {
        let (texts, shell) = self.texts();
        texts
            .iter()
            .flat_map(|text| pieces(text, shell))
            .filter_map(|piece| match piece {
                Piece::Placeholder(name) => Some(name.to_owned()),
                Piece::Text(_) => None,
            })
            .collect()
    }

    fn texts(&self) -> (&[String], bool) {
        match self {
            Self::Words(words) => (words, false),
            Self::Shell(text) => (std::slice::from_ref(text), true),
        }
    }

    /// The same with every placeholder filled.
    pub(super) fn fill(&self, chosen: &[(&str, &str)]) -> Self {
        match self {
            Self::Words(words) => Self::Words(words.iter().map(|word| fill(word, false, chosen)).collect()),
            Self::Shell(text) => Self::Shell(fill(text, true, chosen)),
        }
    }
}

/// A value stays one word in a command, and is pasted as it is into shell text.
fn fill(text: &str, shell: bool, chosen: &[(&str, &str)]) -> String {
    pieces(text, shell)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Placeholder(name) => chosen.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| *value),
        })
        .collect()
}

enum Piece<'t> {
    Text(&'t str),
    Placeholder(&'t str),
}

/// Cuts a text at `{name}`. `{{name}}` is the text `{name}`; the shell's own `${name}` and other braces stay as they are.
fn pieces(text: &str, shell: bool) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut from = 0;
    while let Some(open) = text[from..].find('{').map(|at| from + at) {
        from = open + 1;
        let doubled = text[from..].starts_with('{');
        let inner = from + usize::from(doubled);
        let Some(name) = placeholder(&text[inner..]) else { continue };
        let after = inner + name.len() + 1;
        if doubled && text[after..].starts_with('}') {
            pieces.push(Piece::Text(&text[start..open]));
            pieces.push(Piece::Text(&text[from..after]));
            (start, from) = (after + 1, after + 1);
        } else if !(doubled || shell && text[..open].ends_with('$')) {
            pieces.push(Piece::Text(&text[start..open]));
            pieces.push(Piece::Placeholder(name));
            (start, from) = (after, after);
        }
    }
    pieces.push(Piece::Text(&text[start..]));
    pieces
}

/// The name at the start of `name}…`. What follows the name is not looked at: a text may be nothing but braces.
fn placeholder(text: &str) -> Option<&str> {
    let name = &text[..text.find(|c| !is_of_name(c))?];
    (text[name.len()..].starts_with('}') && is_parameter_name(name)).then_some(name)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// Letters, digits, `-` and `_`, beginning with a letter.
pub(super) fn is_parameter_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(is_of_name)
}
