// Search, filters, sorting: they change the state, the table follows.

const controls = {};

function startControls() {
  const counts = {};
  data.rows.forEach(function (row) { counts[row.verdict] = (counts[row.verdict] || 0) + 1; });
  controls.search = el('input', {
    type: 'search', id: 'search', autocomplete: 'off', spellcheck: 'false', placeholder: 'benchmark, suite or metric', 'aria-keyshortcuts': '/',
    input: function () { state.text = controls.search.value; changed(); },
    keydown: function (event) {
      if (event.key === 'Escape') {
        state.text = '';
        changed();
        event.preventDefault();
      } else if (event.key === 'ArrowDown' && openers()[0]) {
        openers()[0].focus();
        event.preventDefault();
      }
    },
  });
  controls.verdicts = VERDICTS.filter(function (verdict) { return counts[verdict]; }).map(function (verdict) {
    const button = el('button', { type: 'button', class: 'chip', 'aria-pressed': 'false', click: function () { flip(verdict); } },
      badge(verdict), ' ', el('span', { class: 'count' }, thousands(counts[verdict])));
    button.verdict = verdict;
    return button;
  });
  const warned = data.rows.filter(function (row) { return row.remarks; }).length;
  controls.warned = el('button', { type: 'button', class: 'chip', 'aria-pressed': 'false', click: function () { state.warned = !state.warned; changed(); } },
    'with remarks ', el('span', { class: 'count' }, thousands(warned)));
  controls.suite = select('suite', [''].concat(data.suites), function (name) { return name || 'all suites'; });
  controls.metric = select('metric', [''].concat(data.metrics), function (name) { return name || 'all metrics'; });
  controls.sort = select('sort', Object.keys(SORTS), function (name) { return SORTS[name].title; });
  controls.result = el('p', { class: 'result', role: 'status', 'aria-live': 'polite' });
  controls.reset = el('button', { type: 'button', class: 'reset', click: reset }, 'Reset');
  const box = byId('controls');
  box.append(...[
    el('div', { class: 'field grow' }, el('label', { for: 'search' }, 'Search', el('kbd', {}, '/')), controls.search),
    data.suites.length > 1 ? field('suite', 'Suite') : null,
    data.metrics.length > 1 ? field('metric', 'Metric') : null,
    field('sort', 'Sort'),
    el('div', { class: 'chips', role: 'group', 'aria-label': 'Verdicts' }, ...controls.verdicts, warned ? controls.warned : null),
    el('div', { class: 'found' }, controls.result, controls.reset),
    shared.length ? el('p', { class: 'shared' }, 'On every row: ' + shared.map(sharedWords).join('; ') + '.') : null,
  ].filter(Boolean));
  startHeaders();
  box.hidden = data.rows.length === 0;
}

/** Column headers that sort, and turn round when they are pressed again. */
const HEADERS = { benchmark: ['name'], change: ['change', '-change'], verdict: ['worst'] };

function startHeaders() {
  controls.headers = Object.keys(HEADERS).map(function (name) {
    const header = document.querySelector('#table th.' + name);
    const sorts = HEADERS[name];
    header.replaceChildren(el('button', { type: 'button', class: 'sorter', click: function () {
      state.sort = sorts[(sorts.indexOf(state.sort) + 1) % sorts.length];
      changed();
    } }, header.textContent, el('span', { class: 'way', 'aria-hidden': 'true' })));
    header.sorts = sorts;
    return header;
  });
}

function showHeaders() {
  controls.headers.forEach(function (header) {
    const at = header.sorts.indexOf(state.sort);
    const way = at < 0 ? null : state.sort === 'change' || state.sort === 'worst' ? 'descending' : 'ascending';
    header.querySelector('.way').textContent = way === null ? '' : way === 'ascending' ? ' ↑' : ' ↓';
    if (way === null) {
      header.removeAttribute('aria-sort');
    } else {
      header.setAttribute('aria-sort', way);
    }
  });
}

function select(name, values, title) {
  const node = el('select', { id: name, change: function () { state[name] = node.value; changed(); } });
  values.forEach(function (value) { node.append(el('option', { value: value }, title(value).slice(0, 80))); });
  return node;
}

function field(name, title) {
  return el('div', { class: 'field' }, el('label', { for: name }, title), controls[name]);
}

function flip(verdict) {
  const without = state.verdicts.filter(function (other) { return other !== verdict; });
  state.verdicts = without.length < state.verdicts.length ? without : VERDICTS.filter(function (other) { return other === verdict || without.includes(other); });
  changed();
}

function reset() {
  Object.assign(state, { text: '', verdicts: [], suite: '', metric: '', warned: false, sort: 'worst' });
  changed();
  controls.search.focus();
}

/** Something else is looked at. */
function changed() {
  showState();
  writeState();
}

/** Makes controls and table say what the state says. */
function showState() {
  if (controls.search.value !== state.text) {
    controls.search.value = state.text;
  }
  controls.verdicts.forEach(function (button) { button.setAttribute('aria-pressed', String(state.verdicts.includes(button.verdict))); });
  controls.warned.setAttribute('aria-pressed', String(state.warned));
  controls.suite.value = state.suite;
  controls.metric.value = state.metric;
  controls.sort.value = state.sort;
  showHeaders();
  showRows();
  const all = rows.length === data.rows.length;
  controls.result.textContent = all ? count(rows.length, 'comparison') : thousands(rows.length) + ' of ' + count(data.rows.length, 'comparison');
  controls.reset.hidden = all && state.sort === 'worst';
}
