// The first page: what changed lately, what moved most, the suites, and every series.

/** More suites than this are a list to choose from, not a row of buttons. */
const SUITES_MAX = 60;
/** Spans of runs that movements are counted over. */
const SPANS = ['30', '100', '300', '1000', 'all'];

/** Ways to sort: what they are called, and whether one row comes before another. */
const ORDERS = {
  lately: { title: 'changed lately first', key: function (row) { return row.changes.length ? -whenOf(row.changes[0]) : Infinity; } },
  worse: { title: 'largest slowdown first', key: function (row, span) { return -sizeOf(row, span); } },
  better: { title: 'largest speed-up first', key: function (row, span) { return sizeOf(row, span); } },
  name: { title: 'by name', key: function (row) { return row.alphabetical; } },
};

/** When a change came: its time, or how far it is from the newest run, which is always earlier than any time. */
function whenOf(change) {
  const time = change.row.axis.times[change.index];
  return time === null ? change.index - change.row.axis.runs : time;
}

/** How much worse a series became over so many runs, as a logarithm; where no direction is known, how much larger. */
function sizeOf(row, span) {
  const ratio = movement(row, span).ratio;
  return ratio === null ? 0 : row.better === 'higher' ? -Math.log(ratio) : Math.log(ratio);
}

/** What the address says. */
function lookOf() {
  return {
    text: (route.fields.get('search') || '').slice(0, 1000),
    suite: known('suite', site.suites, ''),
    metric: known('metric', site.metrics, ''),
    sort: known('sort', Object.keys(ORDERS), 'lately'),
    span: known('span', SPANS, '100'),
    kind: known('changes', ['worse', 'better'], ''),
  };
}

function runsOf(span) {
  return span === 'all' ? Infinity : Number(span);
}

function showOverview(main) {
  let look = lookOf();
  Array.from(site.rows).sort(function (a, b) { return a.name === b.name ? a.place - b.place : a.name > b.name ? 1 : -1; })
    .forEach(function (row, place) { row.alphabetical = place; });
  const feed = el('div', {});
  const movers = el('div', { class: 'movers' });
  const result = el('p', { class: 'result', role: 'status', 'aria-live': 'polite' });
  const reset = el('button', { type: 'button', class: 'reset', click: function () { change({ search: '', suite: '', metric: '', sort: '' }); search.focus(); } }, 'Reset');
  const search = el('input', {
    type: 'search', id: 'search', autocomplete: 'off', spellcheck: 'false', placeholder: 'series or metric', 'aria-keyshortcuts': '/',
    input: function () { change({ search: search.value }); },
    keydown: function (event) { if (event.key === 'Escape') { change({ search: '' }); event.preventDefault(); } },
  });
  const several = function (names) { return names.filter(Boolean).length > 1; };
  const metric = choice('metric', 'Metric', [''].concat(site.metrics.filter(Boolean)), function (name) { return name || 'all metrics'; }, function (value) { change({ metric: value }); });
  const sort = choice('sort', 'Sort', Object.keys(ORDERS), function (name) { return ORDERS[name].title; }, function (value) { change({ sort: value === 'lately' ? '' : value }); });
  const span = el('select', { id: 'span', change: function () { change({ span: span.value === '100' ? '' : span.value }); } },
    ...SPANS.map(function (value) { return el('option', { value: value }, value === 'all' ? 'all runs' : value + ' runs'); }));
  const kinds = [['', 'all'], ['worse', 'worse'], ['better', 'better']].map(function (kind) {
    return el('button', { type: 'button', class: 'chip', 'data-kind': kind[0], click: function () { change({ changes: kind[0] }); } }, kind[1]);
  });
  const suiteNames = site.suites.filter(Boolean);
  const suiteList = choice('suite', 'Suite', [''].concat(suiteNames), function (name) { return name || 'all suites'; }, function (value) { change({ suite: value }); });
  const suites = suiteNames.slice(0, suiteNames.length > SUITES_MAX ? 0 : SUITES_MAX).map(function (name) {
    const own = site.rows.filter(function (row) { return row.suiteName === name; });
    return el('button', { type: 'button', class: 'chip', 'data-suite': name, click: function () { change({ suite: look.suite === name ? '' : name }); } },
      isolated(name), ' ', el('span', { class: 'count' }, thousands(own.length)));
  });
  const columns = [
    { title: 'Series', name: 'subject', cell: function (row) { return seriesLink(row); } },
    { title: 'Now', name: 'number level', label: 'now', cell: function (row) { const now = movement(row, 0).after; return now === null ? '' : isGone(row) ? el('span', {}, show(now, row.scale), el('span', { class: 'until' }, 'until ' + placeOf(row.axis, row.last))) : show(now, row.scale); } },
    { title: 'Change', name: 'number change', label: 'change', cell: function (row) { const move = movement(row, runsOf(look.span)); return move.before === null ? '' : move.before === move.after ? el('span', { class: 'quiet' }, 'none') : changeNode(row, move); } },
    { title: 'All runs', name: 'spark', cell: sparkNode },
    { title: 'Last change', name: 'last', cell: lastNode },
  ];
  const table = listing(columns, 'Series');

  function change(fields) {
    writeFields(fields);
    look = lookOf();
    paint();
  }

  function paint() {
    if (search.value !== look.text) { search.value = look.text; }
    metric.node.value = look.metric;
    suiteList.node.value = look.suite;
    sort.node.value = look.sort;
    span.value = look.span;
    kinds.forEach(function (chip) { chip.setAttribute('aria-pressed', String(chip.dataset.kind === look.kind)); });
    suites.forEach(function (chip) { chip.setAttribute('aria-pressed', String(chip.dataset.suite === look.suite)); });
    const inSuite = site.rows.filter(function (row) { return !look.suite || row.suiteName === look.suite; });
    const wanted = { worse: 'worse', better: 'gain' }[look.kind];
    feed.replaceChildren(feedOf(site.changes.filter(function (one) {
      return (!look.suite || one.row.suiteName === look.suite) && (!wanted || wayOf(one.row, one.before, one.after) === wanted);
    })));
    const [worse, better, other] = ['worse', 'gain', ''].map(function (way) { return moversOf(inSuite, runsOf(look.span), way); });
    const isOther = other.length > 0 || inSuite.every(function (row) { return !row.better; });
    movers.replaceChildren(...(isOther && worse.length + better.length === 0 ? [] : [moversNode('Became worse', worse), moversNode('Became better', better)]),
      ...(isOther ? [moversNode('Changed, better direction unknown', other)] : []));
    const rows = searched(inSuite, look.text).filter(function (row) { return !look.metric || row.metricName === look.metric; });
    const order = ORDERS[look.sort];
    const keyed = rows.map(function (row) { return [order.key(row, runsOf(look.span)), row]; });
    keyed.sort(function (a, b) { return a[0] === b[0] ? a[1].place - b[1].place : a[0] - b[0]; });
    table.fill(keyed.map(function (pair) { return pair[1]; }));
    const all = rows.length === site.rows.length;
    result.textContent = all ? thousands(rows.length) + ' series' : thousands(rows.length) + ' of ' + thousands(site.rows.length) + ' series';
    reset.hidden = all && look.sort === 'lately';
  }

  main.replaceChildren(
    headOf(),
    suiteNames.length > SUITES_MAX ? el('section', {}, suiteList.field) : suites.length > 1 ? part('suites', 'Suites', null, el('div', { class: 'suites', role: 'group', 'aria-label': 'Suites' }, ...suites)) : '',
    part('lately', 'What changed lately', el('div', { class: 'inline chips', role: 'group', 'aria-label': 'Kinds of changes' }, ...kinds), feed),
    part('movers', 'What moved most', el('span', { class: 'inline' }, el('label', { for: 'span' }, 'over the last'), span), movers),
    part('all-series', 'Series', null, el('div', { class: 'search', role: 'search', 'aria-label': 'Series' },
      el('div', { class: 'field grow' }, el('label', { for: 'search' }, 'Search', el('kbd', {}, '/')), search),
      several(site.metrics) ? metric.field : '', sort.field, el('div', { class: 'found' }, result, reset)), table.node));
  paint();
}

function part(id, title, beside, ...children) {
  return el('section', { 'aria-labelledby': id + '-title' },
    el('div', { class: 'section-head' }, el('h2', { id: id + '-title' }, title), beside), ...children);
}

/** The answer first: how many series are worse than they were. */
function headOf() {
  const span = 100;
  const moved = { worse: 0, gain: 0, '': 0 };
  site.rows.forEach(function (row) {
    const move = movement(row, span);
    if (move.before !== move.after) { moved[wayOf(row, move.before, move.after)] += 1; }
  });
  const newest = Math.max(...site.axes.map(function (axis) { return Math.max(...axis.times.slice(-1), -Infinity); }), -Infinity);
  const runs = Math.max(...site.axes.map(function (axis) { return axis.runs; }), 0);
  const over = ' over the last ' + count(Math.min(span, runs), 'run');
  const known = moved.worse + moved.gain;
  const words = [known ? thousands(moved.worse) + ' worse, ' + thousands(moved.gain) + ' better' : '',
    moved[''] ? thousands(moved['']) + (known ? ' other' : ' series') + ' changed' : ''].filter(Boolean).join(', ') || 'No series changed';
  return el('div', { class: 'head' },
    el('h1', { tabindex: '-1' }, words + over),
    el('p', { class: 'advice' }, 'Levels are told from noise: a series counts as changed where a change of level was found.'),
    el('p', { class: 'quiet' }, thousands(site.rows.length) + ' series, up to ' + count(runs, 'run') + ', ' + count(site.found, 'change')
      + (newest > 0 ? ', newest run ' + dateOf(newest) : '') + '.'),
    site.notes.length ? el('ul', { class: 'notes' }, ...site.notes.map(function (note) { return el('li', {}, note); })) : null);
}

function lastNode(row) {
  const change = row.changes[0];
  return change ? el('span', {}, placeOf(row.axis, change.index), ' ', changeNode(row, change)) : el('span', { class: 'quiet' }, 'none found');
}
