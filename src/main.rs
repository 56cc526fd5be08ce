//! Connects the process to the library, nothing else.

use std::io::IsTerminal;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
    let (out_is_terminal, err_is_terminal) = (stdout.is_terminal(), stderr.is_terminal());
    let status = benchgate::main(
        std::env::args_os(),
        &mut benchgate::Io {
            input: &mut std::io::stdin(),
            out: &mut stdout.lock(),
            err: &mut std::io::stderr(),
            out_is_terminal,
            err_is_terminal,
            width: benchgate::terminal_width(out_is_terminal),
            pause: &std::thread::sleep,
            variables: std::env::vars_os().collect(),
        },
    );
    ExitCode::from(status.code())
}
