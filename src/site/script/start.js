// Starts the site, and goes where the address says.

const main = byId('main');
let drawn = '';

function goThere(first) {
  readRoute();
  const row = route.view === 'series' ? site.byFile.get(route.name) : null;
  document.documentElement.removeAttribute('data-ready');
  const done = route.view === 'series' && row ? showSeries(main, row)
    : route.view === 'compare' ? showCompare(main)
    : route.view === 'overview' ? showOverview(main)
    : showNothing();
  const current = { overview: 'go-overview', compare: 'go-compare' }[route.view];
  ['go-overview', 'go-compare'].forEach(function (id) {
    if (id === current) { byId(id).setAttribute('aria-current', 'page'); } else { byId(id).removeAttribute('aria-current'); }
  });
  document.title = (row ? row.name + ' · ' : route.view === 'compare' ? 'Compare commits · ' : '') + site.title;
  drawn = route.view + '/' + route.name;
  return Promise.resolve(done).then(function () {
    const title = main.querySelector('h1');
    if (!first && title) {
      scrollTo(0, 0);
      title.focus({ preventScroll: true });
    }
    document.documentElement.setAttribute('data-ready', drawn);
  }, fail);
}

function showNothing() {
  main.replaceChildren(el('div', { class: 'head' }, el('h1', { tabindex: '-1' }, 'There is no such series'),
    el('p', { class: 'advice' }, 'It may have been renamed. ', el('a', { href: '#/' }, 'All series'))));
}

function fail(error) {
  main.replaceChildren(el('div', { class: 'head' }, el('h1', { tabindex: '-1' }, 'This cannot be shown'), el('p', { class: 'advice' }, error.message)));
  document.documentElement.setAttribute('data-ready', 'failed');
}

addEventListener('hashchange', function () {
  // What the page wrote itself is on the screen already: replaceState does not come here.
  if (location.hash === '' || location.hash.startsWith('#/')) {
    clearTimeout(routeTimer);
    goThere(false);
  }
});

addEventListener('keydown', function (event) {
  const typing = event.target.closest && event.target.closest('input, select, textarea');
  const search = byId('search');
  if (event.key === '/' && search && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    search.focus();
    search.select();
    event.preventDefault();
  }
});

document.querySelector('a.skip').addEventListener('click', function (event) {
  main.focus();
  event.preventDefault();
});

main.append(el('p', { class: 'loading' }, 'Loading…'));
start().then(function () { return goThere(true); }).catch(fail);
