// What Rust left in the page, and how numbers are written.

/** The parsed text of a block of JSON. */
function block(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/** All verdicts, worst first. A waived regression is a kind of its own. */
const VERDICTS = ['regression', 'waived', 'inconclusive', 'improvement', 'unchanged'];
/** Each has a mark beside its colour. */
const MARKS = { regression: '▲', waived: '△', inconclusive: '○', improvement: '▼', unchanged: '●' };

const data = block('rows');
let launches = null;

data.rows.forEach(function (row, place) {
  row.place = place;
  row.title = data.suites[row.suite] + '/' + row.name;
  row.search = (row.title + ' ' + data.metrics[row.metric]).toLowerCase();
});
const several = data.metrics.length > 1 || data.metrics[0] !== 'wall-time';

/** Codes of remarks on a row, and those that all rows have: said once, not in every row. */
function codesOf(row) {
  return (row.remarks || []).map(function (remark) { return remark[0]; }).filter(Boolean);
}
const shared = data.rows.length < 2 ? [] : codesOf(data.rows[0]).filter(function (code) {
  return data.rows.every(function (row) { return codesOf(row).includes(code); });
});

/** A shared code, with its sentence where that is the same on all rows. */
function sharedWords(code) {
  const sentences = new Set(data.rows.map(function (row) {
    return row.remarks.find(function (remark) { return remark[0] === code; })[1];
  }));
  const [sentence] = sentences;
  return sentences.size === 1 && sentence ? code + ' (' + sentence + ')' : code;
}

/** Names that a link can carry: the row's own, with a number where two are alike. */
const links = new Map();
data.rows.forEach(function (row) {
  let link = (row.title.length > 200 ? String(row.place) : row.title) + '|' + data.metrics[row.metric].slice(0, 60);
  while (links.has(link)) {
    link += '~';
  }
  row.link = link;
  links.set(link, row);
});

/** What only an opened row shows; read when the first one is opened. */
function launchesOf(row) {
  launches = launches || block('launches');
  return launches[row.place];
}

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
