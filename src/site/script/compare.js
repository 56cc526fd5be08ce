// Any two commits: the level of every series at one against the level at the other.

/** Commits that are proposed while one is typed. */
const PROPOSED = 40;

/** Every commit of the site, the newest first: `{commit, time}`. */
function commitsOf() {
  const seen = new Map();
  site.axes.forEach(function (axis) {
    axis.commits.forEach(function (commit, run) {
      if (commit !== null) { seen.set(commit, Math.max(axis.times[run] === null ? run - 1e7 : axis.times[run], seen.has(commit) ? seen.get(commit) : -Infinity)); }
    });
  });
  return Array.from(seen, function (pair) { return { commit: pair[0], time: pair[1] }; }).sort(function (a, b) { return b.time - a.time; });
}

/** The levels of a series at two commits, as far as both were measured on one machine. */
function compared(row, a, b, places) {
  if (!places.has(row.axis)) {
    places.set(row.axis, [runOf(row.axis, a), runOf(row.axis, b)]);
  }
  const [from, to] = places.get(row.axis);
  if (from < 0 || to < 0) {
    return null;
  }
  const machines = [machineOf(row, from), machineOf(row, to)];
  const [before, after] = [levelAt(row, from, machines[0]), levelAt(row, to, machines[1])];
  const same = machines[0] === machines[1];
  const ratio = same && before > 0 && after > 0 ? after / before : null;
  return { row: row, from: from, to: to, before: before, after: after, ratio: ratio, same: same };
}

function showCompare(main) {
  const all = commitsOf();
  const state = { a: route.fields.get('a') || (all[Math.min(50, all.length - 1)] || {}).commit || '', b: route.fields.get('b') || (all[0] || {}).commit || '', text: route.fields.get('search') || '', changed: route.fields.get('show') !== 'all' };
  const sides = ['a', 'b'].map(function (side) { return sideOf(side, state, all, paint); });
  const search = el('input', { type: 'search', id: 'search', autocomplete: 'off', spellcheck: 'false', placeholder: 'series or metric', 'aria-keyshortcuts': '/', input: function () { state.text = search.value; writeFields({ search: state.text }); paint(); } });
  search.value = state.text;
  const changed = el('button', { type: 'button', class: 'chip', click: function () { state.changed = !state.changed; writeFields({ show: state.changed ? '' : 'all' }); paint(); } }, 'only what changed');
  const result = el('p', { class: 'result', role: 'status', 'aria-live': 'polite' });
  const value = function (one, side) { return el('span', {}, show(one[side], one.row.scale)); };
  const title = el('h1', { tabindex: '-1' });
  const left = el('p', { class: 'quiet' });
  const table = listing([
    { title: 'Series', name: 'subject', cell: function (one) { return seriesLink(one.row, { a: state.a, b: state.b }); } },
    { title: 'Level at A', name: 'number level', label: 'A', cell: function (one) { return one.before === null ? '' : value(one, 'before'); } },
    { title: 'Level at B', name: 'number level', label: 'B', cell: function (one) { return one.after === null ? '' : value(one, 'after'); } },
    { title: 'Change', name: 'number change', label: 'change', cell: function (one) { return !one.same ? el('span', { class: 'quiet' }, 'other machine') : one.before === one.after ? el('span', { class: 'quiet' }, 'none') : changeNode(one.row, one); } },
    { title: 'Values of these two runs', name: 'number seen', label: 'runs', cell: function () { return el('span', { class: 'quiet' }, '…'); } },
  ], 'Series at both commits', measured);

  /** Fills in what the two runs themselves measured, once the files are there. */
  function measured(some, lines) {
    some.forEach(function (one, i) {
      const cell = lines[i].querySelector('.seen');
      seriesOf(one.row).then(function (series) {
        const pair = [series.numbers[one.from], series.numbers[one.to]];
        cell.replaceChildren(pair.map(function (number) { return number === null ? 'none' : show(number, one.row.scale); }).join(' → '));
      }, function () { cell.replaceChildren('not loaded'); });
    });
  }

  function paint() {
    const places = new Map();
    const rows = site.rows.map(function (row) { return compared(row, state.a, state.b, places); });
    const both = rows.filter(Boolean);
    const way = function (one) { return one.same ? wayOf(one.row, one.before, one.after) : ''; };
    const differs = both.filter(function (one) { return one.same && one.before !== one.after && one.after !== null; });
    const [worse, better] = ['worse', 'gain'].map(function (kind) { return both.filter(function (one) { return way(one) === kind; }).length; });
    const size = function (one) { return one.ratio === null ? 0 : one.row.better === 'higher' ? -Math.log(one.ratio) : Math.log(one.ratio); };
    const found = new Set(searched((state.changed ? differs : both).map(function (one) { return one.row; }), state.text));
    const listed = both.filter(function (one) { return found.has(one.row); });
    listed.sort(function (x, y) { return size(y) - size(x) || x.row.place - y.row.place; });
    title.textContent = both.length === 0 || state.a === state.b ? 'Choose two commits' : thousands(worse) + ' worse, ' + thousands(better) + ' better from A to B';
    const missing = rows.length - both.length;
    left.textContent = state.a === state.b ? 'A and B are the same commit.' : both.length === 0 ? 'No series has runs of both.' : 'Levels of ' + thousands(both.length) + ' series, noise aside'
      + (missing ? '; ' + thousands(missing) + ' have no run of both' : '') + '. The values of single runs are noisy: they are beside them, and decide nothing.';
    changed.setAttribute('aria-pressed', String(state.changed));
    result.textContent = thousands(listed.length) + ' of ' + thousands(both.length) + ' series';
    table.fill(listed);
    sides.forEach(function (side) { side.paint(); });
  }

  main.replaceChildren(
    el('div', { class: 'head' }, title, left),
    el('div', { class: 'sides' }, ...sides.map(function (side) { return side.node; })),
    el('div', { class: 'search', role: 'search', 'aria-label': 'Series' },
      el('div', { class: 'field grow' }, el('label', { for: 'search' }, 'Search', el('kbd', {}, '/')), search), changed, el('div', { class: 'found' }, result)),
    table.node);
  paint();
}

/** One of the two commits: typed, or taken from those that are proposed. */
function sideOf(side, state, all, changed) {
  const list = el('datalist', { id: 'commits-' + side });
  const line = el('p', { class: 'quiet' });
  const input = el('input', { type: 'text', id: 'side-' + side, list: 'commits-' + side, spellcheck: 'false', autocomplete: 'off', input: typed, change: typed });
  input.value = state[side];

  function propose() {
    const text = input.value.trim().toLowerCase();
    const fits = all.filter(function (one) { return one.commit.toLowerCase().startsWith(text) || (one.time > 0 && dateOf(one.time).startsWith(text)); });
    list.replaceChildren(...(fits.length > 1 ? fits : all).slice(0, PROPOSED).map(function (one) {
      return el('option', { value: one.commit }, shortOf(one.commit) + (one.time > 0 ? ', ' + dateOf(one.time) : ''));
    }));
  }

  function typed() {
    propose();
    const text = input.value.trim();
    const is = all.find(function (one) { return one.commit === text || (text.length >= 7 && one.commit.startsWith(text)); });
    if (is && is.commit !== state[side]) {
      state[side] = is.commit;
      writeFields({ a: state.a, b: state.b });
      changed();
    } else if (!is) {
      line.textContent = 'No run of this commit: type seven digits of its id or more.';
    }
  }

  function paint() {
    const is = all.find(function (one) { return one.commit === state[side]; });
    line.replaceChildren(...(is ? [commitNode(is.commit), is.time > 0 ? ', ' + momentOf(is.time) + ' UTC' : ''] : ['No run of this commit.']));
  }

  propose();
  return { node: el('div', { class: 'field' }, el('label', { for: 'side-' + side }, side === 'a' ? 'A, before' : 'B, after'), input, list, line), paint: paint };
}
