// What is looked at stands in the address: `#/`, `#/series/NAME?zoom=10-90`, `#/compare?a=…&b=…`. A link shows the same.

const route = { view: '', name: '', fields: new URLSearchParams() };
let routeTimer = 0;

function readRoute() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [view, name] = path.split('/');
  Object.assign(route, { view: view || 'overview', name: name || '', fields: new URLSearchParams(query || '') });
}

/** A field of the address, if it is one of those that are known. */
function known(name, values, otherwise) {
  const found = route.fields.get(name);
  return values.includes(found) ? found : otherwise;
}

/** Changes fields of the address in place; empty ones go. A little later: browsers refuse to be asked for every letter. */
function writeFields(changed) {
  for (const name of Object.keys(changed)) {
    if (changed[name]) { route.fields.set(name, changed[name]); } else { route.fields.delete(name); }
  }
  clearTimeout(routeTimer);
  routeTimer = setTimeout(flushRoute, 150);
}

function flushRoute() {
  clearTimeout(routeTimer);
  const query = route.fields.toString();
  const path = route.view === 'overview' ? '' : route.view + (route.name ? '/' + route.name : '');
  history.replaceState(null, '', '#/' + path + (query ? '?' + query : ''));
}
