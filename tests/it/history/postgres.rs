//! What only a server has: roles, TLS, connections that end.

use super::laws::everything;
use super::places::entry;
use super::server::{Database, PASSWORD, store};
use super::session::sixty;
use crate::world::Repo;
use benchgate::store::history::{Appended, Keep, Store, Trouble, Wanted, verify};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn roles_may_do_what_they_must_and_no_more() {
    let Some(database) = Database::new() else { return };
    // Nobody but the owner may make tables.
    let error = database.store("writer").append(&sixty()[..1]).unwrap_err();
    assert!(error.to_string().contains("permission denied"), "{error}");
    database.store("owner").append(&sixty()[..1]).unwrap();
    let page = include_str!("../../../docs/history.md");
    let grants: Vec<&str> = page.lines().filter(|line| line.starts_with("GRANT ")).collect();
    assert_eq!(grants.len(), 3, "the page says which rights each role needs");
    grants.iter().for_each(|grant| drop(database.psql(grant)));

    assert_eq!(database.store("writer").append(&sixty()).unwrap(), Appended { added: 59, known: 1 });
    for role in ["writer", "reader"] {
        assert_eq!(everything(&mut database.store(role)), sixty());
        assert_eq!(verify(&mut database.store(role)).unwrap().damaged, [""; 0]);
        let error = database.store(role).prune(Keep { newest: 1, then: None }).unwrap_err();
        assert!(error.trouble == Trouble::Access && error.to_string().contains("permission denied"), "{error}");
    }
    let error = database.store("reader").append(&[entry("s", "c", 99, &[("a", 1.0)])]).unwrap_err();
    assert!(error.to_string().contains("use a role that may do this"), "{error}");
    assert_eq!(database.store("owner").prune(Keep { newest: 1, then: None }).unwrap(), 59);
}

#[test]
fn a_server_proves_who_it_is() {
    let Some(database) = Database::new() else { return };
    let certificate = database.server.certificate();
    let address = |query: &str| format!("{}?{query}", database.address("owner"));
    let with = |roots: &str| address(&format!("sslmode=verify-full&sslrootcert={roots}"));
    store(&with(&certificate.display().to_string())).append(&sixty()[..1]).unwrap();
    // By a name that is not in its certificate, or signed by nobody we know: no.
    let other = with(&certificate.display().to_string()).replace("localhost", "localhost.localdomain");
    for address in [address("sslmode=require"), other] {
        let error = store(&address).append(&sixty()[..1]).unwrap_err();
        assert!(error.trouble == Trouble::Unreachable, "{error}");
    }
    let secure = "SELECT count(*) FROM pg_stat_ssl WHERE ssl";
    let mut open = store(&with(&certificate.display().to_string()));
    open.load(&Wanted::default()).unwrap();
    assert_ne!(database.psql(secure).trim(), "0");
}

#[test]
fn a_wrong_password_a_wrong_database_and_no_server_are_told_without_secrets() {
    let Some(database) = Database::new() else { return };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (address, problem) in [
        (database.address("owner").replace("owner@", "owner:hunter3@"), "password authentication failed"),
        (database.address("owner") + "x", "does not exist"),
        (format!("postgres://owner:{port}@localhost:{port}/d"), "onnection refused"),
    ] {
        let error = store(&address).load(&Wanted::default()).unwrap_err().to_string();
        assert!(error.contains(problem) && !error.contains("hunter"), "{error}");
    }
    let repo = Repo::new().with("PGPASSWORD", PASSWORD).with("STORE", database.address("owner"));
    let run = repo.gate("history show --store env:STORE");
    run.exits(0).prints("no run in postgres://localhost:");
    assert!(!run.stdout.contains("owner") && !run.stdout.contains("hunter"), "{run}");
}

#[test]
fn newer_tables_and_changed_values_are_told() {
    let Some(database) = Database::new() else { return };
    database.store("owner").append(&sixty()).unwrap();
    database.psql("UPDATE benchgate.value SET value = value * 1.5 WHERE run = 7 AND series = 1");
    let found = verify(&mut database.store("owner")).unwrap();
    assert!(found.damaged.len() == 1 && found.damaged[0].contains("its checksum does not fit"), "{:?}", found.damaged);
    database.psql("DELETE FROM benchgate.run WHERE id = 9");
    assert!(!verify(&mut database.store("owner")).unwrap().damaged.is_empty());
    database.psql("INSERT INTO benchgate.migration (version) VALUES (99)");
    for error in [
        database.store("owner").load(&Wanted::default()).err(),
        database.store("owner").append(&[entry("s", "c", 99, &[("a", 1.0)])]).err(),
    ] {
        let error = error.unwrap();
        assert!(error.trouble == Trouble::Newer && error.to_string().contains("schema 99 is newer"), "{error}");
    }
}

#[test]
fn sixteen_who_come_first_make_the_tables_once() {
    let Some(database) = Database::new() else { return };
    std::thread::scope(|scope| {
        for n in 0..16 {
            let database = &database;
            scope.spawn(move || database.store("owner").append(&[entry("s", "c", n, &[("a", 1.0)])]).unwrap());
        }
    });
    assert_eq!(everything(&mut database.store("owner")).len(), 16);
    assert_eq!(database.psql("SELECT count(*) FROM benchgate.migration").trim(), "1");
}

/// Passes connections on to a port, and cuts them after so many bytes from the client; the last number holds for all others.
fn cutting(port: u16, after: Vec<usize>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(mut client), Ok(mut server)) = (client, TcpStream::connect(("127.0.0.1", port))) else { return };
            let (mut back, mut forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut back, &mut forth);
                let _ = forth.shutdown(std::net::Shutdown::Both);
            });
            let number = count.fetch_add(1, Ordering::Relaxed);
            let mut left = *after.get(number).unwrap_or(&after[after.len() - 1]);
            std::thread::spawn(move || {
                let mut buffer = [0_u8; 512];
                while let Ok(read @ 1..) = client.read(&mut buffer) {
                    let passed = read.min(left);
                    let sent = server.write_all(&buffer[..passed]);
                    left -= passed;
                    if left == 0 || sent.is_err() {
                        break;
                    }
                }
                let _ = server.shutdown(std::net::Shutdown::Both);
                let _ = client.shutdown(std::net::Shutdown::Both);
            });
        }
    });
    own
}

#[test]
fn a_connection_that_is_cut_anywhere_loses_nothing_and_doubles_nothing() {
    let Some(database) = Database::new() else { return };
    database.store("owner").append(&sixty()[..1]).unwrap();
    let whole = usize::MAX;
    for (n, cut) in (300..6_000).step_by(700).enumerate() {
        let port = cutting(database.server.port, vec![cut, cut + 170, whole]);
        let address = format!("postgres://owner@localhost:{port}/{}", database.name);
        let appended = store(&address).append(&sixty()[..n + 2]).unwrap();
        assert_eq!(appended.added + appended.known, n + 2);
        assert_eq!(everything(&mut database.store("owner")), sixty()[..n + 2]);
    }
    let port = cutting(database.server.port, vec![700]);
    let error = store(&format!("postgres://owner@localhost:{port}/{}", database.name)).append(&sixty()).unwrap_err();
    assert!(error.trouble == Trouble::Unreachable && error.to_string().contains("no run is stored twice"), "{error}");
    assert_eq!(verify(&mut database.store("owner")).unwrap().damaged, [""; 0]);
}

#[test]
fn people_and_their_tools_find_one_row_per_value() {
    let Some(database) = Database::new() else { return };
    database.store("owner").append(&sixty()[..2]).unwrap();
    let found = database.psql("SELECT time, suite, benchmark, metric, unit, environment, value FROM benchgate.point ORDER BY time, benchmark LIMIT 1");
    assert!(found.starts_with("2023-11-14 22:13:20+00|s|a|wall-time|s|epyc|0.10"), "{found}");
}
