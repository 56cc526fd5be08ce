//! A hash, byte by byte.

#[inline(never)]
pub fn is_sound() -> bool {
    // The published test vector.
    fnv(b"foobar") == 0x8594_4171_f739_67e8
}

/// FNV-1a.
#[inline(never)]
pub fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
