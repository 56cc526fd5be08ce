//! The XML of `PHPBench`: iterations of each variant of each subject, in microseconds; each iteration is a process of its own.

use super::error::shown_name;
use super::gathered::{At, Gathered, wall_time};
use super::quantity::number;
use super::text::text;
use super::xml::{Element, Event, Reader};
use super::{Artifact, Format, ITERATIONS_MAX, ParseError, Results, foreign_metric, one_value_per_launch};
use crate::model::{Better, Measurement, Unit};

pub(super) const FORMAT: Format =
    Format { name: "phpbench", about: "a file written by `phpbench run --dump-file FILE`", detect, read };

fn detect(artifact: &Artifact) -> bool {
    let head = artifact.head();
    let name = b"<phpbench";
    head.trim_ascii_start().starts_with(b"<") && head.windows(name.len()).any(|window| window == name)
}

/// Where the reader is.
#[derive(Default)]
struct Place {
    class: String,
    subject: String,
    variant: Option<Variant>,
}

/// A subject with one set of parameters.
struct Variant {
    at: At,
    /// Revolutions of an iteration, where the iteration does not say.
    revolutions: Option<f64>,
    parameters: String,
    times: Vec<f64>,
    /// Peak memory of the iterations that state it.
    memory: Vec<f64>,
    has_failed: bool,
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let text = text(path, artifact.file(FORMAT.name)?)?;
    let mut gathered = Gathered::new(path, FORMAT.name);
    let mut place = Place::default();
    for event in Reader::new(text) {
        let event = event.map_err(|(at, problem)| {
            ParseError::line(path, at, problem, "write the file again with phpbench: its writer was interrupted")
        })?;
        match event {
            Event::Begin(element) => place.begin(&element, &gathered)?,
            Event::End(name, _) if name == "variant" => {
                if let Some(variant) = place.variant.take() {
                    variant.add(&place, &mut gathered)?;
                }
            }
            Event::End(..) => {}
        }
    }
    Ok(gathered.results())
}

impl Place {
    fn begin(&mut self, element: &Element, gathered: &Gathered) -> Result<(), ParseError> {
        let own_name = |attribute| element.get(attribute).unwrap_or_default().to_owned();
        match (element.name.as_str(), &mut self.variant) {
            ("benchmark", _) => self.class = own_name("class"),
            ("subject", _) => self.subject = own_name("name"),
            ("variant", _) => {
                self.variant = Some(Variant {
                    at: At::Line(element.at.0, element.at.1),
                    revolutions: element.get("revs").and_then(number),
                    parameters: String::new(),
                    times: Vec::new(),
                    memory: Vec::new(),
                    has_failed: false,
                });
            }
            ("parameter-set", Some(variant)) => variant.parameters = own_name("name"),
            ("errors" | "failures", Some(variant)) => variant.has_failed = true,
            ("iteration", Some(variant)) => variant.iterate(element, gathered)?,
            _ => {}
        }
        Ok(())
    }
}

impl Variant {
    /// `time-net` is the time of all revolutions together.
    fn iterate(&mut self, element: &Element, gathered: &Gathered) -> Result<(), ParseError> {
        const UNIT_S: f64 = 1e-6;
        let at = At::Line(element.at.0, element.at.1);
        if self.has_failed {
            // Its end says so.
            return Ok(());
        }
        let total = element.get("time-net").and_then(number);
        let revolutions = element.get("time-revs").and_then(number).or(self.revolutions).filter(|count| *count >= 1.0);
        let (Some(total), Some(revolutions)) = (total, revolutions) else {
            let problem = "expected an iteration with numbers in time-net and time-revs";
            return Err(gathered.error(&at, problem, "store the result with phpbench run --dump-file"));
        };
        if self.times.len() == ITERATIONS_MAX {
            return Err(gathered.error(&at, &format!("more than {ITERATIONS_MAX} iterations"), "run fewer"));
        }
        self.times.push(total / revolutions * UNIT_S);
        self.memory.extend(element.get("mem-peak").and_then(number));
        Ok(())
    }

    fn add(self, place: &Place, gathered: &mut Gathered) -> Result<(), ParseError> {
        let mut name = format!("{}::{}", place.class.trim_start_matches('\\'), place.subject);
        if !self.parameters.is_empty() {
            name = format!("{name} # {}", self.parameters);
        }
        if self.has_failed {
            let problem = format!("{} failed", shown_name(&name));
            let next = "a failure is not a fast run: make the benchmark succeed";
            return gathered.fail(&self.at, gathered.id(&name), &problem, next);
        }
        let id = gathered.id(&name);
        if self.memory.len() == self.times.len() {
            let memory = foreign_metric("memory-peak", Unit::Byte, Better::Lower);
            let Measurement { launches, .. } = one_value_per_launch(id.clone(), memory.clone(), &self.memory);
            gathered.add(&self.at, id.clone(), memory, launches)?;
        }
        let Measurement { launches, .. } = one_value_per_launch(id.clone(), wall_time(), &self.times);
        gathered.add(&self.at, id, wall_time(), launches)
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::read;
    use crate::harness::tests::{assert_reads, fixture, refused};

    #[test]
    fn reads_iterations() {
        for file in ["unit_binary1.xml", "unit_date1.xml"] {
            assert_reads(
                &format!("phpbench/7493f63f/{file}"),
                "phpbench",
                &[
                    ("Bench1::subjectName # some params", "memory-peak", "B", 1, 1, 100.0),
                    ("Bench1::subjectName # some params", "wall-time", "s", 1, 1, 10e-6),
                ],
            );
        }
        for (file, values) in [("base.xml", [12.5e-6, 0.25e-6]), ("head.xml", [17.5e-6, 0.35e-6])] {
            assert_reads(
                &format!("phpbench/7493f63f/{file}"),
                "phpbench",
                &[
                    ("App\\Parse::benchLarge # größe & \"x\"", "memory-peak", "B", 3, 3, 2_048.0),
                    ("App\\Parse::benchLarge # größe & \"x\"", "wall-time", "s", 3, 3, values[0]),
                    ("App\\Parse::benchSmall", "wall-time", "s", 2, 2, values[1]),
                ],
            );
        }
    }

    #[test]
    fn failures_refuse_the_file() {
        for (file, line) in [("unit_error1.xml", 12), ("unit_failure1.xml", 12)] {
            let error = read(&fixture(&format!("phpbench/7493f63f/{file}")), None).expect_err("refused").to_string();
            let expected = format!(
                "{file}:{line}:9: 'Bench1::subjectName # some params' failed; a failure is not a fast run: make the benchmark \
                 succeed"
            );
            assert!(error.ends_with(&expected), "{error}");
        }
        let variant = |inside: &str| {
            let text =
                format!("<phpbench><benchmark class='\\A'><subject name='b'><variant revs='2'>{inside}</variant>");
            refused("phpbench", &format!("{text}</subject></benchmark></phpbench>"))
        };
        for (inside, expected) in [
            ("", "f:1:51: expected values of 'A::b', found none; measure again"),
            (
                "<iteration/>",
                "f:1:69: expected an iteration with numbers in time-net and time-revs; store the result with phpbench run --dump-file",
            ),
            (
                "<iteration time-net='0'/>",
                "f:1:51: expected a finite wall-time of 'A::b' above 0, found 0; a benchmark that did nothing is not a fast one: look at it, and measure again",
            ),
            (
                "<iteration time-net='4'",
                "f:1:69: position 31: attribute key must be directly followed by `=` or space; write the file again with phpbench: its writer was interrupted",
            ),
        ] {
            assert_eq!(variant(inside), expected);
        }
    }
}
