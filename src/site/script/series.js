// One series: its chart, the run that was chosen, its changes, its values.

/** Values that are listed in a table at once. */
const LISTED_MAX = 1000;

/** The run that an address means: a commit's id, or its beginning; -1 if there is none. */
function runOf(axis, text) {
  if (!text) {
    return -1;
  }
  const place = axis.commits.lastIndexOf(text);
  return place >= 0 || text.length < 7 ? place
    : axis.commits.findLastIndex(function (commit) { return commit !== null && (commit.startsWith(text) || (commit.length >= 7 && text.startsWith(commit))); });
}

function zoomOf(text, last) {
  const match = /^(\d{1,9})-(\d{1,9})$/.exec(text || '');
  return match && Number(match[1]) <= last ? [Number(match[1]), Math.min(Number(match[2]), last)] : null;
}

function showSeries(main, row) {
  main.replaceChildren(el('div', { class: 'head' }, el('p', { class: 'crumb' }, el('a', { href: '#/' }, 'All series')), el('h1', { tabindex: '-1' }, isolated(row.name))),
    el('p', { class: 'loading' }, 'Loading…'));
  return seriesOf(row).then(function (series) {
    // Somebody may have gone elsewhere meanwhile.
    if (route.view === 'series' && route.name === row.file) {
      paintSeries(main, row, series);
    }
  });
}

function paintSeries(main, row, series) {
  const last = row.axis.runs - 1;
  const card = el('div', { class: 'card' });
  const values = el('details', { toggle: function () { if (values.open) { fill(); } } }, el('summary', {}, 'The values in view as a table'));
  let view = [0, last];
  const pair = ['a', 'b'].map(function (side) { return runOf(row.axis, route.fields.get(side)); });
  const plot = chart(row, series, {
    zoom: zoomOf(route.fields.get('zoom'), last),
    chosen: runOf(row.axis, route.fields.get('at')),
    marked: pair.map(function (run, i) { return [run, 'AB'[i]]; }).filter(function (one) { return one[0] >= 0; }),
    zoomed: function (from, to, all) {
      view = [from, to];
      writeFields({ zoom: all ? '' : from + '-' + to });
      if (values.open) { fill(); }
    },
    chose: function (run) {
      const commit = row.axis.commits[run];
      // A commit that was measured twice has no address of its own.
      writeFields({ at: commit !== null && runOf(row.axis, commit) === run ? commit : '' });
      showRun(run);
    },
  });
  view = zoomOf(route.fields.get('zoom'), last) || view;

  function showRun(run) {
    card.replaceChildren(...(run < 0 ? [el('p', { class: 'quiet' }, 'Choose a run in the picture: a click, or Enter.')] : runParts(row, series, run)));
  }

  function fill() {
    values.querySelectorAll('.scroll').forEach(function (old) { old.remove(); });
    values.append(valuesOf(row, series, view));
  }

  showRun(runOf(row.axis, route.fields.get('at')));
  const siblings = site.rows.filter(function (other) { return other.name === row.name && other !== row; });
  main.replaceChildren(
    el('div', { class: 'head' },
      el('p', { class: 'crumb' }, el('a', { href: '#/' }, 'All series'), row.suiteName ? ' / ' : '',
        row.suiteName ? el('a', { href: '#/?suite=' + encodeURIComponent(row.suiteName) }, isolated(row.suiteName)) : ''),
      el('h1', { tabindex: '-1' }, isolated(row.name)), factsOf(row, series),
      siblings.length ? el('p', { class: 'quiet' }, 'Also: ', ...siblings.slice(0, 20).flatMap(function (other, i) {
        return [i ? ', ' : '', el('a', { href: addressOf(other) }, other.metricName || other.file)];
      })) : null),
    plot.node, card,
    part('changes', series.steps.length ? 'Changes, newest first' : 'No change of level was found', null, series.steps.length ? stepsOf(row, series, plot) : ''),
    el('section', {}, values));
  plot.paint();
}

function factsOf(row, series) {
  const now = movement(row, 0).after;
  const machines = Array.from(new Set(row.axis.environments.filter(function (one) { return one !== null; })));
  const facts = [['metric', row.metricName], ['better', row.better || 'unknown'], ['now', now === null || isGone(row) ? '' : show(now, row.scale)],
    ['until ' + placeOf(row.axis, row.last), now !== null && isGone(row) ? show(now, row.scale) : ''],
    ['runs', thousands(row.n) + (row.n < row.axis.runs ? ' of ' + thousands(row.axis.runs) : '')],
    ['drift', series.drift && series.drift.ratio ? percent(series.drift.ratio - 1) + ' from end to end' : ''],
    [machines.length > 1 ? 'machines' : 'machine', machines.length === 1 ? site.environments[machines[0]] : machines.length > 1 ? String(machines.length) : '']];
  return el('dl', { class: 'facts' }, ...facts.filter(function (fact) { return fact[1]; }).map(function (fact) {
    return el('div', {}, el('dt', {}, fact[0]), el('dd', {}, fact[1]));
  }));
}

/** What is known of one run, and what can be done with it. */
function runParts(row, series, run) {
  const axis = row.axis;
  const commit = axis.commits[run];
  const level = levelAt(row, run, machineOf(row, run));
  const machine = axis.environments[run];
  const pair = ['a', 'b'].map(function (side) { return side === 'a' ? route.fields.get('a') : route.fields.get('b'); });
  const compare = commit === null ? null : el('a', { href: '#/compare?' + new URLSearchParams(pair[0] && pair[0] !== commit ? { a: pair[0], b: commit } : { b: commit }) },
    pair[0] && pair[0] !== commit ? 'Compare with A' : 'Compare with another commit');
  return [
    el('p', {}, el('strong', {}, show(series.numbers[run], row.scale)), level === null ? '' : el('span', { class: 'quiet' }, ' (level ' + show(level, row.scale) + ')')),
    el('p', {}, 'commit ', commitNode(commit)),
    el('p', { class: 'quiet' }, (momentOf(axis.times[run]) ? momentOf(axis.times[run]) + ' UTC, ' : '') + 'run ' + (run + 1) + (machine !== null ? ', ' + site.environments[machine] : '')),
    compare,
    commit !== null && !pair[0] ? el('button', { type: 'button', click: function (event) { flushRoute(); writeFields({ a: commit }); flushRoute(); event.target.replaceWith(el('span', { class: 'quiet' }, 'kept as A: choose another run')); } }, 'Keep as A') : null,
  ].filter(Boolean);
}

function stepsOf(row, series, plot) {
  const line = function (step) {
    const around = aroundOf(row, step).zoom.split('-').map(Number);
    return el('tr', { role: 'row' }, ...[
      el('td', {}, placeOf(row.axis, step.index)),
      el('td', {}, changeNode(row, step), step.provisional ? el('span', { class: 'quiet' }, ' provisional: few runs follow') : null),
      el('td', {}, step.interval ? intervalOf(step.interval) + ' %' : ''),
      el('td', {}, show(step.before, row.scale) + ' → ' + show(step.after, row.scale)),
      el('td', {}, rangeNode(row, step)),
      el('td', {}, el('button', { type: 'button', class: 'chip', 'aria-label': 'Look closer at the change of ' + placeOf(row.axis, step.index), click: function () { plot.zoom(around[0], around[1]); plot.node.scrollIntoView({ block: 'nearest' }); } }, 'Look closer')),
    ].map(function (cell) { cell.setAttribute('role', 'cell'); return cell; }));
  };
  const head = ['when', 'change', 'interval, 99 %', 'levels', 'commits', ''].map(function (title) {
    return title ? el('th', { role: 'columnheader', scope: 'col' }, title) : el('td', { role: 'cell' });
  });
  return el('div', { class: 'wide', tabindex: '0', role: 'group', 'aria-label': 'Changes' }, el('table', { class: 'steps', role: 'table' },
    el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, ...head)), el('tbody', { role: 'rowgroup' }, ...series.steps.slice().reverse().map(line))));
}

function valuesOf(row, series, view) {
  const runs = [];
  for (let run = view[1]; run >= view[0] && runs.length < LISTED_MAX; run -= 1) {
    if (series.numbers[run] !== null) { runs.push(run); }
  }
  const line = function (run) {
    return el('tr', {}, el('th', { scope: 'row' }, String(run + 1)), el('td', {}, momentOf(row.axis.times[run])), el('td', {}, commitNode(row.axis.commits[run])),
      el('td', {}, show(series.numbers[run], row.scale)));
  };
  return el('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Values' }, el('table', { class: 'plain' },
    el('thead', {}, el('tr', {}, ...['run', 'when', 'commit', 'value'].map(function (title) { return el('th', { scope: 'col' }, title); }))),
    el('tbody', {}, ...runs.map(line))));
}
