//! Large results: how fast they are read, and in how much memory.
//!
//! `cargo bench --bench reading -- --mb 1024` writes files of load tests and of `go test -json` to a temporary folder, and a
//! tree of criterion with 5,000 benchmarks. It reads each in a process of its own, the files beside `wc -l` and a plain parse
//! of every line.

use fastrand::Rng;
use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write, stdout};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Writes the request of that number.
type WriteRequest = fn(&mut BufWriter<File>, &mut Rng, u64) -> std::io::Result<()>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = env::args().collect();
    let after =
        |flag: &str| arguments.iter().position(|argument| argument == flag).and_then(|at| arguments.get(at + 1));
    if let (Some(way), Some(file)) = (after("--way"), after("--file")) {
        return measure(way, Path::new(file));
    }
    let megabytes: usize = after("--mb").map_or(Ok(16), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    writeln!(stdout(), "| file | MB | way | MB/s | MB per CPU second | peak MB |\n|---|---|---|---|---|---|")?;
    for (name, write, ways) in [
        ("k6 points", k6 as WriteRequest, ["benchgate", "json"]),
        ("JTL as CSV", jtl_csv, ["benchgate", "csv"]),
        ("JTL as XML", jtl_xml, ["benchgate", ""]),
        ("Gatling log", gatling, ["benchgate", ""]),
        ("go events", go, ["benchgate", "json"]),
    ] {
        let path = folder.path().join("file");
        let end: &[u8] = if name == "JTL as XML" { b"</testResults>\n" } else { b"" };
        generate(&path, megabytes << 20, write, end)?;
        let megabytes = std::fs::metadata(&path)?.len() as f64 / 1e6;
        let begin = Instant::now();
        Command::new("wc").arg("-l").arg(&path).output()?;
        let seconds = begin.elapsed().as_secs_f64();
        writeln!(stdout(), "| {name} | {megabytes:.0} | `wc -l` | {:.0} | | |", megabytes / seconds)?;
        for way in ways.into_iter().filter(|way| !way.is_empty()) {
            let [seconds, cpu_seconds, peak] = in_child(way, &path)?;
            let (speed, cpu_speed) = (megabytes / seconds, megabytes / cpu_seconds);
            writeln!(stdout(), "| {name} | {megabytes:.0} | {way} | {speed:.0} | {cpu_speed:.0} | {peak:.0} |")?;
        }
    }
    let tree = folder.path().join("criterion");
    criterion(&tree, BENCHMARKS)?;
    let [seconds, cpu_seconds, peak] = in_child("benchgate", &tree)?;
    writeln!(
        stdout(),
        "\ncriterion, {BENCHMARKS} benchmarks: {seconds:.2} s, {cpu_seconds:.2} s of CPU, {peak:.0} MB"
    )?;
    Ok(())
}

/// Benchmarks of the criterion tree.
const BENCHMARKS: usize = 5_000;

/// What [`measure`] prints in a process of its own.
fn in_child(way: &str, path: &Path) -> Outcome<[f64; 3]> {
    let child = Command::new(env::current_exe()?).args(["--way", way, "--file"]).arg(path).output()?;
    let text = String::from_utf8(child.stdout)?;
    let figures: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    figures.try_into().map_err(|_| format!("{way}: {}", String::from_utf8_lossy(&child.stderr)).into())
}

/// Prints the seconds that one way takes, those of them on a CPU, and the process's peak memory in megabytes.
fn measure(way: &str, file: &Path) -> Outcome<()> {
    let begin = Instant::now();
    let found = match way {
        "benchgate" => read(file)?,
        "json" => parse_json(file)?,
        "csv" => parse_csv(file)?,
        _ => return Err("no such way".into()),
    };
    let seconds = begin.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: f64 = peak.trim().trim_end_matches(" kB").parse()?;
    assert!(found > 0, "nothing was read");
    let nanoseconds = std::fs::read_to_string("/proc/self/schedstat")?;
    let nanoseconds: f64 = nanoseconds.split_whitespace().next().ok_or("no schedstat")?.parse()?;
    writeln!(stdout(), "{seconds} {} {}", nanoseconds * 1e-9, kilobytes * 1.024e-3)?;
    Ok(())
}

fn read(file: &Path) -> Outcome<usize> {
    Ok(benchgate::harness::read(file, None)?.len())
}

fn parse_json(file: &Path) -> Outcome<usize> {
    let mut lines = 0;
    for line in BufReader::new(File::open(file)?).lines() {
        std::hint::black_box(serde_json::from_str::<serde_json::Value>(&line?)?);
        lines += 1;
    }
    Ok(lines)
}

fn parse_csv(file: &Path) -> Outcome<usize> {
    let (mut reader, mut row, mut rows) = (csv::Reader::from_path(file)?, csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut row)? {
        rows += 1;
    }
    Ok(rows)
}

/// Writes the requests number 0, 1, 2… until the file has that many bytes, and its end.
fn generate(path: &Path, bytes: usize, write: WriteRequest, end: &[u8]) -> std::io::Result<()> {
    let (mut file, mut rng) = (BufWriter::with_capacity(1 << 20, File::create(path)?), Rng::with_seed(4));
    for number in 0.. {
        write(&mut file, &mut rng, number)?;
        if number % 1_000 == 999 && std::fs::metadata(path)?.len() >= bytes as u64 {
            break;
        }
    }
    file.write_all(end)?;
    file.flush()
}

/// Milliseconds, skewed as latencies are.
fn milliseconds(rng: &mut Rng) -> f64 {
    5.0 - 20.0 * (1.0 - rng.f64()).ln()
}

fn k6(file: &mut BufWriter<File>, rng: &mut Rng, number: u64) -> std::io::Result<()> {
    let (path, latency) = (["login", "cart", "checkout"][rng.usize(..3)], milliseconds(rng));
    let time =
        format!("2026-11-21T20:{:02}:{:02}.{:09}+02:00", number / 600_000 % 60, number / 10_000 % 60, number % 10_000);
    let tags = format!(
        r#"{{"expected_response":"true","group":"","method":"GET","name":"http://localhost:8080/api/{path}","proto":"HTTP/1.1","scenario":"default","status":"200","url":"http://localhost:8080/api/{path}"}}"#
    );
    for (metric, value) in [
        ("http_reqs", 1.0),
        ("http_req_duration", latency),
        ("http_req_blocked", 0.001_5),
        ("http_req_connecting", 0.0),
        ("http_req_tls_handshaking", 0.0),
        ("http_req_sending", 0.012),
        ("http_req_waiting", latency * 0.98),
        ("http_req_receiving", 0.051),
        ("http_req_failed", 0.0),
    ] {
        writeln!(
            file,
            r#"{{"metric":"{metric}","type":"Point","data":{{"time":"{time}","value":{value},"tags":{tags}}}}}"#
        )?;
    }
    let own = r#"{"group":"","scenario":"default"}"#;
    for (metric, value) in
        [("data_sent", 340.0), ("data_received", 556.0), ("iteration_duration", latency * 1.1), ("iterations", 1.0)]
    {
        writeln!(
            file,
            r#"{{"metric":"{metric}","type":"Point","data":{{"time":"{time}","value":{value},"tags":{own}}}}}"#
        )?;
    }
    Ok(())
}

fn jtl_csv(file: &mut BufWriter<File>, rng: &mut Rng, number: u64) -> std::io::Result<()> {
    if number == 0 {
        file.write_all(
            b"timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,\
              sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n",
        )?;
    }
    let (path, latency) = (["login", "cart", "checkout"][rng.usize(..3)], milliseconds(rng) as u64);
    writeln!(
        file,
        "{},{latency},GET {path},200,OK,Thread Group 1-{},text,true,,240,495,8,8,http://localhost:8080/api/{path},{},0,0",
        1_724_904_707_285 + number / 10,
        rng.u32(1..100),
        latency - 1
    )
}

fn jtl_xml(file: &mut BufWriter<File>, rng: &mut Rng, number: u64) -> std::io::Result<()> {
    if number == 0 {
        file.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testResults version=\"1.2\">\n")?;
    }
    let (path, latency) = (["login", "cart", "checkout"][rng.usize(..3)], milliseconds(rng) as u64);
    writeln!(
        file,
        r#"<httpSample t="{latency}" lt="{}" ts="{}" s="true" lb="GET {path}" rc="200" rm="OK" tn="Thread Group 1-{}" dt="text" by="240"><java.net.URL>http://localhost:8080/api/{path}</java.net.URL></httpSample>"#,
        latency - 1,
        1_724_904_707_285 + number / 10,
        rng.u32(1..100)
    )
}

fn gatling(file: &mut BufWriter<File>, rng: &mut Rng, number: u64) -> std::io::Result<()> {
    if number == 0 {
        file.write_all(b"RUN\tsim.Burst\tburst\t1724904707000\t \t3.9.5\n")?;
    }
    let (name, start) = (["login", "cart", "checkout"][rng.usize(..3)], 1_724_904_707_285 + number / 10);
    writeln!(file, "REQUEST\tshop\tget {name}\t{start}\t{}\tOK\t ", start + milliseconds(rng) as u64)
}

/// Benchmarks of a hundred packages that take turns, each row in two events.
fn go(file: &mut BufWriter<File>, rng: &mut Rng, number: u64) -> std::io::Result<()> {
    let (package, name, time) = (number % 100, number / 100 % 50, milliseconds(rng));
    let head = format!(r#"{{"Time":"2026-11-21T20:00:00Z","Action":"output","Package":"example.com/p{package}""#);
    writeln!(file, r#"{head},"Output":"BenchmarkWork/size={name}-8 \t"}}"#)?;
    writeln!(file, r#"{head},"Output":"     100\t  {time:.1} ns/op\t      64 B/op\t       2 allocs/op\n"}}"#)
}

/// A tree as criterion leaves it, with the hundred batches that it takes by default.
fn criterion(tree: &Path, benchmarks: usize) -> std::io::Result<()> {
    let mut rng = Rng::with_seed(4);
    let list = |number: &mut dyn FnMut(u32) -> f64| {
        (1..=100).map(|batch| format!("{:?}", number(batch))).collect::<Vec<_>>().join(",")
    };
    for number in 0..benchmarks {
        let (group, name) = (format!("group-{}", number % 50), format!("benchmark-{number}"));
        let folder = tree.join(&group).join(&name).join("new");
        std::fs::create_dir_all(&folder)?;
        let iters = list(&mut |batch| f64::from(batch) * 20.0);
        let times = list(&mut |batch| f64::from(batch) * 20.0 * milliseconds(&mut rng));
        std::fs::write(
            folder.join("benchmark.json"),
            format!(
                r#"{{"group_id":"{group}","function_id":"{name}","value_str":null,"throughput":null,"full_id":"{group}/{name}","directory_name":"{group}/{name}","title":"{group}/{name}"}}"#
            ),
        )?;
        std::fs::write(
            folder.join("sample.json"),
            format!(r#"{{"sampling_mode":"Linear","iters":[{iters}],"times":[{times}]}}"#),
        )?;
        for file in ["estimates.json", "tukey.json"] {
            std::fs::write(folder.join(file), "{}")?;
        }
    }
    Ok(())
}
