// What changed lately, and what moved most.

/** Changes that are shown at once. */
const FEED = 10;

/** The newest changes in a list, the newer before. */
function feedOf(changes) {
  const list = el('ol', { class: 'feed' });
  const more = el('div', { class: 'more' });
  let shown = 0;
  function add(count) {
    const next = changes.slice(shown, shown + count);
    list.append(...next.map(feedEntry));
    shown += next.length;
    const left = changes.length - shown;
    more.replaceChildren(...(left === 0 ? [] : [
      el('button', { type: 'button', click: function () { addAndFocus(); } }, 'Show ' + Math.min(left, 4 * FEED) + ' more'),
      el('span', { class: 'quiet' }, thousands(shown) + ' of ' + thousands(changes.length) + ' shown'),
    ]));
  }
  function addAndFocus() {
    const before = list.children.length;
    add(4 * FEED);
    list.children[before].querySelector('a').focus({ preventScroll: true });
  }
  add(FEED);
  return el('div', {}, changes.length ? list : el('p', { class: 'quiet' }, 'No change of this kind.'), more);
}

function feedEntry(change) {
  const row = change.row;
  return el('li', {},
    el('span', { class: 'when' }, placeOf(row.axis, change.index)),
    seriesLink(row, aroundOf(row, change)),
    el('span', { class: 'size' }, changeNode(row, change, true)),
    el('span', { class: 'where' }, rangeNode(row, change), change.provisional ? ', provisional' : ''));
}

/** The rows that moved most in one direction over so many runs. */
function moversOf(rows, span, way) {
  const moved = rows.map(function (row) { return { row: row, move: movement(row, span) }; })
    .filter(function (one) { return one.move.before !== one.move.after && wayOf(one.row, one.move.before, one.move.after) === way; });
  // A change from zero, or through it, has no ratio: no other is larger.
  const size = function (one) { return one.move.ratio === null ? Infinity : Math.abs(Math.log(one.move.ratio)); };
  moved.sort(function (a, b) { return size(a) === size(b) ? a.row.place - b.row.place : size(b) - size(a); });
  return moved.slice(0, 5);
}

function moversNode(title, moved) {
  const entry = function (one) {
    return el('li', {}, seriesLink(one.row), el('span', { class: 'size' }, changeNode(one.row, one.move)));
  };
  return el('div', {}, el('h3', {}, title), moved.length ? el('ol', {}, ...moved.map(entry)) : el('p', { class: 'quiet' }, 'None.'));
}
