// A table that is written a part at a time.

/** Rows that are added at once. */
const CHUNK = 100;

/** `columns` are `{title, name, cell(row), label}`; `filled(rows)` is told which rows are there now. */
function listing(columns, label, filled) {
  const body = el('tbody', { role: 'rowgroup' });
  const more = el('div', { class: 'more' });
  const heads = columns.map(function (column) {
    return el('th', { role: 'columnheader', scope: 'col', class: column.name }, column.title);
  });
  const table = el('table', { class: 'rows', role: 'table', 'aria-label': label },
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, ...heads)), body);
  let rows = [];
  let shown = 0;

  function line(row) {
    return el('tr', { role: 'row' }, ...columns.map(function (column) {
      return el('td', { role: 'cell', class: column.name, 'data-label': column.label }, column.cell(row));
    }));
  }

  function add(count) {
    const next = rows.slice(shown, shown + count);
    body.append(...next.map(line));
    shown += next.length;
    const left = rows.length - shown;
    more.replaceChildren(...(left === 0 ? [] : [
      el('button', { type: 'button', click: addAndFocus }, 'Show ' + thousands(Math.min(left, CHUNK * 2)) + ' more'),
      el('span', { class: 'quiet' }, thousands(shown) + ' of ' + thousands(rows.length) + ' shown'),
    ]));
    if (filled) {
      filled(next, Array.from(body.children).slice(-next.length));
    }
  }

  function addAndFocus() {
    const before = body.children.length;
    add(CHUNK * 2);
    body.children[before].querySelector('a').focus({ preventScroll: true });
  }

  function fill(all) {
    rows = all;
    shown = 0;
    body.replaceChildren();
    if (rows.length === 0) {
      body.append(el('tr', { role: 'row' }, el('td', { role: 'cell', class: 'quiet', colspan: String(columns.length) }, 'No series fits.')));
    }
    add(CHUNK);
  }

  return { node: el('div', {}, table, more), fill: fill };
}

/** A labelled choice, kept in a field of the address. */
function choice(name, title, values, titleOf, changed) {
  const node = el('select', { id: 'choice-' + name, change: function () { changed(node.value); } });
  values.forEach(function (value) { node.append(el('option', { value: value }, titleOf(value).slice(0, 80))); });
  return { node: node, field: el('div', { class: 'field' }, el('label', { for: 'choice-' + name }, title), node) };
}

/** Rows of which the name or the metric holds all words. */
function searched(rows, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(function (row) { return words.every(function (word) { return row.search.includes(word); }); });
}
