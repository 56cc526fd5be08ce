//! An `HdrHistogram` as its libraries encode it: base64 around zlib around counts, in the versions 0, 1 and 2.
//!
//! The layout is that of `AbstractHistogram.encodeIntoByteBuffer` in the Java library; all numbers are big-endian.

use flate2::read::ZlibDecoder;
use std::collections::BTreeMap;
use std::io::Read;

/// Counts by the highest value that is not told from what was recorded.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    /// Highest equivalent value to its middle one and its count.
    counts: BTreeMap<u64, (f64, u64)>,
    /// All counts.
    total: u64,
}

/// Most bytes of all decoded histograms of a file.
pub(super) const BYTES_MAX: u64 = 4 << 30;
/// Most bytes of one: 5 digits and 64 bits, the libraries' most, need less.
const ONE_BYTES_MAX: u64 = 64 << 20;
/// Most values told apart.
const VALUES_MAX: usize = 1_000_000;

/// What the cookies have in common, without the word size in bits 4 to 7.
const COMPRESSED: [u32; 3] = [0x1c84_9309, 0x1c84_9302, 0x1c84_9304];
const PLAIN: [u32; 3] = [0x1c84_9308, 0x1c84_9301, 0x1c84_9303];
/// Of histograms of floating-point numbers, plain and compressed.
const DOUBLE: [u32; 2] = [0x0c72_124e, 0x0c72_124f];

/// Reads big-endian numbers.
struct Bytes<'b>(&'b [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or("the histogram ends too early")?;
        self.0 = rest;
        Ok(*bytes)
    }

    fn u32(&mut self) -> Result<u32, &'static str> {
        self.take().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, &'static str> {
        self.take().map(u64::from_be_bytes)
    }

    /// A number of 1 to 9 bytes with 7 bits each, the last with 8, its sign in the lowest bit (`ZigZag` LEB128).
    fn zig_zag(&mut self) -> Result<i64, &'static str> {
        let mut number = 0;
        for index in 0..9 {
            let [byte] = self.take()?;
            if index == 8 {
                number |= u64::from(byte) << 56;
                break;
            }
            number |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                break;
            }
        }
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }
}

/// How the index of a count becomes values.
struct Layout {
    unit_magnitude: u32,
    half_magnitude: u32,
}

impl Layout {
    fn new(digits: u32, lowest: u64) -> Result<Self, &'static str> {
        if digits > 5 || lowest == 0 {
            return Err("the histogram's precision is none");
        }
        // The largest value with steps of one unit is twice ten to the number of digits.
        let magnitude = (2 * 10_u32.pow(digits)).next_power_of_two().ilog2();
        let unit_magnitude = lowest.ilog2();
        if unit_magnitude + magnitude > 62 {
            return Err("the histogram's precision does not fit its lowest value");
        }
        Ok(Self { unit_magnitude, half_magnitude: magnitude - 1 })
    }

    /// The lowest of the values that share the count of that index, and how many they are.
    fn values(&self, index: u64) -> Option<(u64, u64)> {
        let half = 1_u64 << self.half_magnitude;
        let (bucket, sub) = match index >> self.half_magnitude {
            0 => (0, index),
            above => (above - 1, (index & (half - 1)) + half),
        };
        let shift = u32::try_from(bucket).ok()?.checked_add(self.unit_magnitude)?;
        // No recorded value needs more than 63 bits.
        (sub.leading_zeros() > shift).then(|| (sub << shift, 1 << shift))
    }
}

impl Histogram {
    /// Adds the counts of an encoded histogram, of at most `left` bytes, and takes its bytes from them.
    pub(super) fn add_base64(&mut self, text: &str, left: &mut u64) -> Result<(), &'static str> {
        let bytes = base64(text).ok_or("this is not base64")?;
        self.add(&bytes, left)
    }

    fn add(&mut self, bytes: &[u8], left: &mut u64) -> Result<(), &'static str> {
        let mut outer = Bytes(bytes);
        let cookie = outer.u32()?;
        if DOUBLE.contains(&cookie) {
            return Err("histograms of floating-point numbers are not read");
        }
        if !COMPRESSED.contains(&(cookie & !0xf0)) {
            return self.add_plain(bytes);
        }
        let length = outer.u32()? as usize;
        let compressed = outer.0.get(..length).ok_or("the histogram ends too early")?;
        let mut plain = Vec::new();
        let mut decoder = ZlibDecoder::new(compressed).take(ONE_BYTES_MAX.min(*left) + 1);
        decoder.read_to_end(&mut plain).map_err(|_| "the compressed histogram is damaged")?;
        if plain.len() as u64 > ONE_BYTES_MAX.min(*left) {
            return Err("the histogram is larger than 64 MiB, or all together are larger than 4 GiB");
        }
        *left -= plain.len() as u64;
        self.add_plain(&plain)
    }

    fn add_plain(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let mut bytes = Bytes(bytes);
        let cookie = bytes.u32()?;
        let version = PLAIN.iter().position(|plain| *plain == cookie & !0xf0).ok_or("this is no HdrHistogram")?;
        let layout;
        if version == 0 {
            layout = Layout::new(bytes.u32()?, bytes.u64()?)?;
            // The highest value that fits, and the number of values.
            let _: [u8; 16] = bytes.take()?;
        } else {
            let payload = bytes.u32()? as usize;
            if bytes.u32()? != 0 {
                return Err("shifted histograms are not read");
            }
            layout = Layout::new(bytes.u32()?, bytes.u64()?)?;
            // The highest value that fits, and a ratio of which only histograms of floating-point numbers make use.
            let _: [u8; 16] = bytes.take()?;
            bytes.0 = bytes.0.get(..payload).ok_or("the histogram ends too early")?;
        }
        let word = if version == 2 { 9 } else { (cookie >> 4) & 0xe };
        let mut index = 0_u64;
        while !bytes.0.is_empty() {
            let count = match word {
                9 => bytes.zig_zag()?,
                2 => i64::from(i16::from_be_bytes(bytes.take()?)),
                4 => i64::from(i32::from_be_bytes(bytes.take()?)),
                8 => i64::from_be_bytes(bytes.take()?),
                _ => return Err("the histogram's counts have no known size"),
            };
            // In version 2, a negative number is a run of zeros.
            if count < 0 && word != 9 {
                return Err("the histogram holds a negative count");
            }
            if count > 0 {
                self.record(&layout, index, count.unsigned_abs())?;
            }
            index = index.saturating_add(if count < 0 { count.unsigned_abs() } else { 1 });
        }
        Ok(())
    }

    fn record(&mut self, layout: &Layout, index: u64, count: u64) -> Result<(), &'static str> {
        let (lowest, size) = layout.values(index).ok_or("the histogram holds a value of more than 63 bits")?;
        self.total = self.total.checked_add(count).ok_or("the histogram's counts are too large")?;
        if self.counts.len() > VALUES_MAX {
            return Err("the histograms hold more than 1000000 different values");
        }
        let middle = lowest as f64 + (size >> 1) as f64;
        self.counts.entry(lowest + (size - 1)).or_insert((middle, 0)).1 += count;
        Ok(())
    }

    /// How many values were recorded.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The smallest recorded value that at least this share of the values do not exceed, as the libraries round it: up.
    pub(super) fn quantile(&self, level: f64) -> f64 {
        let wanted = (level * self.total as f64 * (1.0 - f64::EPSILON)).ceil().max(1.0);
        let mut below = 0;
        for (&highest, &(_, count)) in &self.counts {
            below += count;
            if below as f64 >= wanted {
                return highest as f64;
            }
        }
        0.0
    }

    /// Mean and standard deviation, each value taken for the middle of those that share its count.
    pub(super) fn moments(&self) -> (f64, f64) {
        let total = self.total as f64;
        let mean = self.counts.values().map(|&(middle, count)| middle * count as f64).sum::<f64>() / total;
        let squares = self.counts.values().map(|&(middle, count)| (middle - mean).powi(2) * count as f64);
        (mean, (squares.sum::<f64>() / total).sqrt())
    }
}

/// The bytes of a text in base64 (RFC 4648), padded.
fn base64(text: &str) -> Option<Vec<u8>> {
    let content = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - content.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(content.len() * 3 / 4);
    let (mut bits, mut held) = (0_u32, 0);
    for byte in content.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::Layout;

    #[test]
    fn an_index_beyond_every_value_has_none() {
        let layout = Layout::new(0, 1).expect("a layout");
        assert_eq!(
            [0, 1, 2, 63].map(|index| layout.values(index)),
            [(0, 1), (1, 1), (2, 2), (1 << 62, 1 << 62)].map(Some)
        );
        assert_eq!([64, 65, 70, u64::MAX].map(|index| layout.values(index)), [None; 4]);
    }
}
