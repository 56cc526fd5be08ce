// How numbers are written, and arithmetic on lists of them.

/** A value in its row's unit, four significant digits, as `scale.rs` writes them. */
function show(value, scale) {
  const scaled = value / scale[0];
  const size = Math.abs(scaled);
  if (size === 0) {
    return '0' + scale[1];
  }
  if (size < 1e-4 || size >= 1e7) {
    return scaled.toExponential(3) + scale[1];
  }
  const whole = scale[0] === 1 && scale[1] !== ' s' && Number.isInteger(scaled);
  return (size >= 999.95 || whole ? scaled.toFixed(0) : scaled.toPrecision(4)) + scale[1];
}

/** A change with its sign in percent. */
function percent(change) {
  const points = change * 100;
  const size = Math.abs(points);
  if (size < 0.005) {
    return '0.0 %';
  }
  const text = size < 0.095 ? points.toFixed(2) : size < 99.95 ? points.toFixed(1) : points.toFixed(0);
  return (points > 0 ? '+' : '') + text + ' %';
}

/** `1 row`, `5000 rows`, `12,000 rows`. */
function count(number, noun) {
  return thousands(number) + ' ' + noun + (number === 1 ? '' : 's');
}

function thousands(number) {
  return number < 10000 ? String(number) : String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** The value below which a share of ascending values lies (type 7). */
function quantile(sorted, share) {
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

function ascending(values) {
  return values.slice().sort(function (a, b) { return a - b; });
}

/** The values of an axis as texts with as many decimals as tell them apart. */
function labels(values, scale) {
  const step = values.length > 1 ? Math.abs(values[1] - values[0]) / scale[0] : Math.abs(values[0]) / scale[0];
  const fine = step > 0 ? Math.floor(Math.log10(step) + 1e-9) : 0;
  const half = step > 0 && Math.abs(step / Math.pow(10, fine) - 2.5) < 0.01 ? 1 : 0;
  const decimals = Math.min(Math.max(half - fine, 0), 12);
  return function (value) {
    const scaled = value / scale[0];
    const text = Math.abs(scaled) >= 1e7 ? scaled.toExponential(2) : scaled.toFixed(decimals);
    return (Number(text) === 0 ? '0' : text) + scale[1];
  };
}

function labelsOfPercent(values) {
  const plain = labels(values, [0.01, ' %']);
  return function (value) { return (value > 0 ? '+' : '') + plain(value); };
}
