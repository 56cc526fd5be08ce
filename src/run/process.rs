//! What this process itself asks of the system: signals, and the terminal's size.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From now on Ctrl-C, SIGTERM and SIGHUP end the run in order: children killed and reaped, the journal whole. A second
/// signal ends the process at once.
pub fn end_on_signals() {
    let flag = INTERRUPTED.get_or_init(Arc::default);
    for &signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM].iter().chain(HANG_UP) {
        // A system without the signal has nothing to handle.
        let _ = signal_hook::flag::register_conditional_shutdown(signal, 2, Arc::clone(flag));
        let _ = signal_hook::flag::register(signal, Arc::clone(flag));
    }
}

/// The terminal is gone.
#[cfg(unix)]
const HANG_UP: &[i32] = &[signal_hook::consts::SIGHUP];
#[cfg(windows)]
const HANG_UP: &[i32] = &[];

/// Whether a signal asked for the end.
pub fn interrupted() -> bool {
    INTERRUPTED.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// Columns of the terminal that standard output is.
pub fn terminal_columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
    (width.0 >= 20).then(|| usize::from(width.0))
}
