//! The instruction count that valgrind's cachegrind prints when a program ends.

/// Arguments of valgrind before the program's own: count instructions, simulate no cache, write no file.
pub const ARGUMENTS: [&str; 3] = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"];

/// Reads `==PID== I   refs:      1,234,567` (`I refs:` from 3.21 on); the last such line counts, children's come earlier.
#[must_use]
pub fn parse_instructions(stderr: &str) -> Option<f64> {
    let count = stderr.lines().rev().find_map(|line| {
        let (_, rest) = line.strip_prefix("==")?.split_once("== I")?;
        rest.trim_start().strip_prefix("refs:")
    })?;
    let digits: String = count.trim().chars().filter(|c| *c != ',').collect();
    digits.parse::<u64>().ok().map(|count| count as f64)
}

#[cfg(test)]
mod tests {
    use super::parse_instructions;

    #[test]
    fn counts_are_read_with_their_separators() {
        assert_eq!(parse_instructions("==12== \n==12== I   refs:      1,234,567\n"), Some(1_234_567.0));
        assert_eq!(parse_instructions("==12== I refs:        98\n"), Some(98.0));
        assert_eq!(parse_instructions("no valgrind here"), None);
    }
}
