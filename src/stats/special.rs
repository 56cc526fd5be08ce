//! The normal, t and noncentral t distributions, and the polygamma functions, to about 1e-12.
//!
//! `statrs` supplies `erfc`, `ln_gamma` and `digamma`. Its quantiles of the t distribution are a general root search,
//! too slow and too coarse for intervals that are inverted thousands of times, so the t distribution is here.

use statrs::function::erf::{erfc, erfc_inv};
use statrs::function::gamma::{digamma, ln_gamma};
use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};
use std::sync::OnceLock;

/// Degrees of freedom from which on a t distribution is treated as normal: the quantiles differ by less than 1e-7.
const DF_NORMAL: f64 = 1e7;

/// Density of the standard normal distribution at `z`.
pub(super) fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// Upper tail of the standard normal distribution, accurate in relative terms far out.
pub(super) fn normal_upper(z: f64) -> f64 {
    0.5 * erfc(z * FRAC_1_SQRT_2)
}

/// The `z` whose upper tail is `q`, for `q` in (0, 1); infinite at the ends.
pub(super) fn normal_quantile_upper(q: f64) -> f64 {
    if q <= 0.0 {
        return f64::INFINITY;
    }
    if q >= 1.0 {
        return f64::NEG_INFINITY;
    }
    let z = SQRT_2 * erfc_inv(2.0 * q);
    // One Newton step on the logarithm of the tail removes what the rational approximation leaves.
    let (tail, density) = (normal_upper(z), normal_density(z));
    if tail > 0.0 && density > 0.0 { z + (tail / q).ln() * tail / density } else { z }
}

/// Student's t distribution with `df` degrees of freedom, `df` positive and possibly infinite or fractional.
#[derive(Clone, Copy, Debug)]
pub(super) struct StudentT {
    df: f64,
    ln_beta: f64,
}

impl StudentT {
    /// The distribution; anything not above 0.01 degrees of freedom is taken as 0.01, to stay total.
    pub(super) fn new(df: f64) -> Self {
        let df = if df.is_nan() { 0.01 } else { df.max(0.01) };
        Self { df, ln_beta: ln_beta_half(0.5 * df) }
    }

    fn is_normal(&self) -> bool {
        self.df > DF_NORMAL
    }

    /// Density at `t`.
    pub(super) fn density(&self, t: f64) -> f64 {
        if self.is_normal() {
            return normal_density(t);
        }
        (-0.5 * (self.df + 1.0) * (t * t / self.df).ln_1p() - self.ln_beta).exp() / self.df.sqrt()
    }

    /// Upper tail at `t`: half the regularised incomplete beta function at df/(df + t^2).
    pub(super) fn upper(&self, t: f64) -> f64 {
        if self.is_normal() {
            return normal_upper(t);
        }
        if t < 0.0 {
            return 1.0 - self.upper(-t);
        }
        if t.is_infinite() {
            return 0.0;
        }
        let (a, b) = (0.5 * self.df, 0.5);
        let ratio = t * t / self.df;
        let (x, complement) = (1.0 / (1.0 + ratio), ratio / (1.0 + ratio));
        if complement == 0.0 {
            return 0.5;
        }
        let front = (-a * ratio.ln_1p() + b * complement.ln() - self.ln_beta).exp();
        // The continued fraction converges fast on this side of the mean only.
        if x < (a + 1.0) / (a + b + 2.0) {
            0.5 * front * beta_fraction(a, b, x) / a
        } else {
            0.5 - 0.5 * front * beta_fraction(b, a, complement) / b
        }
    }

    /// The `t` whose upper tail is `q`, for `q` in (0, 1); infinite at the ends.
    pub(super) fn quantile_upper(&self, q: f64) -> f64 {
        if self.is_normal() || q <= 0.0 || q >= 1.0 {
            return normal_quantile_upper(q);
        }
        if q == 0.5 {
            return 0.0;
        }
        if q > 0.5 {
            return -self.quantile_upper(1.0 - q);
        }
        let (mut low, mut high) = (0.0, 1.0);
        while self.upper(high) > q && high < 1e150 {
            low = high;
            high *= 2.0;
        }
        self.root(q, low, high)
    }

    /// Newton's method on the logarithm of the tail, kept inside a bracket.
    fn root(&self, q: f64, mut low: f64, mut high: f64) -> f64 {
        let mut t = 0.5 * (low + high);
        for _ in 0..200 {
            let tail = self.upper(t);
            if tail > q {
                low = t;
            } else {
                high = t;
            }
            let step = (tail / q).ln() * tail / self.density(t);
            let next = t + step;
            let next = if next > low && next < high { next } else { 0.5 * (low + high) };
            if (next - t).abs() <= 1e-15 * t {
                return next;
            }
            t = next;
        }
        t
    }
}

/// ln B(a, 1/2). The difference of two large `ln_gamma` cancels, so large `a` uses Stirling's series.
fn ln_beta_half(a: f64) -> f64 {
    if a < 50.0 {
        return ln_gamma(a) + 0.5 * PI.ln() - ln_gamma(a + 0.5);
    }
    let r = a.recip();
    0.5 * PI.ln() - 0.5 * a.ln() + r / 8.0 - r.powi(3) / 192.0 + r.powi(5) / 640.0
}

/// The continued fraction of the incomplete beta function by Lentz's method (Press et al., Numerical Recipes 6.4).
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in 1..20_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let factor = d * c;
        value *= factor;
        if (factor - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// P(T' > t) for the noncentral t distribution: the normal tail averaged over the chi distribution of the spread.
///
/// `df` positive and finite, `noncentrality` any. Gauss-Legendre over the range that holds all but 1e-20 of the mass.
pub(super) fn noncentral_t_upper(t: f64, df: f64, noncentrality: f64) -> f64 {
    static RULE: OnceLock<Vec<(f64, f64)>> = OnceLock::new();
    if df > DF_NORMAL || !df.is_finite() {
        return normal_upper(t - noncentrality);
    }
    let spread = 1.0 / (2.0 * df).sqrt();
    let (low, high) = ((1.0 - 10.0 * spread).max(0.0), 1.0 + 10.0 * spread + 4.0 / df);
    let ln_scale = 2f64.ln() + 0.5 * df * (0.5 * df).ln() - ln_gamma(0.5 * df);
    let rule = RULE.get_or_init(|| gauss_legendre(96));
    let mut total = 0.0;
    // Two panels: the density's maximum lies near 1.
    for (from, to) in [(low, 1.0), (1.0, high)] {
        let half = 0.5 * (to - from);
        for &(x, w) in rule {
            let u = from + half * (x + 1.0);
            let density = (ln_scale + (df - 1.0) * u.ln() - 0.5 * df * u * u).exp();
            total += w * half * density * normal_upper(t * u - noncentrality);
        }
    }
    total
}

/// Nodes and weights of the Gauss-Legendre rule with `count` nodes on (-1, 1), by Newton's method on the polynomial.
pub(super) fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    let n = count as f64;
    (0..count)
        .map(|i| {
            let mut x = (PI * (i as f64 + 0.75) / (n + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut p, mut before) = (1.0, 0.0);
                for j in 0..count {
                    let j = j as f64;
                    (p, before) = (((2.0 * j + 1.0) * x * p - j * before) / (j + 1.0), p);
                }
                slope = n * (x * p - before) / (x * x - 1.0);
                let step = p / slope;
                x -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            (x, 2.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

/// psi(x), the derivative of ln gamma, for positive `x`.
pub(super) fn psi(x: f64) -> f64 {
    digamma(x)
}

/// psi'(x) for positive `x`: recurrence up to 20, then the asymptotic series (Abramowitz and Stegun 6.4.12).
pub(super) fn trigamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 20.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    sum + 1.0 / x
        + 0.5 * r
        + r / x * (1.0 / 6.0 - r * (1.0 / 30.0 - r * (1.0 / 42.0 - r * (1.0 / 30.0 - r * 5.0 / 66.0))))
}

/// psi''(x) for positive `x`, likewise.
fn tetragamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 20.0 {
        sum -= 2.0 / (x * x * x);
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    sum - r - r / x - r * r * (0.5 - r * (1.0 / 6.0 - r * (1.0 / 6.0 - r * 0.3)))
}

/// The positive `x` with psi'(x) = `y`, for positive `y` (Newton's method on 1/psi', Smyth 2004).
pub(super) fn trigamma_inverse(y: f64) -> f64 {
    if y > 1e7 {
        return 1.0 / y.sqrt();
    }
    if y < 1e-6 {
        return 1.0 / y;
    }
    let mut x = 0.5 + 1.0 / y;
    for _ in 0..100 {
        let value = trigamma(x);
        let step = value * (1.0 - value / y) / tetragamma(x);
        x += step;
        if step.abs() < 1e-14 * x {
            break;
        }
    }
    x
}
