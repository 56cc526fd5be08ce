//! Six little workloads, one per launch: `quickstart sort` sorts for a few dozen milliseconds and prints a checksum.

mod input;

mod hash;
mod sieve;
mod sort;
mod wordcount;

mod matrix;
mod parse;

use std::process::ExitCode;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let run: fn() -> u64 = match name.as_str() {
        "hash" => hash::run,
        "matrix" => matrix::run,
        "parse" => parse::run,
        "sieve" => sieve::run,
        "sort" => sort::run,
        "wordcount" => wordcount::run,
        _ => {
            eprintln!("usage: quickstart hash|matrix|parse|sieve|sort|wordcount");
            return ExitCode::from(2);
        }
    };
    println!("{name}: {:016x}", run());
    ExitCode::SUCCESS
}
