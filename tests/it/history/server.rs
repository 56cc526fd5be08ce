//! A `PostgreSQL` server of our own: Debian's programs, a temporary folder, a certificate that it signed itself.

use super::places::Place;
use benchgate::store::history::{Postgres, Store};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The password of every role.
pub(crate) const PASSWORD: &str = "hunter2 of the tests";

/// A server that stops when nobody uses it, or when this process ends in whatever way.
pub(crate) struct Server {
    folder: TempDir,
    pub(crate) port: u16,
    programs: PathBuf,
    child: Child,
    /// As long as this is open, the server lives.
    input: Option<ChildStdin>,
}

static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
static DATABASES: AtomicUsize = AtomicUsize::new(0);

impl Server {
    /// The server that all tests share; `None` where no server is installed, which `./test` does not allow.
    pub(crate) fn shared() -> Option<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let Some(programs) = programs() else {
            assert!(std::env::var_os("BENCHGATE_TEST_ALL").is_none(), "no PostgreSQL server: install `postgresql`");
            eprintln!("skipped: no PostgreSQL server is installed");
            return None;
        };
        let server = Arc::new(Self::start(programs));
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    fn start(programs: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path, mode: u32| {
            fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        };
        mode(folder.path(), 0o755);
        let own = folder.path().join("own");
        fs::create_dir(&own).unwrap();
        let (cert, key) = (own.join("cert.pem"), own.join("key.pem"));
        let request = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext basicConstraints=critical,CA:FALSE \
            -addext subjectAltName=DNS:localhost,IP:127.0.0.1";
        run(Command::new("openssl").args(request.split_whitespace()).arg("-keyout").arg(&key).arg("-out").arg(&cert));
        fs::copy(&cert, folder.path().join("cert.pem")).unwrap();
        mode(&key, 0o600);
        let as_owner = if rustix::process::geteuid().is_root() {
            run(Command::new("chown").args(["-R", "postgres"]).arg(&own));
            vec!["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        } else {
            vec!["env"]
        };
        let data = own.join("data");
        run(Command::new(as_owner[0])
            .args(&as_owner[1..])
            .arg(programs.join("initdb"))
            .args([
                "--no-sync",
                "-A",
                "scram-sha-256",
                "-U",
                "postgres",
                "--locale=C",
                "-E",
                "UTF8",
                "--pwfile=/dev/stdin",
                "-D",
            ])
            .arg(&data)
            .current_dir("/")
            .stdin(pipe(PASSWORD)));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "port={port} listen_addresses=localhost unix_socket_directories={} fsync=off ssl=on ssl_cert_file={} ssl_key_file={} \
             max_connections=60 logging_collector=off log_min_messages=fatal",
            own.display(),
            cert.display(),
            key.display()
        );
        // When our end of the pipe closes, `read` ends and the server with it.
        let mut command = Command::new("sh");
        command.args(["-c", "\"$@\" 0</dev/null & read -r _; kill -INT $!; wait $!", "sh"]);
        command.args(&as_owner).arg(programs.join("postgres")).arg("-D").arg(&data);
        for setting in settings.split_whitespace() {
            command.args(["-c", setting]);
        }
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let server = Self { folder, port, programs, child, input };
        let began = Instant::now();
        while server.psql("postgres", "SELECT 1").is_err() {
            assert!(began.elapsed() < Duration::from_mins(1), "the server does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        for role in ["owner", "writer", "reader"] {
            server.psql("postgres", &format!("CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")).unwrap();
        }
        server
    }

    /// Runs a command as the database's superuser.
    pub(crate) fn psql(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut command = Command::new(self.programs.join("psql"));
        command.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            "127.0.0.1",
            "-U",
            "postgres",
            "-d",
            database,
        ]);
        command.args(["-p", &self.port.to_string(), "-c", sql]).env("PGPASSWORD", PASSWORD);
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// The certificate that proves the server to be this one.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

fn pipe(text: &str) -> Stdio {
    let file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut &file, text.as_bytes()).unwrap();
    std::io::Seek::rewind(&mut &file).unwrap();
    file.into()
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Where Debian keeps the server's programs, the newest version.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").ok()?.map(|entry| entry.unwrap().path().join("bin")).collect();
    found.retain(|folder| folder.join("initdb").exists());
    found.sort();
    found.pop()
}

/// A database of its own, which the role `owner` owns.
pub(crate) struct Database {
    pub(crate) server: Arc<Server>,
    pub(crate) name: String,
}

impl Database {
    pub(crate) fn new() -> Option<Self> {
        let server = Server::shared()?;
        let name = format!("test{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        server.psql("postgres", &format!("CREATE DATABASE {name} OWNER owner")).unwrap();
        Some(Self { server, name })
    }

    /// The address for a role, without its password.
    pub(crate) fn address(&self, role: &str) -> String {
        format!("postgres://{role}@localhost:{}/{}", self.server.port, self.name)
    }

    pub(crate) fn store(&self, role: &str) -> Postgres {
        store(&self.address(role))
    }

    pub(crate) fn psql(&self, sql: &str) -> String {
        self.server.psql(&self.name, sql).unwrap()
    }
}

/// The store at an address; the password is in the usual variable.
pub(crate) fn store(address: &str) -> Postgres {
    Postgres::new(address, &|name| (name == "PGPASSWORD").then(|| PASSWORD.to_owned())).unwrap()
}

impl Place for Database {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn open(&self) -> Box<dyn Store> {
        Box::new(self.store("owner"))
    }
}
