// What Rust left in the page.

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
