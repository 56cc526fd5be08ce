//! Parquet: a value a row, with everything that is known of it, so that one query needs no join.

use super::{left_out, plain, suite};
use crate::harness::seconds_since_1970;
use crate::model::{Better, History, RunLabel, Series};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::Result as ParquetResult;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::io::{self, Write};
use std::sync::Arc;

/// The columns; `run` is the position of the run in its history, from 0.
const SCHEMA: &str = "message benchgate {
  required binary suite (UTF8);
  required binary benchmark (UTF8);
  required binary metric (UTF8);
  optional binary unit (UTF8);
  optional binary better (UTF8);
  optional binary environment (UTF8);
  required int32 run;
  optional binary commit (UTF8);
  optional int64 time (TIMESTAMP(MICROS,true));
  required double value;
}";

/// Rows that are held in memory at once, and that a reader may skip at once.
const GROUP_ROWS: usize = 1_000_000;

/// One value and where it comes from.
struct Row<'h> {
    series: &'h Series,
    run: &'h RunLabel,
    place: usize,
    /// Microseconds since 1970.
    time: Option<i64>,
    value: f64,
}

/// Writes every value.
pub(super) fn write(histories: &[History], out: &mut dyn Write) -> io::Result<Vec<String>> {
    let mut untimed = 0;
    let mut rows = Vec::new();
    let mut bytes = Vec::new();
    let schema = Arc::new(parse_message_type(SCHEMA).map_err(io::Error::other)?);
    let properties = WriterProperties::builder().set_created_by(format!("benchgate {}", env!("CARGO_PKG_VERSION")));
    let mut file =
        SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties.build())).map_err(io::Error::other)?;
    for history in histories {
        let seconds = |run: &RunLabel| run.time.as_deref().and_then(seconds_since_1970);
        let times: Vec<_> =
            history.runs.iter().map(|run| seconds(run).map(|time| (time * 1e6).round() as i64)).collect();
        untimed += history.runs.iter().zip(&times).filter(|(run, time)| run.time.is_some() && time.is_none()).count();
        for series in &history.series {
            for (place, (run, value)) in history.runs.iter().zip(&series.values).enumerate() {
                if value.is_finite() {
                    rows.push(Row { series, run, place, time: times[place], value: *value });
                }
            }
            if rows.len() >= GROUP_ROWS {
                group(&mut file, &rows).map_err(io::Error::other)?;
                rows.clear();
            }
        }
    }
    if !rows.is_empty() {
        group(&mut file, &rows).map_err(io::Error::other)?;
    }
    file.close().map_err(io::Error::other)?;
    out.write_all(&bytes)?;
    Ok(left_out(untimed, "times left out: they are of no known form").into_iter().collect())
}

/// Writes rows column by column, in the order of the schema.
fn group(file: &mut SerializedFileWriter<&mut Vec<u8>>, rows: &[Row<'_>]) -> ParquetResult<()> {
    let text = |text: &str| ByteArray::from(plain(text).into_bytes());
    let texts = |of: &dyn Fn(&Row<'_>) -> Option<ByteArray>| rows.iter().map(of).collect::<Vec<_>>();
    let better = |better: Better| match better {
        Better::Lower => "lower",
        Better::Higher => "higher",
    };
    let mut group = file.next_row_group()?;
    let to = &mut group;
    required::<ByteArrayType>(to, &rows.iter().map(|row| text(suite(&row.series.benchmark))).collect::<Vec<_>>())?;
    required::<ByteArrayType>(to, &rows.iter().map(|row| text(&row.series.benchmark)).collect::<Vec<_>>())?;
    required::<ByteArrayType>(to, &rows.iter().map(|row| text(&row.series.metric)).collect::<Vec<_>>())?;
    optional::<ByteArrayType>(to, texts(&|row| row.series.unit.map(|unit| text(&unit.to_string()))))?;
    optional::<ByteArrayType>(to, texts(&|row| row.series.better.map(|way| text(better(way)))))?;
    optional::<ByteArrayType>(to, texts(&|row| row.run.environment.as_deref().map(text)))?;
    required::<Int32Type>(
        to,
        &rows.iter().map(|row| i32::try_from(row.place).unwrap_or(i32::MAX)).collect::<Vec<_>>(),
    )?;
    optional::<ByteArrayType>(to, texts(&|row| row.run.commit.as_deref().map(text)))?;
    optional::<Int64Type>(to, rows.iter().map(|row| row.time).collect::<Vec<_>>())?;
    required::<DoubleType>(to, &rows.iter().map(|row| row.value).collect::<Vec<_>>())?;
    group.close()?;
    Ok(())
}

type Group<'f, 'v> = SerializedRowGroupWriter<'f, &'v mut Vec<u8>>;

fn required<T: DataType>(group: &mut Group<'_, '_>, values: &[T::T]) -> ParquetResult<()> {
    column::<T>(group, values, None)
}

fn optional<T: DataType>(group: &mut Group<'_, '_>, values: Vec<Option<T::T>>) -> ParquetResult<()> {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let known: Vec<T::T> = values.into_iter().flatten().collect();
    column::<T>(group, &known, Some(&levels))
}

fn column<T: DataType>(group: &mut Group<'_, '_>, values: &[T::T], levels: Option<&[i16]>) -> ParquetResult<()> {
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}
