// Starts the page.

readState();
onState = showState;
startControls();
showState();
startOverview(goTo);

addEventListener('keydown', function (event) {
  const typing = event.target.closest && event.target.closest('input, select, textarea');
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    controls.search.focus();
    controls.search.select();
    event.preventDefault();
  }
});

// Sections are gone to without touching the address, which says what is looked at.
document.querySelectorAll('nav a, a.skip').forEach(function (link) {
  link.addEventListener('click', function (event) {
    const section = byId(link.getAttribute('href').slice(1));
    section.scrollIntoView();
    section.focus({ preventScroll: true });
    event.preventDefault();
  });
});

/** Rows whose details are printed. */
const PRINTED_MAX = 30;
let unfolded = [];

addEventListener('beforeprint', function () {
  unfolded = Array.from(tbody.querySelectorAll('tr.row')).filter(function (node) {
    return node.row && node.row.verdict !== 'unchanged' && !state.open.includes(node.row.link);
  }).slice(0, PRINTED_MAX);
  unfolded.forEach(function (node) { toggle(node.row, node, false); });
});
addEventListener('afterprint', function () {
  unfolded.forEach(function (node) {
    if (node.isConnected && state.open.includes(node.row.link)) {
      toggle(node.row, node, false);
    }
  });
  unfolded = [];
});

const first = state.open.length ? links.get(state.open[0]) : null;
const opened = first && Array.from(tbody.rows).find(function (node) { return node.row === first; });
if (opened) {
  opened.scrollIntoView({ block: 'start' });
}
document.documentElement.setAttribute('data-ready', 'yes');
