//! Runs `publish` in this process, with a clock that does not make anybody wait.

use super::stand_in::{BOT_TOKEN, StandIn};
use crate::world::Repo;
use benchgate::deliver::github::{ANSWER_WITHIN, Access, Client, Token};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// The pull request of these tests, and its head.
pub(super) const PULL: u64 = 12;
pub(super) const HEAD: &str = "9b0c77e1f9b0c77e1f9b0c77e1f9b0c77e1f9b0c";
/// An earlier head.
pub(super) const FORMER: &str = "1111111111111111111111111111111111111111";

/// A folder with reports, and a GitHub.
pub(super) struct Desk {
    pub(super) server: StandIn,
    pub(super) repo: Repo,
    variables: Vec<(String, String)>,
}

/// A publication that has ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) status: u8,
    pub(super) out: String,
    pub(super) err: String,
    pub(super) pauses: Vec<Duration>,
}

impl Ran {
    #[track_caller]
    pub(super) fn exits(&self, status: u8) -> &Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    #[track_caller]
    pub(super) fn says(&self, text: &str) -> &Self {
        assert!(self.err.contains(text), "no '{text}' in {self:#?}");
        self
    }

    #[track_caller]
    pub(super) fn prints(&self, text: &str) -> &Self {
        assert!(self.out.contains(text), "no '{text}' in {self:#?}");
        self
    }

    pub(super) fn waited(&self) -> Duration {
        self.pauses.iter().sum()
    }
}

impl Desk {
    /// Two reports: `red.json` and `green.json`; nothing is drawn, which takes longer than all the rest.
    pub(super) fn new() -> Self {
        let desk = Self::with_pictures();
        desk.repo.write("benchgate.toml", "[github]\npictures = false\n");
        desk
    }

    /// Likewise, and the comment has pictures.
    pub(super) fn with_pictures() -> Self {
        let server = StandIn::start();
        server.store().pull(PULL, HEAD);
        let repo = Repo::folder("desk");
        let rows = |sort: f64| {
            let row = |i: u32| {
                let noise = 1.0 + f64::from(i % 5) / 1000.0;
                format!("sort,wall-time,ms,{}\nparse,wall-time,ms,{}\n", sort * noise, 50.0 * noise)
            };
            format!("benchmark,metric,unit,value\n{}", (0..20).map(row).collect::<String>())
        };
        repo.write("base.csv", rows(100.0)).write("same.csv", rows(100.0)).write("slow.csv", rows(150.0));
        let variables = vec![("GITHUB_API_URL".to_owned(), server.url().to_owned())];
        let mut desk = Self { server, repo, variables };
        for (name, value) in [("GITHUB_REPOSITORY", "octo/repo"), ("GITHUB_TOKEN", BOT_TOKEN), ("GITHUB_RUN_ID", "77")]
        {
            desk.set(name, value);
        }
        desk.report("red.json", "slow.csv", 1);
        desk.report("green.json", "same.csv", 0);
        desk
    }

    /// A report of two files; made once, since judging takes longer than reading.
    fn report(&self, name: &'static str, head: &str, status: u8) {
        static MADE: Mutex<BTreeMap<&str, Vec<u8>>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap();
        let text = made.entry(name).or_insert_with(|| {
            self.run(&format!("compare base.csv {head} -o {name}")).exits(status);
            fs::read(self.path(name)).unwrap()
        });
        fs::write(self.path(name), text).unwrap();
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.variables.retain(|(known, _)| known != name);
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.repo.root().join(name)
    }

    /// A changed copy of a report.
    pub(super) fn changed(&self, from: &str, to: &str, change: impl FnOnce(&mut Value)) {
        let mut value: Value = serde_json::from_slice(&fs::read(self.path(from)).unwrap()).unwrap();
        change(&mut value);
        fs::write(self.path(to), value.to_string()).unwrap();
    }

    /// Publishes for the pull request's head.
    pub(super) fn publish(&self, words: &str) -> Ran {
        self.run(&format!("publish --pull-request {PULL} --sha {HEAD} {words}"))
    }

    /// Runs a command line; nobody waits.
    pub(super) fn run(&self, words: &str) -> Ran {
        run(self.repo.root(), &self.variables, words, &|_| {})
    }

    /// A client of one's own.
    pub(super) fn client<'a>(&self, pause: &'a dyn Fn(Duration) -> bool) -> Client<'a> {
        self.client_within(pause, ANSWER_WITHIN)
    }

    /// Likewise, with little patience for an answer.
    pub(super) fn client_within<'a>(&self, pause: &'a dyn Fn(Duration) -> bool, within: Duration) -> Client<'a> {
        let token = self.variables.iter().find(|(name, _)| name == "GITHUB_TOKEN").unwrap();
        let access = Access {
            api: self.server.url().to_owned(),
            graphql: None,
            server: "https://github.com".to_owned(),
            repository: "octo/repo".parse().unwrap(),
            token: Token::new(&token.1).unwrap(),
            within,
        };
        Client::open(access, pause).unwrap()
    }

    /// Publishes in a thread of its own, with a clock that tells the truth.
    pub(super) fn publish_in_real_time(root: &Path, url: &str, words: &str) -> Ran {
        let variables = [("GITHUB_API_URL", url), ("GITHUB_REPOSITORY", "octo/repo"), ("GITHUB_TOKEN", BOT_TOKEN)];
        run(root, &variables.map(|(name, value)| (name.to_owned(), value.to_owned())), words, &std::thread::sleep)
    }

    /// The one comment of the pull request.
    #[track_caller]
    pub(super) fn comment(&self) -> String {
        let all = self.server.store().comments_of(PULL);
        assert_eq!(all.len(), 1, "{all:#?}");
        all[0].body.clone()
    }
}

/// Runs a command line in a folder.
fn run(root: &Path, variables: &[(String, String)], words: &str, pause: &dyn Fn(Duration)) -> Ran {
    // Files that are written start where the process is.
    let words = words.replace("-o ", &format!("-o {}/", root.display()));
    let words = shell_words::split(&words).unwrap();
    let root = root.display().to_string();
    let typed = ["benchgate", "-C", &root].map(OsString::from).into_iter().chain(words.into_iter().map(OsString::from));
    let cli = benchgate::cli::parse(typed).unwrap_or_else(|error| panic!("{error}"));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let pauses = RefCell::new(Vec::new());
    let mut io = benchgate::Io {
        input: &mut std::io::empty(),
        out: &mut out,
        err: &mut err,
        out_is_terminal: false,
        err_is_terminal: false,
        width: 100,
        pause: &|time| {
            pauses.borrow_mut().push(time);
            pause(time);
        },
        variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
    };
    let status = benchgate::cmd::main(cli, &mut io).code();
    let text = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("secretsecret"), "a token shows: {text}");
        text
    };
    Ran { status, out: text(out), err: text(err), pauses: pauses.into_inner() }
}
