//! A few instructions.

#[inline(never)]
pub fn is_sound() -> bool {
    mix(0) == 0 && mix(1) != mix(2)
}

/// MurmurHash3's finalizer.
#[inline(never)]
pub fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}
