//! The normal, t, noncentral t, F, beta and chi-squared distributions, and the polygamma functions, to about 1e-12; the normal
//! tail to 1e-10.
//!
//! `statrs` supplies `erfc`, `ln_gamma`, `digamma` and the incomplete gamma function. Its quantiles of the t distribution
//! are a general root search, too slow and too coarse for intervals that are inverted thousands of times, and its incomplete
//! beta function stops after 140 steps, so these are here.

use statrs::function::erf::{erfc, erfc_inv};
use statrs::function::gamma::{checked_gamma_ur, digamma};
use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};
use std::sync::OnceLock;

/// Degrees of freedom from which on a t distribution is treated as normal: the quantiles differ by less than 1e-7.
const DF_NORMAL: f64 = 1e7;

/// Density of the standard normal distribution at `z`.
pub(super) fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// Upper tail of the standard normal distribution, off by less than 1e-10 in relative terms far out.
pub(super) fn normal_upper(z: f64) -> f64 {
    0.5 * erfc(z * FRAC_1_SQRT_2)
}

/// [`normal_upper`] to 1e-13, but slower: z^2 follows chi-squared with one degree of freedom.
pub(super) fn normal_upper_fine(z: f64) -> f64 {
    let tail = 0.5 * chi_squared_upper(z * z, 1.0);
    if z < 0.0 { 1.0 - tail } else { tail }
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
    let (tail, density) = (normal_upper_fine(z), normal_density(z));
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

/// ln of the gamma function, for positive `x`.
pub(super) fn ln_gamma(x: f64) -> f64 {
    statrs::function::gamma::ln_gamma(x)
}

/// The regularised incomplete beta function `I_x(a, b)`: the lower tail of a beta distribution, `a` and `b` positive.
pub(super) fn beta_lower(a: f64, b: f64, x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let ln_beta = ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    let front = (a * x.ln() + b * (-x).ln_1p() - ln_beta).exp();
    let tail = if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    };
    tail.clamp(0.0, 1.0)
}

/// `e^x K_{1/4}(x)`, K the modified Bessel function of the second kind, for positive `x`: the integral over t > 0 of
/// exp(-x (cosh t - 1)) cosh(t/4) by the trapezoidal rule, whose error falls exponentially with the step.
pub(super) fn bessel_k_quarter_scaled(x: f64) -> f64 {
    let step = 0.1_f64.min(0.3 / x.sqrt());
    let mut total = 0.5;
    for i in 1..100_000 {
        let t = step * f64::from(i);
        let part = (-x * (t.cosh() - 1.0)).exp() * (0.25 * t).cosh();
        total += part;
        if part < 1e-18 * total {
            break;
        }
    }
    step * total
}

/// Upper tail of the chi-squared distribution with `df` degrees of freedom: the regularised gamma function Q(df/2, x/2).
pub(super) fn chi_squared_upper(x: f64, df: f64) -> f64 {
    checked_gamma_ur(0.5 * df, 0.5 * x).unwrap_or(if x > 0.0 { 0.0 } else { 1.0 }).clamp(0.0, 1.0)
}

/// The `x` whose upper tail under the F distribution with `df1` and `df2` degrees of freedom is `q`, for `q` in (0, 1).
///
/// Bisection on v = df1 x / (df1 x + df2), which follows a beta distribution: 1 - v as well, so either end is exact.
pub(super) fn f_quantile_upper(q: f64, df1: f64, df2: f64) -> f64 {
    if q.is_nan() || q >= 1.0 {
        return 0.0;
    }
    if q <= 0.0 {
        return f64::INFINITY;
    }
    // The rest 1 - v of the beta variable has the same tail from below, and keeps its digits when v is near 1.
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..1100 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if beta_lower(0.5 * df2, 0.5 * df1, middle) < q {
            low = middle;
        } else {
            high = middle;
        }
    }
    let rest = 0.5 * (low + high);
    df2 * (1.0 - rest) / (df1 * rest)
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
