// What is looked at: kept in the address, so that a link shows the same.

const state = { text: '', verdicts: [], suite: '', metric: '', warned: false, sort: 'worst', open: [] };
/** Whom to tell when the address says something else. */
let onState = function () {};
let written = null;
let writing = 0;

/** Reads the address. */
function readState() {
  const fields = new URLSearchParams(location.hash.includes('=') ? location.hash.slice(1) : '');
  const listed = function (name) { return (fields.get(name) || '').split(',').filter(Boolean); };
  const known = function (name, names) { return names.includes(fields.get(name)) ? fields.get(name) : ''; };
  state.text = (fields.get('search') || '').slice(0, 1000);
  state.verdicts = VERDICTS.filter(function (verdict) { return listed('verdict').includes(verdict); });
  state.suite = known('suite', data.suites);
  state.metric = known('metric', data.metrics);
  state.warned = fields.get('warnings') === 'yes';
  state.sort = Object.hasOwn(SORTS, fields.get('sort')) ? fields.get('sort') : 'worst';
  state.open = fields.getAll('open').filter(function (link) { return links.has(link); });
}

/** Writes the address, a little later: browsers refuse to be asked for every letter. */
function writeState() {
  clearTimeout(writing);
  writing = setTimeout(function () {
    const fields = new URLSearchParams();
    const put = function (name, value) { if (value) { fields.append(name, value); } };
    put('search', state.text);
    put('verdict', state.verdicts.join(','));
    put('suite', state.suite);
    put('metric', state.metric);
    put('warnings', state.warned ? 'yes' : '');
    put('sort', state.sort === 'worst' ? '' : state.sort);
    state.open.forEach(function (link) { put('open', link); });
    written = String(fields);
    history.replaceState(null, '', '#' + written);
  }, 150);
}

addEventListener('hashchange', function () {
  if (location.hash.includes('=') && location.hash.slice(1) !== written) {
    readState();
    onState();
  }
});

/** Ways to sort: what they are called, and whether one row comes before another. */
const SORTS = {
  worst: { title: 'worst first', compare: function (a, b) { return a.place - b.place; } },
  name: { title: 'by name', compare: function (a, b) { return a.title === b.title ? a.place - b.place : a.title > b.title ? 1 : -1; } },
  change: { title: 'largest slowdown first', compare: byEffect(-1) },
  '-change': { title: 'largest speed-up first', compare: byEffect(1) },
  width: { title: 'widest interval first', compare: function (a, b) { return width(b) - width(a) || a.place - b.place; } },
};

function byEffect(direction) {
  return function (a, b) {
    const known = function (row) { return row.effect[0] === null ? Infinity : direction * row.effect[0]; };
    const [x, y] = [known(a), known(b)];
    return x === y ? a.place - b.place : x - y;
  };
}

function width(row) {
  return row.effect[1] === null || row.effect[2] === null ? -1 : row.effect[2] - row.effect[1];
}

/** The rows that are looked at, in order. */
function chosen() {
  const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = data.rows.filter(function (row) {
    return (state.verdicts.length === 0 || state.verdicts.includes(row.verdict))
      && (state.suite === '' || data.suites[row.suite] === state.suite)
      && (state.metric === '' || data.metrics[row.metric] === state.metric)
      && (!state.warned || row.remarks)
      && words.every(function (word) { return row.search.includes(word); });
  });
  return rows.sort(SORTS[state.sort].compare);
}
