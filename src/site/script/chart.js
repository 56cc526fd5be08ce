// A series over its runs: every value, the levels, the changes, the machines; a span of it can be looked at closer.

const EDGE = { left: 70, right: 16, top: 22, bottom: 30 };
/** More values than this are drawn as the range of each column. */
const DOTS_MAX = 1500;
/** Fewest runs that can be looked at. */
const SPAN_MIN = 8;
/** More changes of machine than this in the picture, and they alternate: marks tell them apart then. */
const MACHINES_MAX = 8;
/** Pixels of a letter of their names, on average. */
const MACHINE_LETTER = 7.2;

/** `options`: `zoom` (from, to), `chosen` (a run), `marked` ([run, letter] pairs), and who is told: `zoomed(from, to)`, `chose(run)`. */
function chart(row, series, options) {
  const axis = row.axis;
  const last = axis.runs - 1;
  const values = series.numbers;
  const present = values.map(function (value, run) { return value === null ? -1 : run; }).filter(function (run) { return run >= 0; });
  const view = { from: 0, to: last, zero: false, chosen: options.chosen };
  if (options.zoom) {
    Object.assign(view, fit(options.zoom[0], options.zoom[1]));
  }
  const tip = el('p', { class: 'tip', role: 'status', 'aria-live': 'polite' });
  const canvas = el('div', {
    class: 'canvas plot', tabindex: '0', role: 'group', 'aria-roledescription': 'plot',
    'aria-label': 'Values of ' + row.name + ' over ' + count(axis.runs, 'run') + ', ' + count(series.steps.length, 'change')
      + '. Arrow keys read the values, plus and minus zoom, 0 shows all, Enter chooses a run.',
  });
  const map = el('div', { class: 'canvas map', 'aria-hidden': 'true' });
  const span = el('span', { class: 'span', role: 'status' });
  const button = function (title, act, label) { return el('button', { type: 'button', click: act, 'aria-label': label }, title); };
  const zero = el('input', { type: 'checkbox', change: function () { view.zero = zero.checked; paint(); } });
  const tools = el('div', { class: 'tools' },
    button('All', function () { zoom(0, last); }, 'Show all runs'),
    last >= 100 ? button('Last 100', function () { zoom(last - 99, last); }, 'Show the last 100 runs') : null,
    button('+', function () { closer(0.5); }, 'Zoom in'), button('−', function () { closer(2); }, 'Zoom out'),
    button('←', function () { move(-0.5); }, 'Earlier runs'), button('→', function () { move(0.5); }, 'Later runs'),
    el('label', {}, zero, 'from zero'), span);
  const node = el('div', { class: 'chart' }, tools, canvas, map, legendOf(series));
  let geometry = null;
  let at = -1;
  let drag = null;
  let painted = '';

  function fit(from, to) {
    const wide = Math.min(Math.max(to - from, SPAN_MIN), last);
    const start = Math.min(Math.max(Math.round((from + to - wide) / 2), 0), Math.max(last - wide, 0));
    return { from: start, to: Math.min(start + wide, last) };
  }

  function zoom(from, to) {
    const next = fit(Math.min(from, to), Math.max(from, to));
    if (next.from !== view.from || next.to !== view.to) {
      Object.assign(view, next);
      paint();
      options.zoomed(view.from, view.to, view.from === 0 && view.to === last);
    }
  }

  function closer(factor) {
    const middle = at >= view.from && at <= view.to ? at : (view.from + view.to) / 2;
    zoom(Math.round(middle - (middle - view.from) * factor), Math.round(middle + (view.to - middle) * factor));
  }

  function move(share) {
    const wide = view.to - view.from;
    const from = Math.min(Math.max(Math.round(view.from + wide * share), 0), last - wide);
    zoom(from, from + wide);
  }

  /** The values in view, and the range that shows all but the wildest. */
  function look() {
    const runs = present.filter(function (run) { return run >= view.from && run <= view.to; });
    const sorted = ascending(runs.map(function (run) { return values[run]; }));
    if (sorted.length === 0) {
      return { runs: runs, low: 0, high: 1, beyond: 0 };
    }
    const wild = sorted.length > 300 ? 0.002 : 0;
    const inView = row.levels.filter(function (level) { return level[0] >= view.from && level[0] <= view.to; }).map(function (level) { return level[1]; });
    let [low, high] = range([quantile(sorted, wild), quantile(sorted, 1 - wild)].concat(inView), 0.12);
    if (view.zero) {
      [low, high] = [Math.min(low, 0), Math.max(high, 0)];
      low = sorted[0] >= 0 ? 0 : low;
    }
    const beyond = runs.filter(function (run) { return values[run] < low || values[run] > high; }).length;
    return { runs: runs, low: low, high: high, beyond: beyond };
  }

  function paint() {
    const width = Math.max(canvas.clientWidth || 640, 260);
    const height = width < 600 ? 260 : 340;
    const seen = look();
    const beside = view.to > view.from ? 0 : 0.5;
    const x = linear([view.from - beside, view.to + beside], [EDGE.left + 6, width - EDGE.right - 6]);
    const y = linear([seen.low, seen.high], [height - EDGE.bottom, EDGE.top]);
    geometry = { x: x, y: y, width: width, height: height, runs: seen.runs };
    const svg = draw('svg', { viewBox: '0 0 ' + width + ' ' + height, 'aria-hidden': 'true', focusable: 'false' });
    const marks = ticks(seen.low, seen.high, 5);
    axisY(svg, marks, y, EDGE.left, width - EDGE.right, labels(marks, row.scale));
    paintRuns(svg, axis, view, x, width, height);
    paintSteps(svg, row, series.steps, view, x, height);
    paintMachines(svg, row, seen.runs, x, width - EDGE.right, height);
    paintValues(svg, row, values, geometry);
    paintLevels(svg, row, present, view, x, y, width - EDGE.right);
    (options.marked || []).concat(view.chosen >= 0 ? [[view.chosen, '']] : []).forEach(function (one) {
      if (one[0] >= view.from && one[0] <= view.to) {
        svg.append(draw('line', { class: 'chosen', x1: x(one[0]), x2: x(one[0]), y1: EDGE.top - 8, y2: height - EDGE.bottom }),
          draw('text', { class: 'letter', x: x(one[0]), y: EDGE.top - 10, 'text-anchor': 'middle' }, one[1]));
      }
    });
    geometry.cursor = draw('circle', { class: 'cursor', r: 7, visibility: 'hidden' });
    geometry.selection = draw('rect', { class: 'selection', visibility: 'hidden', y: EDGE.top - 8, height: height - EDGE.bottom - EDGE.top + 8 });
    svg.append(geometry.cursor, geometry.selection);
    canvas.replaceChildren(svg, tip);
    leave();
    paintMap();
    const wide = view.to - view.from + 1;
    span.textContent = (wide > last ? count(axis.runs, 'run') : 'runs ' + (view.from + 1) + ' to ' + (view.to + 1) + ' of ' + axis.runs)
      + (axis.times[view.from] !== null ? ', ' + placeOf(axis, view.from) + ' to ' + placeOf(axis, view.to) : '')
      + (seen.beyond ? '; ' + count(seen.beyond, 'value') + ' beyond the picture' : '');
  }

  function paintMap() {
    if (last < 2 * SPAN_MIN) {
      map.hidden = true;
      return;
    }
    const [width, height] = [Math.max(map.clientWidth || canvas.clientWidth || 640, 260), 44];
    const x = linear([0, last], [EDGE.left + 6, width - EDGE.right - 6]);
    geometry.map = { x: x, width: width };
    if (painted !== String(width)) {
      painted = String(width);
      const sorted = ascending(present.map(function (run) { return values[run]; }));
      const [low, high] = sorted.length ? range([quantile(sorted, 0.01), quantile(sorted, 0.99)], 0.1) : [0, 1];
      const y = linear([low, high], [height - 2, 2]);
      map.replaceChildren(draw('svg', { viewBox: '0 0 ' + width + ' ' + height, focusable: 'false' },
        draw('path', { class: 'cloud', d: cloud(present, values, x, y, 1, height) }),
        draw('rect', { class: 'veil left', x: 0, y: 0, height: height }), draw('rect', { class: 'veil right', y: 0, height: height }),
        draw('rect', { class: 'frame', y: 0.5, height: height - 1 })));
    }
    const [from, to] = [x(view.from), x(view.to)];
    const set = function (selector, left, right) {
      const rect = map.querySelector(selector);
      rect.setAttribute('x', left);
      rect.setAttribute('width', Math.max(right - left, 3));
    };
    set('.veil.left', 0, from);
    set('.veil.right', to, width);
    set('.frame', from, to);
  }

  function read(run) {
    at = run;
    if (run < view.from || run > view.to) {
      const half = Math.round((view.to - view.from) / 2);
      zoom(run - half, run + half);
      at = run;
    }
    const point = [geometry.x(run), Math.min(Math.max(geometry.y(values[run]), EDGE.top), geometry.height - EDGE.bottom)];
    geometry.cursor.setAttribute('cx', point[0]);
    geometry.cursor.setAttribute('cy', point[1]);
    geometry.cursor.setAttribute('visibility', 'visible');
    tip.textContent = [show(values[run], row.scale), momentOf(axis.times[run]) || 'run ' + (run + 1), shortOf(axis.commits[run]),
      axis.environments[run] !== null && site.environments.length > 1 ? site.environments[axis.environments[run]] : ''].filter(Boolean).join(' · ');
    const scale = canvas.clientWidth / geometry.width;
    const half = Math.min(tip.offsetWidth, canvas.clientWidth) / 2;
    tip.style.left = Math.min(Math.max(point[0] * scale, half), Math.max(canvas.clientWidth - half, half)) + 'px';
    tip.style.top = Math.max(point[1] * scale - 14, 22) + 'px';
  }

  function leave() {
    at = -1;
    tip.textContent = '';
    geometry.cursor.setAttribute('visibility', 'hidden');
  }

  /** The run under a pointer, as a number with a fraction. */
  function runAt(event, area, x, width) {
    const box = area.getBoundingClientRect();
    const at = (event.clientX - box.left) * width / box.width;
    const [left, right] = [EDGE.left + 6, width - EDGE.right - 6];
    const [from, to] = area === map ? [0, last] : [view.from, view.to];
    return Math.min(Math.max(from + (at - left) / (right - left) * (to - from), from), to);
  }

  /** The run with a value that is nearest to a place. */
  function nearest(place) {
    const runs = geometry.runs;
    let [low, high] = [0, runs.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (runs[middle] < place) { low = middle; } else { high = middle; }
    }
    return runs.length === 0 ? -1 : Math.abs(runs[low] - place) <= Math.abs(runs[high] - place) ? runs[low] : runs[high];
  }

  function follow(event) {
    const place = runAt(event, canvas, geometry.x, geometry.width);
    if (drag !== null) {
      const [a, b] = [geometry.x(Math.min(drag, place)), geometry.x(Math.max(drag, place))];
      geometry.selection.setAttribute('x', a);
      geometry.selection.setAttribute('width', b - a);
      geometry.selection.setAttribute('visibility', b - a > 6 ? 'visible' : 'hidden');
    }
    const run = nearest(place);
    if (run >= 0 && run !== at) { read(run); }
  }

  function choose(run) {
    view.chosen = run;
    options.chose(run);
    paint();
    read(run);
  }

  canvas.addEventListener('pointermove', follow);
  canvas.addEventListener('pointerdown', function (event) {
    if (event.button === 0) {
      drag = runAt(event, canvas, geometry.x, geometry.width);
      canvas.setPointerCapture(event.pointerId);
      follow(event);
    }
  });
  canvas.addEventListener('pointerup', function (event) {
    if (drag === null) { return; }
    const [from, to] = [drag, runAt(event, canvas, geometry.x, geometry.width)];
    drag = null;
    geometry.selection.setAttribute('visibility', 'hidden');
    if (Math.abs(geometry.x(from) - geometry.x(to)) > 6) {
      zoom(Math.round(from), Math.round(to));
    } else if (nearest(to) >= 0) {
      choose(nearest(to));
    }
  });
  canvas.addEventListener('pointercancel', function () { drag = null; paint(); });
  canvas.addEventListener('pointerleave', function () { if (document.activeElement !== canvas && drag === null) { leave(); } });
  canvas.addEventListener('blur', leave);
  canvas.addEventListener('dblclick', function () { zoom(0, last); });
  canvas.addEventListener('wheel', function (event) {
    // The wheel alone scrolls the page, as everywhere.
    if (event.ctrlKey || event.metaKey) {
      closer(event.deltaY < 0 ? 0.8 : 1.25);
      event.preventDefault();
    }
  }, { passive: false });
  canvas.addEventListener('keydown', function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    const here = at >= 0 ? present.indexOf(at) : present.indexOf(nearest(view.to));
    const step = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity }[event.key];
    const keys = { '+': function () { closer(0.5); }, '=': function () { closer(0.5); }, '-': function () { closer(2); }, 0: function () { zoom(0, last); } };
    if (step !== undefined && present.length) {
      const first = at < 0 && Number.isFinite(step) ? 0 : step;
      read(present[Math.min(Math.max(here + first, 0), present.length - 1)]);
    } else if (keys[event.key]) {
      const reading = at;
      keys[event.key]();
      if (reading >= view.from && reading <= view.to && reading >= 0) { read(reading); }
    } else if (event.key === 'Enter' && at >= 0) {
      choose(at);
    } else if (event.key === 'Escape' && at >= 0) {
      leave();
    } else {
      return;
    }
    event.preventDefault();
  });

  let grab = null;
  map.addEventListener('pointerdown', function (event) {
    const place = runAt(event, map, null, geometry.map.width);
    const inside = place > view.from && place < view.to && view.to - view.from < last;
    grab = { start: place, from: view.from, to: view.to, inside: inside };
    map.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  map.addEventListener('pointermove', function (event) {
    if (!grab) { return; }
    const place = runAt(event, map, null, geometry.map.width);
    if (grab.inside) {
      const by = Math.min(Math.max(Math.round(place - grab.start), -grab.from), last - grab.to);
      zoom(grab.from + by, grab.to + by);
    } else if (Math.abs(place - grab.start) >= SPAN_MIN) {
      zoom(Math.round(grab.start), Math.round(place));
    }
  });
  map.addEventListener('pointerup', function () { grab = null; });
  map.addEventListener('pointercancel', function () { grab = null; });
  new ResizeObserver(function () { if (canvas.clientWidth && geometry && geometry.width !== Math.max(canvas.clientWidth, 260)) { paint(); } }).observe(canvas);
  return { node: node, paint: paint, zoom: zoom };
}

/** The range of the values in each column of pixels, as a path. */
function cloud(runs, values, x, y, wide, height) {
  let d = '';
  let column = null;
  const close = function () {
    if (column) {
      const top = Math.max(Math.min(y(column.high), height) - 0.7, 0);
      d += 'M' + column.x + ' ' + top.toFixed(1) + 'h' + wide + 'v' + Math.max(y(column.low) + 0.7 - top, 1.4).toFixed(1) + 'h-' + wide + 'z';
    }
  };
  runs.forEach(function (run) {
    const at = Math.round(x(run) / wide) * wide;
    if (!column || column.x !== at) {
      close();
      column = { x: at, low: values[run], high: values[run] };
    } else {
      column.low = Math.min(column.low, values[run]);
      column.high = Math.max(column.high, values[run]);
    }
  });
  close();
  return d;
}

function paintRuns(svg, axis, view, x, width, height) {
  const wanted = ticks(view.from, view.to, Math.max(Math.floor(width / 110), 2)).filter(Number.isInteger);
  const bottom = height - EDGE.bottom;
  axisX(svg, wanted.filter(function (run) { return x(run) > EDGE.left + 24 && x(run) < width - 40; }), x, bottom, function (run) { return placeOf(axis, run); });
}

function paintSteps(svg, row, steps, view, x, height) {
  steps.filter(function (step) { return step.last >= view.from && step.first <= view.to; }).forEach(function (step) {
    const way = wayOf(row, step.before, step.after);
    const [left, right] = [x(Math.max(step.first - 0.5, view.from)), x(Math.min(step.last + 0.5, view.to))];
    const at = x(step.index - 0.5);
    svg.append(draw('rect', { class: 'doubt', x: left, width: Math.max(right - left, 1), y: EDGE.top, height: height - EDGE.top - EDGE.bottom }),
      draw('line', { class: 'step ' + way, x1: at, x2: at, y1: EDGE.top, y2: height - EDGE.bottom }),
      draw('path', { class: 'flag ' + way, d: mark(step.after > step.before ? 'up' : 'down', at, EDGE.top - 6, 4.5) }));
  });
}

/** A line wherever another machine goes on, as long as they do not alternate. */
function paintMachines(svg, row, runs, x, right, height) {
  const machines = row.axis.environments;
  const turns = runs.filter(function (run, i) { return i > 0 && machines[run] !== machines[runs[i - 1]]; });
  if (turns.length === 0 || turns.length > MACHINES_MAX) {
    return;
  }
  [runs[0]].concat(turns).forEach(function (run, i) {
    const at = i === 0 ? EDGE.left : x(run - 0.5);
    if (i > 0) {
      svg.append(draw('line', { class: 'machine', x1: at, x2: at, y1: EDGE.top, y2: height - EDGE.bottom }));
    }
    // Each name stands in its machine's own span, or not at all.
    const room = Math.floor(((i < turns.length ? x(turns[i] - 0.5) : right) - at - 10) / MACHINE_LETTER);
    const name = machines[run] === null ? 'unknown machine' : site.environments[machines[run]];
    if (room >= Math.min(name.length, 5)) {
      svg.append(draw('text', { class: 'machine', x: at + 5, y: height - EDGE.bottom - 8 }, name.length > room ? name.slice(0, room - 1) + '…' : name));
    }
  });
}

function paintValues(svg, row, values, geometry) {
  const { x, y, runs, height } = geometry;
  if (runs.length > DOTS_MAX) {
    svg.append(draw('path', { class: 'cloud', d: cloud(runs, values, x, y, 2, height - EDGE.bottom) }));
    return;
  }
  const newest = runs.length ? row.axis.environments[runs[runs.length - 1]] : null;
  const size = runs.length > 400 ? 1.6 : runs.length > 120 ? 2.2 : 3;
  const dots = { values: '', 'values other': '' };
  runs.forEach(function (run) {
    dots[row.axis.environments[run] === newest ? 'values' : 'values other'] += mark('dot', x(run), y(values[run]), size);
  });
  Object.keys(dots).filter(function (name) { return dots[name]; }).forEach(function (name) { svg.append(draw('path', { class: name, d: dots[name] })); });
}

/** Each level from where it begins to where the next of its machine does, or its machine ends. */
function paintLevels(svg, row, present, view, x, y, right) {
  const left = EDGE.left;
  let d = '';
  row.levels.forEach(function (level, i) {
    const [start, value, machine] = level;
    const next = row.levels.slice(i + 1).find(function (other) { return other[2] === machine; });
    const own = machine < 0 ? present : present.filter(function (run) { return machineOf(row, run) === machine; });
    const end = next ? next[0] - 1 : own[own.length - 1];
    const [from, to] = [Math.max(start, view.from), Math.min(end, view.to)];
    if (to >= from) {
      // The lines of single runs stay in the picture, too.
      const ends = [x(from - 0.4), x(to + 0.4)].map(function (end) { return Math.min(Math.max(end, left), right).toFixed(1); });
      d += 'M' + ends[0] + ' ' + y(value).toFixed(1) + 'H' + ends[1];
    }
  });
  svg.append(draw('path', { class: 'levels', d: d }));
}

function legendOf(series) {
  const key = function (text, ...children) { return el('span', {}, draw('svg', { viewBox: '0 0 18 10', 'aria-hidden': 'true', class: 'canvas' }, ...children), text); };
  return el('p', { class: 'legend-line' },
    key('level', draw('path', { class: 'levels', d: 'M0 5H18' })),
    series.steps.length ? key('change of level, and where it may lie', draw('rect', { class: 'doubt', x: 2, width: 14, y: 0, height: 10 }), draw('line', { class: 'step', x1: 9, x2: 9, y1: 0, y2: 10 })) : null,
    site.environments.length > 1 ? key('another machine', draw('line', { class: 'machine', x1: 9, x2: 9, y1: 0, y2: 10 })) : null,
    el('span', {}, 'Drag to look closer; click a run to choose it.'));
}
