use crate::report::text;
use crate::run::{Progress, Step};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::time::{Duration, Instant};

/// Time between two lines of progress where nothing can be drawn over.
const PLAIN_EVERY: Duration = Duration::from_secs(15);

/// The story on standard error: a bar on a terminal, a line now and then elsewhere, nothing when quiet.
pub struct Console {
    bar: Option<ProgressBar>,
    quiet: bool,
    last_plain: Instant,
}

impl Console {
    /// Whether standard error is a terminal, and whether anything shall be said at all.
    #[must_use]
    pub fn new(terminal: bool, quiet: bool) -> Self {
        let bar = (terminal && !quiet).then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()));
        if let Some(bar) = &bar {
            bar.set_style(spinner());
        }
        Self { bar, quiet, last_plain: Instant::now() }
    }

    /// Whole lines; names in them may be anybody's.
    fn plain(&self, story: &str) {
        if !self.quiet {
            let lines: Vec<String> = story.lines().map(text::line).collect();
            let _ = writeln!(std::io::stderr(), "{}", text::without_commands(&lines.join("\n")));
        }
    }
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn measuring() -> ProgressStyle {
    let template = "{spinner} [{bar:16}] {wide_msg}";
    ProgressStyle::with_template(template)
        .map_or_else(|_| ProgressStyle::default_bar(), |style| style.progress_chars("━╸─"))
}

fn eta(step: &Step) -> String {
    let seconds = step.remaining.as_secs();
    format!("at most {}m {:02}s left", seconds / 60, seconds % 60)
}

impl Progress for Console {
    fn phase(&mut self, story: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_message(text::line(story));
                bar.set_style(spinner());
                bar.unset_length();
                bar.reset_elapsed();
                // Not before there is something to say: most commands never wait.
                bar.enable_steady_tick(Duration::from_millis(200));
            }
            None => self.plain(story),
        }
    }

    fn step(&mut self, step: &Step) {
        let decided = format!("{}/{} decided", step.decided, step.benchmarks);
        if let Some(bar) = &self.bar {
            if bar.length().is_none() {
                bar.set_style(measuring());
            }
            bar.set_length(step.done + step.remaining_max);
            bar.set_position(step.done);
            let launches = format!("{}/{} launches", step.done, step.done + step.remaining_max);
            bar.set_message(text::line(&format!("{launches}, {decided}, {}  {}", eta(step), step.current)));
        } else if step.done > 0 && self.last_plain.elapsed() >= PLAIN_EVERY {
            self.last_plain = Instant::now();
            self.plain(&format!("{} launches, {decided}, {}", step.done, eta(step)));
        }
    }

    fn note(&mut self, story: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.plain(story)),
            None => self.plain(story),
        }
    }

    fn finish(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
