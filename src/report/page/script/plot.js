// A plot: a frame with axes, and points that can be read by mouse, finger or arrow keys.

/** Round numbers between two ends, about as many as asked for. */
function ticks(low, high, about) {
  const rough = (high - low) / Math.max(about, 1);
  if (!(rough > 0) || !Number.isFinite(rough)) {
    return [low];
  }
  const power = Math.pow(10, Math.floor(Math.log10(rough)));
  const step = [1, 2, 2.5, 5, 10].map(function (digit) { return digit * power; }).find(function (size) { return size >= rough; });
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i += 1) {
    found.push(i * step);
  }
  return found;
}

/** The range of values with some room on both sides; never empty. */
function range(values, room) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(low <= high)) {
    return [0, 1];
  }
  const margin = (high - low) * room || Math.abs(high) * 0.01 || 1;
  return [low - margin, high + margin];
}

/**
 * A figure: `options.title`, `options.label` (all of it in words), `options.height` and `options.paint`, which is given a frame and
 * returns the points `{x, y, text}` in the order in which arrow keys read them.
 */
function figure(options) {
  const tip = el('p', { class: 'tip', role: 'status', 'aria-live': 'polite' });
  const area = el('div', {
    class: 'plot', tabindex: '0', role: 'group', 'aria-roledescription': 'plot',
    'aria-label': options.label + ' Arrow keys read the points.',
  });
  const node = el('figure', { class: options.wide ? 'wide' : null },
    el('figcaption', {}, options.title ? el('span', { class: 'title' }, options.title) : null, options.legend || null), area);
  const cursor = draw('circle', { class: 'cursor', r: 7, visibility: 'hidden' });
  let points = [];
  let at = -1;
  let painted = 0;

  function paint() {
    const width = Math.max(area.clientWidth || 640, 240);
    if (width === painted) {
      return;
    }
    painted = width;
    const svg = draw('svg', { viewBox: '0 0 ' + width + ' ' + options.height, 'aria-hidden': 'true', focusable: 'false' });
    points = options.paint(svg, width, options.height);
    svg.append(cursor);
    area.replaceChildren(svg, tip);
    leave();
  }

  function read(index) {
    const point = points[index];
    if (!point) {
      return;
    }
    at = index;
    cursor.setAttribute('cx', point.x);
    cursor.setAttribute('cy', point.y);
    cursor.setAttribute('visibility', 'visible');
    tip.textContent = point.text;
    const box = area.getBoundingClientRect();
    const scale = box.width / painted;
    const half = Math.min(tip.offsetWidth, box.width) / 2;
    tip.style.left = Math.min(Math.max(point.x * scale, half), Math.max(box.width - half, half)) + 'px';
    tip.style.top = Math.max(point.y * scale - 14, 0) + 'px';
  }

  function leave() {
    at = -1;
    tip.textContent = '';
    cursor.setAttribute('visibility', 'hidden');
  }

  function nearest(event) {
    const box = area.getBoundingClientRect();
    const scale = painted / box.width;
    const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    let [best, least] = [-1, Infinity];
    points.forEach(function (point, index) {
      const distance = Math.hypot(point.x - x, options.columns ? 0 : point.y - y);
      if (distance < least) {
        [best, least] = [index, distance];
      }
    });
    return least < 40 ? best : -1;
  }

  function follow(event) {
    const index = nearest(event);
    if (index !== at) {
      if (index < 0) { leave(); } else { read(index); }
    }
  }

  area.addEventListener('pointermove', follow);
  area.addEventListener('pointerdown', follow);
  area.addEventListener('pointerleave', function () { if (document.activeElement !== area) { leave(); } });
  area.addEventListener('blur', leave);
  area.addEventListener('click', function (event) {
    const index = nearest(event);
    if (index >= 0 && options.choose) { options.choose(index); }
  });
  area.addEventListener('keydown', function (event) {
    const last = points.length - 1;
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last, PageDown: at + 10, PageUp: at - 10 }[event.key];
    if (next !== undefined && !event.ctrlKey && !event.metaKey && !event.altKey) {
      read(Math.min(Math.max(next, 0), last));
      event.preventDefault();
    } else if (event.key === 'Escape' && at >= 0) {
      leave();
      event.stopPropagation();
    } else if ((event.key === 'Enter' || event.key === ' ') && at >= 0 && options.choose) {
      options.choose(at);
      event.preventDefault();
    }
  });
  new ResizeObserver(function () { if (area.clientWidth) { paint(); } }).observe(area);
  return { node: node, paint: paint };
}

/** A linear scale from a range of values to one of pixels. */
function linear(from, to) {
  const factor = (to[1] - to[0]) / (from[1] - from[0] || 1);
  return function (value) { return to[0] + (value - from[0]) * factor; };
}

/** A path through points. */
function path(points) {
  return points.map(function (point, i) { return (i ? 'L' : 'M') + point[0].toFixed(1) + ' ' + point[1].toFixed(1); }).join('');
}

/** The mark of a side or a verdict around a point, as a piece of a path. */
function mark(kind, x, y, size) {
  const [a, b] = [x.toFixed(1), y.toFixed(1)];
  const d = size.toFixed(1);
  const double = (2 * size).toFixed(1);
  switch (kind) {
    case 'up':
      return 'M' + a + ' ' + (y - size).toFixed(1) + 'l' + d + ' ' + double + 'h-' + double + 'z';
    case 'down':
      return 'M' + a + ' ' + (y + size).toFixed(1) + 'l' + d + ' -' + double + 'h-' + double + 'z';
    case 'square':
      return 'M' + (x - size).toFixed(1) + ' ' + (y - size).toFixed(1) + 'h' + double + 'v' + double + 'h-' + double + 'z';
    default:
      return 'M' + (x - size).toFixed(1) + ' ' + b + 'a' + d + ' ' + d + ' 0 1 0 ' + double + ' 0a' + d + ' ' + d + ' 0 1 0 -' + double + ' 0z';
  }
}

/** The mark of each verdict in plots. */
const SHAPES = { regression: 'up', waived: 'up', inconclusive: 'dot', improvement: 'down', unchanged: 'dot' };

/** A legend of sides. */
function legendOfSides(verdict) {
  const key = function (side, kind) {
    const sample = draw('svg', { viewBox: '0 0 12 12', width: 12, height: 12, 'aria-hidden': 'true' },
      draw('path', { class: 'dots ' + side, d: mark(kind, 6, 6, 4) }));
    return el('span', { class: 'key ' + verdict }, sample, ' ' + side);
  };
  return el('span', { class: 'legend' }, key('base', 'dot'), key('head', 'square'));
}

/** A horizontal axis at the bottom. */
function axisX(svg, values, x, y, format) {
  values.forEach(function (value) {
    svg.append(draw('line', { class: 'tick', x1: x(value), x2: x(value), y1: y, y2: y + 4 }),
      draw('text', { class: 'axis', x: x(value), y: y + 16, 'text-anchor': 'middle' }, format(value)));
  });
}

/** A vertical axis at the left, with lines across. */
function axisY(svg, values, y, left, right, format) {
  values.forEach(function (value) {
    svg.append(draw('line', { class: 'grid', x1: left, x2: right, y1: y(value), y2: y(value) }),
      draw('text', { class: 'axis', x: left - 6, y: y(value) + 4, 'text-anchor': 'end' }, format(value)));
  });
}
