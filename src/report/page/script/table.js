// The table of comparisons: a chunk of rows at a time, each of which can be opened.

/** Rows that are added at once. */
const CHUNK = 100;

const tbody = byId('table').tBodies[0];
let rows = [];
let shown = 0;

/** The picture of an interval on the axis that all rows share. */
function strip(row) {
  const [width, height] = [180, 22];
  const limit = data.limit;
  const x = linear([-limit, limit], [8, width - 8]);
  const clip = function (effect) { return Math.min(Math.max(effect, -limit), limit); };
  const middle = height / 2;
  const [better, worse] = [x(clip(1 / (1 + row.threshold) - 1)), x(clip(row.threshold))];
  const node = draw('svg', { class: 'strip ' + row.verdict, viewBox: '0 0 ' + width + ' ' + height, 'aria-hidden': 'true', focusable: 'false' },
    draw('rect', { class: 'band', x: better, width: worse - better, y: 1, height: height - 2 }),
    draw('line', { class: 'zero', x1: x(0), x2: x(0), y1: 1, y2: height - 1 }));
  const [point, low, high] = row.effect;
  if (low !== null && high !== null) {
    node.append(draw('line', { class: 'bars', x1: x(clip(low)), x2: x(clip(high)), y1: middle, y2: middle }));
    const arrow = function (at, way) {
      node.append(draw('path', { class: 'arrow', d: 'M' + (at + 6 * way) + ' ' + middle + 'l' + -6 * way + ' -4v8z' }));
    };
    if (low < -limit) { arrow(x(-limit), -1); }
    if (high > limit) { arrow(x(limit), 1); }
  }
  if (point !== null && Math.abs(point) <= limit) {
    node.append(draw('path', { class: 'dots ' + row.verdict, d: mark(SHAPES[row.verdict], x(point), middle, 4) }));
  }
  return node;
}

function rowNode(row) {
  const open = state.open.includes(row.link);
  const id = 'detail-' + row.place;
  const button = el('button', { type: 'button', class: 'opener', 'aria-expanded': String(open), 'aria-controls': open ? id : null, click: function () { toggle(row, node); } },
    el('span', { class: 'turn', 'aria-hidden': 'true' }), isolated(row.title));
  const metric = several ? el('span', { class: 'metric' }, data.metrics[row.metric]) : null;
  const codes = codesOf(row).filter(function (code) { return !shared.includes(code); }).join(', ');
  const warned = codes ? el('span', { class: 'warned' }, codes) : null;
  const cell = function (name, ...children) { return el('td', { role: 'cell', class: name }, ...children); };
  const node = el('tr', { role: 'row', class: 'row ' + row.verdict },
    cell('benchmark', button, metric),
    cell('number base', row.base), cell('number head', row.head),
    cell('number change', el('span', { class: 'point' }, row.change), row.interval ? el('span', { class: 'interval' }, row.interval) : null),
    cell('picture', strip(row)),
    cell('verdict', badge(row.verdict), warned));
  node.row = row;
  return node;
}

function detailNode(row) {
  const box = el('div', { class: 'detail' });
  const node = el('tr', { role: 'row', class: 'opened', id: 'detail-' + row.place }, el('td', { role: 'cell', colspan: '6' }, box));
  node.fill = function () { fillDetail(box, row); };
  return node;
}

/** Opens a row below its own, or closes it. */
function toggle(row, node, remember = true) {
  const button = node.querySelector('.opener');
  const isOpen = button.getAttribute('aria-expanded') === 'true';
  button.setAttribute('aria-expanded', String(!isOpen));
  if (isOpen) {
    node.nextElementSibling.remove();
    button.removeAttribute('aria-controls');
    state.open = state.open.filter(function (link) { return link !== row.link; });
  } else {
    const below = detailNode(row);
    node.after(below);
    below.fill();
    button.setAttribute('aria-controls', below.id);
    state.open = state.open.filter(function (link) { return link !== row.link; }).concat(row.link);
  }
  if (remember) {
    writeState();
  }
}

/** Adds the next rows. */
function addRows(more) {
  const fresh = document.createDocumentFragment();
  const filled = [];
  rows.slice(shown, shown + more).forEach(function (row) {
    fresh.append(rowNode(row));
    if (state.open.includes(row.link)) {
      const below = detailNode(row);
      fresh.append(below);
      filled.push(below);
    }
  });
  shown = Math.min(shown + more, rows.length);
  tbody.append(fresh);
  filled.forEach(function (below) { below.fill(); });
  const left = rows.length - shown;
  byId('more').replaceChildren(...(left === 0 ? [] : [
    el('button', { type: 'button', click: function () { addAndFocus(CHUNK * 2); } }, 'Show ' + thousands(Math.min(left, CHUNK * 2)) + ' more'),
    el('span', { class: 'quiet' }, thousands(shown) + ' of ' + thousands(rows.length) + ' shown'),
  ]));
}

/** Adds rows and leaves the keyboard at the first of them. */
function addAndFocus(more) {
  const from = shown;
  addRows(more);
  const first = openers()[from];
  if (first) {
    first.focus({ preventScroll: true });
  }
}

function openers() {
  return Array.from(tbody.querySelectorAll('.opener'));
}

/** Shows the rows that are looked at. */
function showRows() {
  rows = chosen();
  shown = 0;
  tbody.replaceChildren();
  if (rows.length === 0) {
    const text = data.rows.length ? 'No comparison fits. Escape in the search field, or Reset, shows all.' : 'No benchmark was compared.';
    tbody.append(el('tr', { role: 'row', class: 'rest' }, el('td', { role: 'cell', colspan: '6' }, text)));
  }
  const furthest = rows.findLastIndex(function (row) { return state.open.includes(row.link); });
  addRows(Math.max(CHUNK, furthest + 1));
}

/** Opens a row wherever it is, and goes there. */
function goTo(row) {
  if (!chosen().includes(row)) {
    Object.assign(state, { text: '', verdicts: [], suite: '', metric: '', warned: false });
    onState();
  }
  const place = rows.indexOf(row);
  if (place >= shown) {
    addRows(place - shown + 1);
  }
  const node = Array.from(tbody.rows).find(function (candidate) { return candidate.row === row; });
  if (!state.open.includes(row.link)) {
    toggle(row, node);
  }
  node.scrollIntoView({ block: 'start' });
  node.querySelector('.opener').focus({ preventScroll: true });
}

tbody.addEventListener('keydown', function (event) {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (event.key === 'Escape') {
    const inside = event.target.closest('tr.opened');
    const node = inside ? inside.previousElementSibling : event.target.closest('tr.row');
    if (node && node.querySelector('.opener').getAttribute('aria-expanded') === 'true') {
      toggle(node.row, node);
      node.querySelector('.opener').focus();
      event.preventDefault();
    }
    return;
  }
  if (!event.target.classList.contains('opener')) {
    return;
  }
  const all = openers();
  const at = all.indexOf(event.target);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (next !== undefined && all[next]) {
    all[next].focus();
    event.preventDefault();
  }
});
