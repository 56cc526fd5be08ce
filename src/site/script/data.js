// What the page loads from beside itself: an overview, the runs, and a file per series when it is looked at.

/** Series that are kept once they are loaded; each may hold thousands of values. */
const KEPT_MAX = 300;

const arrived = new Map();
const loads = new Map();

// The files call this with what they hold.
window.benchgateSite = function (kind, value) {
  arrived.set(kind === 'series' ? 'series/' + value.name : kind, value);
};

/** Loads a file once; `key` is what it says of itself. */
function load(path, key) {
  if (!loads.has(key)) {
    const done = new Promise(function (resolve, reject) {
      const script = document.createElement('script');
      script.src = path;
      script.addEventListener('load', function () {
        script.remove();
        const value = arrived.get(key);
        arrived.delete(key);
        if (value) { resolve(value); } else { reject(new Error(path + ' does not hold what it should.')); }
      });
      script.addEventListener('error', function () {
        script.remove();
        reject(new Error('Cannot load ' + path + '. Is it there, beside this page?'));
      });
      document.head.append(script);
    });
    loads.set(key, done);
    done.catch(function () { loads.delete(key); });
  }
  return loads.get(key);
}

/** Numbers from their differences; null where there is none. */
function decode(text, length) {
  let sum = 0;
  const values = text === '' ? [] : text.split(',').map(function (part) { return part === '' ? null : (sum += Number(part)); });
  while (values.length < length) {
    values.push(null);
  }
  return values;
}

const site = { rows: [], changes: [], axes: [], suites: [], metrics: [], environments: [], notes: [], byFile: new Map() };

/** Overview and runs, ready to be looked at. */
function start() {
  const version = '?v=' + byId('main').dataset.version;
  return Promise.all([load('data/overview.js' + version, 'overview'), load('data/runs.js' + version, 'runs')]).then(function (both) {
    const [overview, runs] = both;
    if (overview.stamps.join() !== runs.axes.map(function (axis) { return axis.stamp; }).join()) {
      throw new Error('This site has just been written anew. Load the page again.');
    }
    Object.assign(site, overview, { environments: runs.environments });
    site.axes = runs.axes.map(function (axis) {
      const commits = decode(axis.commits, axis.runs).map(function (place) { return place === null ? null : runs.commits[place]; });
      return { stamp: axis.stamp, runs: axis.runs, commits: commits, times: decode(axis.times, axis.runs), environments: decode(axis.environments, axis.runs) };
    });
    site.rows.forEach(function (row, place) {
      row.place = place;
      row.axis = site.axes[row.axis];
      row.metricName = site.metrics[row.metric];
      row.suiteName = site.suites[row.suite];
      row.search = (row.name + ' ' + row.metricName).toLowerCase();
      row.changes = [];
      site.byFile.set(row.file, row);
    });
    site.changes.forEach(function (change) {
      change.row = site.rows[change.row];
      change.row.changes.push(change);
    });
    site.rows.filter(function (row) { return row.changes.length === 0; }).forEach(function (row) { row.changes = olderOf(row); });
  });
}

/** The last change of a row that is too old to be listed, from its levels. */
function olderOf(row) {
  const own = ownLevels(row);
  if (own.length < 2) {
    return [];
  }
  const [before, after] = own.slice(-2);
  const ratio = before[1] > 0 && after[1] > 0 ? after[1] / before[1] : null;
  return [{ row: row, index: after[0], first: after[0], last: after[0], before: before[1], after: after[1], ratio: ratio }];
}

const kept = [];

/** Every value of a series, and all its changes. */
function seriesOf(row) {
  const key = 'series/' + row.file;
  return load(key + '.js?v=' + row.axis.stamp, key).then(function (file) {
    if (file.stamp !== row.axis.stamp) {
      throw new Error('This site has just been written anew. Load the page again.');
    }
    if (!file.numbers) {
      const power = Math.pow(10, Math.abs(file.exponent));
      file.numbers = decode(file.values, row.axis.runs).map(function (whole) {
        return whole === null ? null : file.exponent < 0 ? whole / power : whole * power;
      });
      file.values = null;
      kept.push(key);
      if (kept.length > KEPT_MAX) {
        loads.delete(kept.shift());
      }
    }
    return file;
  });
}

/** The environment that a run of a series is compared in; -1 where all have the same. */
function machineOf(row, run) {
  const one = row.levels.length === 0 || row.levels[0][2] < 0;
  const found = one ? -1 : row.axis.environments[run];
  return found === null ? -1 : found;
}

/** The level that a series has at a run, by its last change before; null where there is none. */
function levelAt(row, run, machine) {
  let found = null;
  for (const level of row.levels) {
    if (level[2] === machine && (level[0] <= run || found === null)) {
      found = level[1];
    }
  }
  return found;
}

/** The levels of the machine that measured a series last. */
function ownLevels(row) {
  const machine = machineOf(row, row.last);
  return row.levels.filter(function (level) { return level[2] === machine; });
}

/** The level at a run against the level so many runs earlier: `{before, after, ratio}`. */
function movement(row, span) {
  const end = row.axis.runs - 1;
  const known = ownLevels(row);
  if (known.length === 0) {
    return { before: null, after: null, ratio: null };
  }
  const machine = known[0][2];
  const after = levelAt(row, end, machine);
  const before = levelAt(row, Math.max(end - span, 0), machine);
  return { before: before, after: after, ratio: before > 0 && after > 0 ? after / before : null };
}
